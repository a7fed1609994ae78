from datetime import date

import numpy as np
import polars as pl
import pytest
import yaml

from personae.core import archive, paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.imputation.imputer import TRUSTED_TYPES
from personae.stages.impute import main

SETTINGS = {
    "seed": 7,
    "impute": {
        "table": "customers",
        "columns": ["income"],
        "predictors": ["spend"],
        "leaky": {},
        "structural": [],
        "imputer": {"method": "ridge", "alpha": 1.0},
        "others": [{"method": "median"}],
        "rules": {
            "unseen_customers": 20,
            "known_customers": 5,
            "impute_support": 0.8,
            "baseline_support": 0.5,
            "largest_shift": 1.0,
        },
        "folds": 5,
        "repeats": 1,
        "resamples": 200,
    },
}
MADE = ["build/shop/complete.parquet", "models/shop/imputer/model.skops", "reports/shop/impute.json"]


@pytest.fixture
def customers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    spend = rng.normal(size=100)
    income = np.where(np.arange(100) % 10 == 0, np.nan, 3 * spend)
    customers = pl.DataFrame({"customer": range(100), "unit": range(100), "spend": spend, "income": income})
    customers = customers.with_columns(
        pl.col("income").fill_nan(None), joined=pl.lit(date(2014, 6, 29)), name=pl.lit("Ann")
    )
    tables.write(paths.table("shop", "customers"), customers)
    compose(SETTINGS)
    return customers


def compose(settings):
    path = paths.settings("shop", "impute")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(settings))


def test_the_completed_table_is_the_table_with_its_gaps_filled(customers):
    main("shop")
    complete = tables.read(paths.table("shop", "complete"))
    assert complete.schema == customers.schema
    assert complete["income"].null_count() == 0
    assert complete.filter(customers["income"].is_not_null()).equals(customers.drop_nulls())
    assert (
        read_json(paths.report("shop", "impute.json"))["columns"]["income"]["unseen"]["verdict"] == "impute"
    )


def test_the_imputer_can_be_loaded_and_fills_a_new_customer(customers):
    main("shop")
    imputer = archive.load(paths.model("shop", "imputer"), trusted=TRUSTED_TYPES)
    new = customers[:1].to_pandas().assign(customer=-1, spend=1.0)
    assert imputer.transform(new)["income"].item() == pytest.approx(3.0, abs=0.2)


def test_refused_cells_are_null_and_flagged(customers):
    settings = SETTINGS["impute"] | {"rules": SETTINGS["impute"]["rules"] | {"unseen_customers": 1000}}
    compose(SETTINGS | {"impute": settings})
    main("shop")
    complete = tables.read(paths.table("shop", "complete"))
    assert complete["income"].null_count() == 10
    assert complete["income"].is_nan().sum() == 0
    assert complete["income_missing"].sum() == 10


def test_the_same_input_gives_the_same_bytes(customers, tmp_path):
    main("shop")
    first = [(tmp_path / made).read_bytes() for made in MADE]
    main("shop")
    assert [(tmp_path / made).read_bytes() for made in MADE] == first


def test_a_misspelt_setting_of_the_imputer_is_refused(customers):
    compose(SETTINGS | {"impute": SETTINGS["impute"] | {"imputer": {"method": "ridge", "alhpa": 1.0}}})
    with pytest.raises(PersonaeError, match="alhpa"):
        main("shop")
