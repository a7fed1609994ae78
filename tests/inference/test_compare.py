import os
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from tests.planted.pairs import SCENARIOS, planted

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.settings import load
from personae.core.statistics import adjust
from personae.inference.compare import compare_groups
from personae.inference.equivalence import RANK_EFFICIENCY, association_power, power
from personae.inference.probabilities import probabilities
from personae.inference.settings import Compare, ComparisonCriteria

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
RULES = ComparisonCriteria(permutations=199)


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


def row(table, **named):
    """The one row with these values."""
    [found] = [
        one for one in table.to_dict("records") if all(one[key] == each for key, each in named.items())
    ]
    return found


def p_values_of(found):
    """p and adjusted p of every test of a comparison."""
    tested = [*found.variables.to_dict("records"), *found.pairs.to_dict("records")]
    return [one["p"] for one in tested], [one["p_adjusted"] for one in tested]


# Tables of each scenario, and how many are merge, keep and inconclusive: a sample, and in full.
SAMPLE = [(10, 0, 0), (20, 0, 1), (10, 0, 0), (10, 0, 10), (10, 0, 10), *[(2, 2, 0)] * 2, *[(2, 0, 2)] * 3]
FULL = [
    (60, 0, 2),
    (60, 0, 2),
    (60, 0, 0),
    (40, 0, 39),
    (40, 0, 40),
    (12, 12, 0),
    (12, 11, 0),
    *[(12, 0, 12)] * 3,
]


# benchmarks/inference_verdicts.py has the rates.
@pytest.mark.parametrize(
    ("scenario", "tables", "merged", "kept"),
    [
        pytest.param(scenario, *counts, id=f"{scenario.name}, {scenario.sizes[0]}+{scenario.sizes[1]}")
        for scenario, counts in zip(SCENARIOS, SAMPLE, strict=True)
    ]
    + [
        pytest.param(scenario, *counts, marks=pytest.mark.slow)
        for scenario, counts in zip(SCENARIOS, FULL, strict=True)
    ],
)
def test_the_verdict_on_planted_pairs_is_what_is_promised(scenario, tables, merged, kept):
    verdicts = [
        compare_groups(planted(scenario, seed), "group", RULES, seed=seed).merge["verdict"][0]
        for seed in range(tables)
    ]
    assert (verdicts.count("merge"), verdicts.count("keep")) == (merged, kept)


def test_the_statistics_are_scipys():
    table = customers(0, (60, 50, 40), shift=1.0)
    found = compare_groups(table, "group", RULES)
    groups = [part["spend"].to_numpy() for part in table.partition_by("group", maintain_order=True)]
    spend = found.variables.loc["spend"]
    assert spend["test"] == "kruskal"
    assert (spend["statistic"], spend["p"]) == pytest.approx(tuple(stats.kruskal(*groups)), rel=1e-9)
    pair = row(found.pairs, a="g0", b="g2", variable="spend")
    assert (pair["statistic"], pair["p"]) == pytest.approx(
        tuple(stats.mannwhitneyu(groups[0], groups[2])), rel=1e-9
    )
    pair = row(found.pairs, a="g0", b="g1", variable="sex")
    sexes = pd.crosstab(
        *(table.filter(pl.col("group") != "g2")[name].to_numpy() for name in ("group", "sex"))
    )
    assert (pair["statistic"], pair["p"]) == pytest.approx(
        tuple(stats.chi2_contingency(sexes, correction=False))[:2], rel=1e-9
    )
    means = [part["income"].mean() for part in table.partition_by("group", maintain_order=True)]
    pair = row(found.pairs, a="g0", b="g2", variable="income")
    assert (pair["test"], pair["statistic"]) == ("tukey", pytest.approx(means[0] - means[2]))
    assert found.tests == 4 + 3 * 4
    assert found.sizes == {"g0": 60, "g1": 50, "g2": 40}


def test_correction_runs_over_every_test():
    found = compare_groups(customers(0, (60, 50, 40), shift=1.0), "group", RULES)
    p_values, adjusted = p_values_of(found)
    assert found.tests == len(p_values)
    assert adjusted == adjust(p_values, "holm").tolist()
    assert min(adjusted) == pytest.approx(min(1.0, found.tests * min(p_values)))
    assert "two_sample_p" in found.families["uncorrected"]


def test_bh_corrects_over_the_run_and_leaves_the_verdicts_to_holm():
    table = customers(0, (60, 50, 40), shift=1.0)
    found, holm = (
        compare_groups(table, "group", RULES.model_copy(update={"correction": name}), seed=0)
        for name in ("bh", "holm")
    )
    p_values, adjusted = p_values_of(found)
    assert adjusted == pytest.approx(stats.false_discovery_control(p_values).tolist())
    pd.testing.assert_series_equal(found.pairs["p_within_pair"], holm.pairs["p_within_pair"])
    pd.testing.assert_frame_equal(found.merge, holm.merge)


def test_the_same_seed_gives_the_same_comparison_from_polars_and_pandas():
    table = customers(1, (40, 30))
    first = compare_groups(table, "group", RULES, seed=3)
    assert to_json(first.report()) == to_json(
        compare_groups(table.to_pandas(), "group", RULES, seed=3).report()
    )
    shuffled = compare_groups(table, "group", RULES, seed=4)
    assert shuffled.variables["p"]["spend"] == first.variables["p"]["spend"]


def test_columns_that_made_the_groups_are_described_and_never_tested():
    found = compare_groups(customers(2, (60, 50), shift=3.0), "group", RULES, seed=0, descriptive=["income"])
    income = found.variables.loc["income"]
    assert income[["test", "p", "p_adjusted", "statistic"]].isna().all()
    assert income["effect_ci"][0] > 0.3
    pair = row(found.pairs, variable="income")
    assert np.isnan([pair["statistic"], pair["p"], pair["equivalence_p"], pair["power"]]).all()
    assert pair["cliffs_delta"] < -0.8
    assert found.merge.empty
    assert found.groups == {"g0": "g0", "g1": "g1"}
    assert found.variables["p"]["spend"] > 0


def test_the_independent_unit_counts_once():
    users = customers(3, (30, 30)).with_columns(user=pl.int_range(60))
    days = pl.concat([users] * 20)
    found, once = (compare_groups(table, "group", RULES, seed=0, unit="user") for table in (days, users))
    assert found.sizes == {"g0": 30, "g1": 30}
    assert found.variables["p"]["spend"] == pytest.approx(once.variables["p"]["spend"])
    assert compare_groups(days.drop("user"), "group", RULES).sizes["g0"] == 600


def told(found):
    return {(one["what"], one["name"]): one["reason"] for one in found.excluded}


def test_missing_values_are_left_out_of_their_own_test_and_counted():
    table = customers(4, (40, 40)).with_columns(
        income=pl.when(pl.int_range(80) % 10 == 0).then(None).otherwise("income"),
        sex=pl.when(pl.int_range(80) % 20 == 1).then(None).otherwise("sex"),
    )
    found = compare_groups(table, "group", RULES)
    assert found.variables["missing"].to_dict() == {"income": 8, "spend": 0, "visits": 0, "sex": 4}
    assert found.merge["two_sample_rows"].tolist() == [68]


def test_a_column_hardly_known_in_a_group_is_left_out_with_the_reason():
    known = pl.when((pl.col("group") == "g0") | (pl.int_range(80) < 43)).then("income")
    found = compare_groups(customers(5, (40, 40)).with_columns(income=known), "group", RULES)
    assert told(found)["variable", "income"] == "known for 3 rows of g1, fewer than 5"
    assert "income" not in found.variables.index


def three_groups(seed, far):
    """Three groups of 600; x moves by `far` from a to b, and is empty in c."""
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b", "c"], 600)
    x = np.where(group == "c", np.nan, rng.normal(size=1800) + far * (group == "b"))
    return pl.DataFrame({"group": group, "x": x, "y": rng.normal(size=1800)}).fill_nan(None)


@pytest.mark.parametrize(("far", "of_a_and_b"), [(2.0, "keep"), (0.0, "merge")])
def test_a_column_empty_in_one_group_is_tested_in_the_others_and_merges_nothing_unseen(far, of_a_and_b):
    found = compare_groups(three_groups(0, far), "group", RULES)
    assert told(found)["variable", "x"] == "known for 0 rows of c, fewer than 5"
    assert row(found.pairs, variable="x")["b"] == "b"
    assert found.merge[["a", "b", "verdict", "untested"]].to_numpy().tolist() == [
        ["a", "b", of_a_and_b, []],
        ["a", "c", "inconclusive", ["x"]],
        ["b", "c", "inconclusive", ["x"]],
    ]
    assert found.merge["reason"][1:].str.contains("x could not be compared").all()


def test_a_pair_in_which_nothing_can_be_compared_is_inconclusive():
    found = compare_groups(three_groups(0, 2.0), "group", RULES, seed=0, variables=["x"])
    assert found.merge["verdict"].tolist() == ["keep", "inconclusive", "inconclusive"]
    assert "no feature could be tested" in found.merge["reason"][1]


def test_a_column_that_changes_within_a_unit_merges_nothing():
    users = three_groups(1, 0.0).drop("x").with_columns(user=pl.int_range(1800))
    days = pl.concat([users.with_columns(day=pl.lit("mo")), users.with_columns(day=pl.lit("tu"))])
    found = compare_groups(days, "group", RULES, seed=0, unit="user")
    assert told(found) == {("variable", "day"): "changes within a user"}
    assert set(found.merge["verdict"]) == {"inconclusive"}
    assert found.merge["untested"].tolist() == [["day"]] * 3
    without = compare_groups(days, "group", RULES, seed=0, unit="user", variables=["y"])
    assert set(without.merge["verdict"]) == {"merge"}


def test_a_constant_column_prevents_no_merge():
    table = three_groups(2, 0.0).drop("x").with_columns(one=1.0)
    assert set(compare_groups(table, "group", RULES).merge["verdict"]) == {"merge"}


def test_a_constant_and_an_identifier_are_left_out_with_the_reason():
    table = customers(6, (40, 40)).with_columns(one=1.0, name=pl.int_range(80).cast(pl.String))
    reasons = told(compare_groups(table, "group", RULES))
    assert reasons == {("variable", "one"): "constant", ("variable", "name"): "every row has its own value"}


def test_a_group_of_two_and_rows_without_group_are_left_out_with_the_reason():
    table = customers(7, (40, 40, 2))
    table = table.with_columns(group=pl.when(pl.int_range(82) < 3).then(None).otherwise("group"))
    found = compare_groups(table, "group", RULES)
    assert told(found) == {("rows", "group"): "3 rows have no group", ("group", "g2"): "2 rows, fewer than 5"}
    assert found.sizes == {"g0": 37, "g1": 40}


@pytest.mark.parametrize(
    ("sizes", "words"), [((40,), "1 group"), ((40, 2), "g1: 2 rows"), ((2, 2), "no group large")]
)
def test_one_group_only_is_an_error(sizes, words):
    with pytest.raises(PersonaeError, match=words):
        compare_groups(customers(8, sizes), "group", RULES)


def test_nothing_to_compare_and_unknown_columns_are_errors():
    table = customers(9, (20, 20)).with_columns(one=1.0)
    with pytest.raises(PersonaeError, match="no column is left to compare; one: constant"):
        compare_groups(table, "group", RULES, seed=0, variables=["one"])
    with pytest.raises(PersonaeError, match="no column Income in the table; it has group, income"):
        compare_groups(table, "group", RULES, seed=0, variables=["Income"])


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
    found = compare_groups(table, "group", RULES.model_copy(update={"rank_test": rank_test}), seed=0)
    assert found.variables["test"]["tied"] == "kruskal"
    assert 0 <= found.variables["p"]["tied"] <= 1
    pairs = found.pairs[found.pairs["variable"] == "tied"]
    assert pairs["p"].between(0, 1).all()
    assert all(-1 <= low <= high <= 1 for low, high in pairs["ci"])


def test_power_is_told_in_one_test_and_within_the_family_of_the_pair():
    found = compare_groups(customers(13, (80, 60)), "group", RULES)
    for pair in found.pairs.to_dict("records"):
        sides = (80, 60, 2) if pair["variable"] == "sex" else (80, 60)
        power_of = association_power if pair["variable"] == "sex" else power
        rank = {"efficiency": RANK_EFFICIENCY} if pair["test"] == "mann-whitney" else {}
        assert pair["power"] == pytest.approx(power_of(0.3, *sides, 0.05, **rank))
        assert pair["power_within_pair"] == pytest.approx(power_of(0.3, *sides, 0.05 / 5, **rank))
    assert found.merge["power"].tolist() == [found.pairs["power"].min()]
    assert found.merge["power_within_pair"].tolist() == [found.pairs["power_within_pair"].min()]


def test_a_pair_compared_in_categories_only_has_a_power():
    merge = compare_groups(customers(14, (80, 60)), "group", RULES, variables=["sex"]).merge
    assert merge["verdict"].tolist() == ["inconclusive"]
    assert "power to see d = 0.3: 41 % in one test, 31 % after correction" in merge["reason"][0]


def test_a_level_seen_once_is_tested_exactly():
    sex = pl.when(pl.int_range(80) == 0).then(pl.lit("other")).otherwise("sex")
    found = compare_groups(customers(11, (40, 40)).with_columns(sex=sex), "group", RULES)
    assert found.variables["test"]["sex"] == "fisher"
    pair = row(found.pairs, variable="sex")
    assert pair["test"] == "fisher"
    assert 0 <= pair["cramers_v_ci"][0] <= pair["cramers_v"] <= pair["cramers_v_ci"][1] <= 1
    assert 0 <= pair["equivalence_p"] <= 1


def test_a_level_that_a_pair_does_not_have_is_no_difference():
    table = customers(12, (40, 40, 40)).with_columns(
        sex=pl.when(pl.col("group") == "g2").then("sex").otherwise(pl.lit("m"))
    )
    found = compare_groups(table, "group", RULES)
    pair = row(found.pairs, a="g0", b="g1", variable="sex")
    assert (pair["p"], pair["cramers_v"], pair["equivalence_p"]) == (1, 0, 0)


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "aerofit").is_dir(), reason="the original files are not there")
def test_the_original_file_says_what_was_measured_on_it():
    table = pl.read_csv(ORIGINALS / "aerofit" / "aerofit_treadmill.csv")
    found = compare_groups(table, "Product", ComparisonCriteria(), seed=42)
    income = found.variables.loc["Income"]
    assert income["p"] == pytest.approx(4.6e-14, rel=0.02)
    assert income["levene_p"] == pytest.approx(1.4e-14, rel=0.03)
    normality = [income["normality"][product] for product in ("KP281", "KP481", "KP781")]
    assert normality == pytest.approx([0.15, 0.25, 0.005], abs=0.005)
    pair = row(found.pairs, a="KP281", b="KP481", variable="Income")
    assert (pair["p"], pair["cliffs_delta"]) == pytest.approx((0.14, -0.15), abs=0.005)
    assert pair["power"] == pytest.approx(0.39, abs=0.015)
    assert pair["equivalence_p"] > 0.05
    decided = {(merge["a"], merge["b"]): merge["verdict"] for merge in found.merge.to_dict("records")}
    assert decided == {
        ("KP281", "KP481"): "inconclusive",
        ("KP281", "KP781"): "keep",
        ("KP481", "KP781"): "keep",
    }
    own = load(paths.settings("aerofit", "compare"), Compare).probabilities
    shares = probabilities(table, own.pairs, own.bins, small_n=own.small_n)
    shares = shares.filter(kind="conditional", event="Product").to_pandas()
    fit = row(shares, event_value="KP781", given="Fitness", given_value="5")
    assert (fit["count"], fit["total"], round(fit["low"], 2), round(fit["high"], 2)) == (29, 31, 0.79, 0.98)
    rich = row(shares, event_value="KP781", given="Income", given_value="> 70,000")
    young = row(shares, event_value="KP281", given="Age", given_value="< 30")
    assert (rich["count"], rich["total"], young["count"], young["total"]) == (23, 23, 53, 113)
