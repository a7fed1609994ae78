import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import yaml
from scipy import stats
from tests.planted.pairs import SCENARIOS, planted

from personae.core.errors import PersonaeError
from personae.core.statistics import adjust
from personae.inference.compare import compare
from personae.inference.equivalence import RANK_EFFICIENCY, association_power, power
from personae.inference.probabilities import Bins, probabilities
from personae.inference.rules import Rules

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
RULES = Rules(
    alpha=0.05,
    correction="holm",
    rank_test="mann-whitney",
    margin=0.3,
    auc_bound=0.6,
    power_effect=0.3,
    min_group=5,
    permutations=199,
    on_inconclusive="keep",
)


def customers(seed, sizes, shift=0.0):
    """Groups of one kind, the last one shifted in income; numbers normal, skewed and tied, one category."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    group = np.repeat([f"g{i}" for i in range(len(sizes))], sizes)
    return pl.DataFrame(
        {
            "group": group,
            "income": rng.normal(size=n) + shift * (group == f"g{len(sizes) - 1}"),
            "spend": rng.lognormal(size=n),
            "visits": rng.integers(1, 6, n),
            "sex": rng.choice(["m", "f"], n),
        }
    )


# Counts of merge, keep and inconclusive over fixed seeds; benchmarks/inference_verdicts.py has the rates.
@pytest.mark.parametrize(
    ("scenario", "tables", "counts"),
    [
        pytest.param(scenario, tables, counts, id=f"{scenario.name}, {scenario.sizes[0]}+{scenario.sizes[1]}")
        for scenario, (tables, counts) in zip(
            SCENARIOS,
            [
                (60, (0, 2, 58)),
                (60, (0, 3, 57)),
                (60, (0, 0, 60)),
                (40, (0, 39, 1)),
                (40, (0, 40, 0)),
                (12, (12, 0, 0)),
                (12, (12, 0, 0)),
                (12, (0, 12, 0)),
                (12, (0, 12, 0)),
                (12, (0, 12, 0)),
            ],
            strict=True,
        )
    ],
)
def test_the_verdict_on_planted_pairs_is_what_is_promised(scenario, tables, counts):
    found = [
        compare(planted(scenario, seed), "group", RULES, seed=seed).merge[0].verdict for seed in range(tables)
    ]
    assert tuple(found.count(verdict) for verdict in ("merge", "keep", "inconclusive")) == counts


def test_the_statistics_are_scipys():
    table = customers(0, (60, 50, 40), shift=1.0)
    found = compare(table, "group", RULES, seed=0)
    groups = [part["spend"].to_numpy() for part in table.partition_by("group", maintain_order=True)]
    spend = found.variables["spend"]
    assert spend.test == "kruskal"
    assert (spend.statistic, spend.p) == pytest.approx(tuple(stats.kruskal(*groups)), rel=1e-9)
    pair = next(pair for pair in found.pairs if (pair.a, pair.b, pair.variable) == ("g0", "g2", "spend"))
    assert (pair.statistic, pair.p) == pytest.approx(
        tuple(stats.mannwhitneyu(groups[0], groups[2])), rel=1e-9
    )
    pair = next(pair for pair in found.pairs if (pair.a, pair.b, pair.variable) == ("g0", "g1", "sex"))
    sexes = pd.crosstab(
        *(table.filter(pl.col("group") != "g2")[name].to_numpy() for name in ("group", "sex"))
    )
    assert (pair.statistic, pair.p) == pytest.approx(
        tuple(stats.chi2_contingency(sexes, correction=False))[:2], rel=1e-9
    )
    means = [part["income"].mean() for part in table.partition_by("group", maintain_order=True)]
    pair = next(pair for pair in found.pairs if (pair.a, pair.b, pair.variable) == ("g0", "g2", "income"))
    assert (pair.test, pair.statistic) == ("tukey", pytest.approx(means[0] - means[2]))
    assert found.tests == 4 + 3 * 4
    assert found.sizes == {"g0": 60, "g1": 50, "g2": 40}


def test_correction_runs_over_every_test():
    found = compare(customers(0, (60, 50, 40), shift=1.0), "group", RULES, seed=0)
    smallest = min((*found.variables.values(), *found.pairs), key=lambda one: one.p)
    assert smallest.p_adjusted == pytest.approx(min(1.0, found.tests * smallest.p))
    assert all(one.p_adjusted >= one.p for one in (*found.variables.values(), *found.pairs))


def test_only_the_tests_of_variables_are_in_the_family_of_the_run():
    found = compare(customers(0, (60, 50, 40), shift=1.0), "group", RULES, seed=0)
    tested = [one.p for one in (*found.variables.values(), *found.pairs)]
    assert found.tests == len(tested)
    assert [one.p_adjusted for one in (*found.variables.values(), *found.pairs)] == adjust(
        tested, "holm"
    ).tolist()
    assert "two_sample_p" in found.families["uncorrected"]


def test_bh_corrects_over_the_run_and_leaves_the_verdicts_to_holm():
    table = customers(0, (60, 50, 40), shift=1.0)
    found, holm = (
        compare(table, "group", replace(RULES, correction=name), seed=0) for name in ("bh", "holm")
    )
    tested = (*found.variables.values(), *found.pairs)
    expected = stats.false_discovery_control([one.p for one in tested])
    assert [one.p_adjusted for one in tested] == pytest.approx(expected.tolist())
    assert [pair.p_within_pair for pair in found.pairs] == [pair.p_within_pair for pair in holm.pairs]
    assert found.merge == holm.merge


def test_the_same_seed_gives_the_same_comparison_from_polars_and_pandas():
    table = customers(1, (40, 30))
    first = compare(table, "group", RULES, seed=3)
    assert repr(first) == repr(compare(table.to_pandas(), "group", RULES, seed=3))
    shuffled = compare(table, "group", RULES, seed=4)
    assert shuffled.variables["spend"].p == first.variables["spend"].p


def test_columns_that_made_the_groups_are_described_and_never_tested():
    found = compare(customers(2, (60, 50), shift=3.0), "group", RULES, seed=0, descriptive=["income"])
    income = found.variables["income"]
    assert income.test is None
    assert np.isnan([income.p, income.p_adjusted, income.statistic]).all()
    assert income.effect_ci[0] > 0.3
    pair = next(pair for pair in found.pairs if pair.variable == "income")
    assert np.isnan([pair.statistic, pair.p, pair.equivalence_p, pair.power]).all()
    assert pair.cliffs_delta < -0.8
    assert found.merge == ()
    assert found.groups == {"g0": "g0", "g1": "g1"}
    assert found.variables["spend"].p > 0


def test_the_independent_unit_counts_once():
    users = customers(3, (30, 30)).with_columns(user=pl.int_range(60))
    days = pl.concat([users] * 20)
    found, once = (compare(table, "group", RULES, seed=0, unit="user") for table in (days, users))
    assert found.sizes == {"g0": 30, "g1": 30}
    assert found.variables["spend"].p == pytest.approx(once.variables["spend"].p)
    assert compare(days.drop("user"), "group", RULES, seed=0).sizes["g0"] == 600


def told(found):
    return {(one.what, one.name): one.reason for one in found.excluded}


def test_missing_values_are_left_out_of_their_own_test_and_counted():
    table = customers(4, (40, 40)).with_columns(
        income=pl.when(pl.int_range(80) % 10 == 0).then(None).otherwise("income"),
        sex=pl.when(pl.int_range(80) % 20 == 1).then(None).otherwise("sex"),
    )
    found = compare(table, "group", RULES, seed=0)
    assert (found.variables["income"].missing, found.variables["sex"].missing) == (8, 4)
    assert found.variables["spend"].missing == 0
    assert found.merge[0].two_sample_rows == 68


def test_a_column_hardly_known_in_a_group_is_left_out_with_the_reason():
    known = pl.when((pl.col("group") == "g0") | (pl.int_range(80) < 43)).then("income")
    found = compare(customers(5, (40, 40)).with_columns(income=known), "group", RULES, seed=0)
    assert told(found)["variable", "income"] == "known for 3 rows of g1, fewer than 5"
    assert "income" not in found.variables


def three_groups(seed, far):
    """Three groups of 600; x moves by `far` from a to b, and is empty in c."""
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b", "c"], 600)
    x = np.where(group == "c", np.nan, rng.normal(size=1800) + far * (group == "b"))
    return pl.DataFrame({"group": group, "x": x, "y": rng.normal(size=1800)}).fill_nan(None)


@pytest.mark.parametrize(("far", "of_a_and_b"), [(2.0, "keep"), (0.0, "merge")])
def test_a_column_empty_in_one_group_is_tested_in_the_others_and_merges_nothing_unseen(far, of_a_and_b):
    found = compare(three_groups(0, far), "group", RULES, seed=0)
    assert told(found)["variable", "x"] == "known for 0 rows of c, fewer than 5"
    assert [(pair.a, pair.b) for pair in found.pairs if pair.variable == "x"] == [("a", "b")]
    verdicts = {(pair.a, pair.b): (pair.verdict, pair.untested) for pair in found.merge}
    assert verdicts["a", "b"] == (of_a_and_b, ())
    assert verdicts["a", "c"] == verdicts["b", "c"] == ("inconclusive", ("x",))
    assert all("x could not be compared" in pair.reason for pair in found.merge[1:])


def test_a_pair_in_which_nothing_can_be_compared_is_inconclusive():
    found = compare(three_groups(0, 2.0), "group", RULES, seed=0, variables=["x"])
    assert [pair.verdict for pair in found.merge] == ["keep", "inconclusive", "inconclusive"]
    assert "no feature could be tested" in found.merge[1].reason


def test_a_column_that_changes_within_a_unit_merges_nothing():
    users = three_groups(1, 0.0).drop("x").with_columns(user=pl.int_range(1800))
    days = pl.concat([users.with_columns(day=pl.lit("mo")), users.with_columns(day=pl.lit("tu"))])
    found = compare(days, "group", RULES, seed=0, unit="user")
    assert told(found) == {("variable", "day"): "changes within a user"}
    assert {(pair.verdict, pair.untested) for pair in found.merge} == {("inconclusive", ("day",))}
    without = compare(days, "group", RULES, seed=0, unit="user", variables=["y"])
    assert {pair.verdict for pair in without.merge} == {"merge"}


def test_a_constant_column_prevents_no_merge():
    table = three_groups(2, 0.0).drop("x").with_columns(one=1.0)
    assert {pair.verdict for pair in compare(table, "group", RULES, seed=0).merge} == {"merge"}


def test_a_constant_and_an_identifier_are_left_out_with_the_reason():
    table = customers(6, (40, 40)).with_columns(one=1.0, name=pl.int_range(80).cast(pl.String))
    reasons = told(compare(table, "group", RULES, seed=0))
    assert reasons == {("variable", "one"): "constant", ("variable", "name"): "every row has its own value"}


def test_a_group_of_two_and_rows_without_group_are_left_out_with_the_reason():
    table = customers(7, (40, 40, 2))
    table = table.with_columns(group=pl.when(pl.int_range(82) < 3).then(None).otherwise("group"))
    found = compare(table, "group", RULES, seed=0)
    assert told(found) == {("rows", "group"): "3 rows have no group", ("group", "g2"): "2 rows, fewer than 5"}
    assert found.sizes == {"g0": 37, "g1": 40}


@pytest.mark.parametrize(
    ("sizes", "words"), [((40,), "1 group"), ((40, 2), "g1: 2 rows"), ((2, 2), "no group large")]
)
def test_one_group_only_is_an_error(sizes, words):
    with pytest.raises(PersonaeError, match=words):
        compare(customers(8, sizes), "group", RULES, seed=0)


def test_nothing_to_compare_and_unknown_columns_are_errors():
    table = customers(9, (20, 20)).with_columns(one=1.0)
    with pytest.raises(PersonaeError, match="no column is left to compare; one: constant"):
        compare(table, "group", RULES, seed=0, variables=["one"])
    with pytest.raises(PersonaeError, match="no column Income in the table; it has group, income"):
        compare(table, "group", RULES, seed=0, variables=["Income"])


@pytest.mark.parametrize("rank_test", ["mann-whitney", "dunn"])
@pytest.mark.parametrize(
    "values",
    [
        pytest.param(lambda group: pl.when(group == "g0").then(1.0).otherwise(2.0), id="no group varies"),
        pytest.param(
            lambda group: pl.when(group == "g2").then(pl.int_range(75)).otherwise(1), id="one group varies"
        ),
        pytest.param(lambda group: pl.int_range(75) % 2, id="ties everywhere"),
    ],
)
def test_ties_everywhere_are_tested(values, rank_test):
    table = customers(10, (25, 25, 25)).with_columns(tied=values(pl.col("group")))
    found = compare(table, "group", replace(RULES, rank_test=rank_test), seed=0)
    assert found.variables["tied"].test == "kruskal"
    assert 0 <= found.variables["tied"].p <= 1
    pairs = [pair for pair in found.pairs if pair.variable == "tied"]
    assert all(0 <= pair.p <= 1 and -1 <= pair.ci[0] <= pair.ci[1] <= 1 for pair in pairs)


def test_power_is_told_in_one_test_and_within_the_family_of_the_pair():
    found = compare(customers(13, (80, 60)), "group", RULES, seed=0)
    for pair in found.pairs:
        sides = (80, 60, 2) if pair.variable == "sex" else (80, 60)
        power_of = association_power if pair.variable == "sex" else power
        rank = {"efficiency": RANK_EFFICIENCY} if pair.test == "mann-whitney" else {}
        assert pair.power == pytest.approx(power_of(0.3, *sides, 0.05, **rank))
        assert pair.power_within_pair == pytest.approx(power_of(0.3, *sides, 0.05 / 5, **rank))
    [merge] = found.merge
    assert merge.power == min(pair.power for pair in found.pairs)
    assert merge.power_within_pair == min(pair.power_within_pair for pair in found.pairs)


def test_a_pair_compared_in_categories_only_has_a_power():
    [merge] = compare(customers(14, (80, 60)), "group", RULES, seed=0, variables=["sex"]).merge
    assert merge.verdict == "inconclusive"
    assert "power to see d = 0.3: 41 % in one test, 31 % after correction" in merge.reason


def test_a_level_seen_once_is_tested_exactly():
    sex = pl.when(pl.int_range(80) == 0).then(pl.lit("other")).otherwise("sex")
    found = compare(customers(11, (40, 40)).with_columns(sex=sex), "group", RULES, seed=0)
    assert found.variables["sex"].test == "fisher"
    pair = next(pair for pair in found.pairs if pair.variable == "sex")
    assert pair.test == "fisher"
    assert 0 <= pair.cramers_v_ci[0] <= pair.cramers_v <= pair.cramers_v_ci[1] <= 1
    assert 0 <= pair.equivalence_p <= 1


def test_a_level_that_a_pair_does_not_have_is_no_difference():
    table = customers(12, (40, 40, 40)).with_columns(
        sex=pl.when(pl.col("group") == "g2").then("sex").otherwise(pl.lit("m"))
    )
    found = compare(table, "group", RULES, seed=0)
    pair = next(pair for pair in found.pairs if (pair.a, pair.b, pair.variable) == ("g0", "g1", "sex"))
    assert (pair.p, pair.cramers_v, pair.equivalence_p) == (1, 0, 0)


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "aerofit").is_dir(), reason="the original files are not there")
def test_the_original_file_says_what_was_measured_on_it():
    table = pd.read_csv(ORIGINALS / "aerofit" / "aerofit_treadmill.csv", encoding="utf-8-sig")
    found = compare(table, "Product", replace(RULES, permutations=999), seed=42)
    income = found.variables["Income"]
    assert income.p == pytest.approx(4.6e-14, rel=0.02)
    assert income.levene_p == pytest.approx(1.4e-14, rel=0.03)
    normality = [income.normality[product] for product in ("KP281", "KP481", "KP781")]
    assert normality == pytest.approx([0.15, 0.25, 0.005], abs=0.005)
    pair = next(pair for pair in found.pairs if (pair.b, pair.variable) == ("KP481", "Income"))
    assert (pair.p, pair.cliffs_delta) == pytest.approx((0.14, -0.15), abs=0.005)
    assert pair.power == pytest.approx(0.39, abs=0.015)
    assert pair.equivalence_p > 0.05
    decided = {(merge.a, merge.b): merge.verdict for merge in found.merge}
    assert decided == {
        ("KP281", "KP481"): "inconclusive",
        ("KP281", "KP781"): "keep",
        ("KP481", "KP781"): "keep",
    }
    own = yaml.safe_load(Path("resolved/aerofit/compare.yaml").read_text())["compare"]["probabilities"]
    bins = {name: Bins(tuple(each["edges"]), each["closed"]) for name, each in own["bins"].items()}
    rows = {
        (row.event_value, row.given, row.given_value): row
        for row in probabilities(table, own["pairs"], bins, small_n=own["small_n"])
        if row.kind == "conditional" and row.event == "Product"
    }
    fit = rows["KP781", "Fitness", "5"]
    assert (fit.count, fit.total, round(fit.low, 2), round(fit.high, 2)) == (29, 31, 0.79, 0.98)
    rich, young = rows["KP781", "Income", "> 70,000"], rows["KP281", "Age", "< 30"]
    assert (rich.count, rich.total, young.count, young.total) == (23, 23, 53, 113)
