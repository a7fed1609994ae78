import json
import os
from pathlib import Path

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import write_files
from personae.sources.files import TableFile, read_file
from personae.studies.aerofit import source as aerofit
from personae.studies.aerofit.settings import AerofitPrepare
from personae.studies.aerofit.simulate import simulate, to_files

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
SETTINGS = AerofitPrepare()


@pytest.fixture(scope="module")
def table():
    return simulate(90, seed=3)


def write(directory, table, text=None):
    files = to_files(table) if text is None else {aerofit.FILE: text.encode()}
    write_files(directory, files)
    return directory


def test_customers_are_numbered_in_the_order_of_the_file(table, tmp_path):
    customers = aerofit.prepare(write(tmp_path, table), SETTINGS).tables["customers"]
    assert customers["customer"].to_list() == list(range(1, 91))
    assert customers.drop("customer", "unit").equals(table)


def test_a_file_without_byte_order_mark_is_the_same(table, tmp_path):
    marked = aerofit.prepare(write(tmp_path, table), SETTINGS).tables["customers"]
    plain = aerofit.prepare(write(tmp_path, table, table.write_csv()), SETTINGS).tables["customers"]
    assert plain.equals(marked)


def test_customers_alike_in_all_but_the_product_share_a_unit(table, tmp_path):
    other = table.head(1).with_columns(Product=pl.lit("KP781"))
    prepared = aerofit.prepare(write(tmp_path, pl.concat([table, table.head(1), other])), SETTINGS)
    units = prepared.tables["customers"]["unit"]
    assert units[0] == units[90] == units[91]
    assert prepared.duplicates == {"rows": 1, "groups": 1, "conflicting_target_groups": 1}


def test_a_blank_cell_is_missing_and_counted(table, tmp_path):
    blank = table.with_columns(Usage=pl.when(pl.int_range(90) == 2).then(None).otherwise("Usage"))
    report = aerofit.prepare(write(tmp_path, blank), SETTINGS).report("other")
    assert report["missing"] == {"Usage": {"count": 1, "share": 1 / 90}}


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("Product", "KP999", "one of"),
        ("Gender", "male", "one of"),
        ("Fitness", "6", "in range"),
        ("Age", "old", "a whole number"),
        ("Income", "-1", "greater than or equal to"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(table, tmp_path, column, value, expected):
    wrong = table.cast({column: pl.String}).with_columns(
        pl.when(pl.int_range(90) == 4).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )
    with pytest.raises(
        PersonaeError, match=rf"column {column} holds '?{value}'? in row 6; expected {expected}"
    ):
        aerofit.prepare(write(tmp_path, wrong), SETTINGS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("Product;Age\nKP281;18\n", "one column only"),
        ("Product,Age\nKP281,18\n", "Gender"),
    ],
)
def test_a_file_of_another_shape_is_refused(table, tmp_path, text, message):
    with pytest.raises(PersonaeError, match=message):
        aerofit.prepare(write(tmp_path, table, text), SETTINGS)


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "aerofit").is_dir(), reason="the original files are not there")
def test_the_original_file_is_as_its_provenance_says():
    prepared = aerofit.prepare(ORIGINALS / "aerofit", SETTINGS)
    report, customers = prepared.report("original"), prepared.tables["customers"]
    assert (report["rows"], report["missing"], prepared.duplicates["rows"]) == (180, {}, 0)
    counts = dict(customers["Product"].value_counts().iter_rows())
    assert counts == {"KP281": 80, "KP481": 60, "KP781": 40}
    assert customers.filter(pl.col("Income") > 70_000)["Product"].to_list() == ["KP781"] * 23


def test_a_customer_alone_is_the_customer_in_the_file(table, tmp_path):
    prepared = aerofit.prepare(write(tmp_path, table), SETTINGS)
    learned = aerofit.Preparation.model_validate_json(json.dumps(prepared.learned))
    [path] = learned.raw(tmp_path)
    file = read_file(path)
    described = prepared.tables["customers"].drop("customer", "unit", "Product")
    for row in (0, 7, 89):
        own = file.table[row : row + 1].drop("Product")
        alone = learned.apply(TableFile(path, own, [row + 2]))
        assert alone.drop("customer").equals(described[row : row + 1])
