from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from personae.core import paths, tables
from personae.core.files import read_json, write_files
from personae.core.settings import read
from personae.stages.promote import main
from personae.studies.grocery import source as grocery
from personae.studies.grocery.settings import GroceryPrepare
from personae.studies.grocery.simulate import RULES, SEGMENTS, simulate, to_files

GROCERY = Path("resolved/grocery")

PROMOTE = {
    "level": "item",
    "early_weeks": 5,
    "exclude": [],
    "smallest": 20,
    "per_segment": 3,
    "search": {
        "min_support": 0.02,
        "least_baskets": 10,
        "min_confidence": 0.2,
        "max_length": 2,
        "max_rules": 20,
        "min_customers": 5,
        "correction": "holm",
        "alpha": 0.05,
        "shuffles": 20,
        "thin": 4,
        "resamples": 100,
        "memory_mb": 64,
    },
    "offers": [{"text": "{discount} off {consequent} with {antecedent}", "discount": 0.2, "when": {}}],
    "workers": 1,
}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A hundred customers of two segments; bread brings butter along."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    rows = []
    for basket in range(1500):
        held = {f"item {number}" for number in rng.choice(12, rng.integers(1, 5), replace=False)}
        if rng.random() < 0.2:
            held |= {"bread", "butter"} if rng.random() < 0.7 else {"bread"}
        rows += [(basket, basket % 100, item, "food", 1 + basket // 150) for item in held]
    lines = pl.DataFrame(rows, schema=["basket", "customer", "item", "category", "week"], orient="row")
    tables.write(paths.extra_table("shop", "baskets"), lines)
    customers = pl.DataFrame({"customer": range(100), "spend": rng.random(100)})
    tables.write(paths.table("shop", "complete"), customers)
    segments = pl.DataFrame({"customer": range(100), "segment": [0, 1] * 50, "margin": 0.5, "far": False})
    tables.write(paths.table("shop", "segments"), segments)
    compose(PROMOTE)
    return lines


def compose(promote):
    path = paths.settings("shop", "promote")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"seed": 7, "promote": promote}))


def test_promotions_keep_the_contract(shop):
    main("shop")
    promotions = read_json(paths.report("shop", "promotions.json"))
    # It holds for all customers alike, so no segment has a promotion of its own.
    assert {promotion["segment"] for promotion in promotions} == {"everybody"}
    for promotion in promotions:
        assert {*promotion["antecedent"], *promotion["consequent"]} == {"bread", "butter"}
        assert {"support", "confidence", "lift", "replay", "offer", "who", "why", "cost"} <= set(promotion)
        replay = promotion["replay"]
        assert {"support", "confidence", "lift", "lift_lower", "null_p95", "p_adjusted"} <= set(replay)
        assert replay["lift_lower"] > replay["null_p95"]
        assert replay["p_adjusted"] <= 0.05
    rules = pl.read_csv(paths.report("shop", "rules.csv"))
    verdicts = {"replicates", "does not replicate", "superseded", "as for all customers"}
    assert set(rules["verdict"]) <= verdicts


def test_the_same_baskets_give_the_same_bytes(shop):
    made = [paths.report("shop", "promotions.json"), paths.report("shop", "rules.csv")]
    main("shop")
    before = [path.read_bytes() for path in made]
    main("shop")
    assert [path.read_bytes() for path in made] == before


@pytest.mark.parametrize("without", ["rows", "table"])
def test_without_baskets_the_list_is_empty_and_the_table_a_header(shop, without):
    if without == "rows":
        tables.write(paths.extra_table("shop", "baskets"), shop.clear())
    else:
        paths.extra_table("shop", "baskets").unlink()
    main("shop")
    assert read_json(paths.report("shop", "promotions.json")) == []
    assert pl.read_csv(paths.report("shop", "rules.csv")).height == 0


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """The grocery study's sample, read by its source, divided as planted, with the study's own settings."""
    composed = read(GROCERY)
    made, segment = simulate(2000, 10_000, composed["seed"])
    write_files(tmp_path, to_files(made))
    prepared = grocery.prepare(tmp_path, GroceryPrepare(**composed["prepare"])).tables
    monkeypatch.chdir(tmp_path)
    segments = pl.DataFrame({"customer": made["customers"]["customer_id"], "segment": segment})
    tables.write(paths.extra_table("shop", "baskets"), prepared["baskets"])
    tables.write(paths.table("shop", "complete"), prepared["customers"])
    tables.write(paths.table("shop", "segments"), segments)
    compose(composed["promote"])


def test_the_planted_rules_of_the_sample_are_offered_where_they_hold(sample):
    main("shop")
    offered = {
        (each["segment"], frozenset(each["antecedent"] + each["consequent"]))
        for each in read_json(paths.report("shop", "promotions.json"))
    }
    numbers = {name: str(number) for number, name in enumerate(SEGMENTS)}
    planted = [(frozenset((a, b)), numbers.get(only, "everybody")) for a, b, _, only in RULES]
    found = [{("everybody", pair), (segment, pair)} & offered for pair, segment in planted]
    assert len(planted) == 5
    assert all(found)
