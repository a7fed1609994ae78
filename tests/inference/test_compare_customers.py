import polars as pl
import pytest

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.settings import load
from personae.inference.compare import compare_customers
from personae.inference.settings import Bins, Compare, ComparisonCriteria, Probabilities
from personae.studies.aerofit.simulate import simulate

GIVEN = Compare(
    grouping="Product",
    variables=["Age", "Gender", "Income", "Miles"],
    rules=ComparisonCriteria(permutations=199, on_inconclusive="merge"),
    probabilities=Probabilities(
        pairs=[("Product", "Income")], bins={"Income": Bins(edges=[70_000.0], closed="right")}
    ),
)
SEGMENTS = GIVEN.model_copy(update={"grouping": None, "descriptive": ["Miles"], "probabilities": None})


@pytest.fixture(scope="module")
def buyers():
    return simulate(180, seed=20)


@pytest.fixture(scope="module")
def segments(buyers):
    return buyers.select(segment=(pl.col("Income") > 60_000).cast(int))


@pytest.fixture(scope="module")
def own_tables(buyers, segments):
    own = load(paths.settings("aerofit", "compare"), Compare)
    own = own.model_copy(update={"rules": GIVEN.rules})
    return compare_customers(buyers, segments, own, seed=1).probabilities


def test_given_groups_are_tested_merged_and_set_beside_the_segments(buyers, segments):
    found = compare_customers(buyers, segments, GIVEN, made_by=["Income"], seed=1)
    report = to_json(found.report())
    assert report["groups"] == {"KP281": "KP281+KP481", "KP481": "KP281+KP481", "KP781": "KP781"}
    decided = {(pair["a"], pair["b"]): (pair["verdict"], pair["decided_by"]) for pair in report["merge"]}
    assert decided["KP281", "KP481"] == ("inconclusive", "on_inconclusive")
    assert decided["KP281", "KP781"] == ("keep", "data")
    assert report["variables"]["Income"]["p"] < 1e-6
    assert report["segments"]["ari"] > 0.2
    assert sum(report["segments"]["crosstab"]["KP781"].values()) == 40
    assert set(found.probabilities.filter(given="Income")["given_value"]) == {"<= 70,000", "> 70,000"}


@pytest.mark.parametrize(
    ("product", "given", "level", "condition"),
    [
        ("KP781", "Fitness", "5", pl.col("Fitness") == 5),
        ("KP781", "Income", "> 70,000", pl.col("Income") > 70_000),
        ("KP281", "Age", "< 30", pl.col("Age") < 30),
    ],
)
def test_the_settings_of_the_study_give_the_conditionals_it_is_read_for(
    own_tables, buyers, product, given, level, condition
):
    [row] = own_tables.filter(
        kind="conditional", event_value=product, given=given, given_value=level
    ).to_dicts()
    chosen = buyers.filter(condition)["Product"]
    assert 0 < len(chosen) < len(buyers)
    assert (row["count"], row["total"]) == ((chosen == product).sum(), len(chosen))
    assert row["base_rate"] == pytest.approx((buyers["Product"] == product).mean())


def test_the_report_keeps_the_contract(buyers, segments):
    report = to_json(compare_customers(buyers, segments, GIVEN, seed=1).report())
    assert {"grouping", "variables", "pairs", "merge"} <= set(report)
    variable = {"normality", "levene_p", "test", "statistic", "p", "p_adjusted", "effect", "effect_ci"}
    assert variable <= set(report["variables"]["Income"])
    assert set(report["variables"]["Income"]["normality"]) == {"KP281", "KP481", "KP781"}
    pair = {"a", "b", "variable", "test", "p", "p_adjusted", "cliffs_delta", "ci", "equivalence_p", "power"}
    assert pair <= set(report["pairs"][0])
    assert {"a", "b", "two_sample_auc", "two_sample_ci", "verdict", "reason"} <= set(report["merge"][0])


def test_segments_are_never_tested_on_what_made_them(buyers, segments):
    report = to_json(compare_customers(buyers, segments, SEGMENTS, made_by=["Income"], seed=1).report())
    assert report["grouping"] == "segment"
    assert report["merge"] == []
    assert report["segments"] is None
    assert report["descriptive"] == ["Income", "Miles"]
    for name in ("Income", "Miles"):
        assert report["variables"][name]["p"] is None
        assert report["variables"][name]["effect"] > 0.2
    assert report["variables"]["Gender"]["p"] is not None


def test_segments_of_other_customers_are_refused(buyers, segments):
    with pytest.raises(PersonaeError, match="90 segments for 180 customers"):
        compare_customers(buyers, segments.head(90), GIVEN, seed=1)


@pytest.mark.parametrize("nobody", [None, -1])
def test_customers_in_no_segment_are_a_stated_exclusion(buyers, segments, nobody):
    some = segments.with_columns(segment=pl.when(pl.int_range(180) < 3).then(nobody).otherwise("segment"))
    report = to_json(compare_customers(buyers, some, SEGMENTS, made_by=["Income"], seed=1).report())
    assert {"what": "rows", "name": "segment", "reason": "3 rows have no group"} in report["excluded"]


@pytest.mark.parametrize("segments", [[-1] * 40, [0] * 40, [0] * 38 + [1] * 2])
def test_no_segments_one_and_too_small_ones_are_an_answer(segments):
    customers = pl.DataFrame({"customer": range(40), "age": [20 + number % 7 for number in range(40)]})
    labels = pl.DataFrame({"customer": range(40), "segment": segments})
    report = compare_customers(customers, labels, Compare(), seed=1).report()
    assert (report["tests"], report["variables"], report["merge"]) == (0, {}, [])
    [excluded] = report["excluded"]
    assert excluded["what"] == "comparison" and "a comparison needs two" in excluded["reason"]
    assert set(report["groups"]) == {str(label) for label in segments if label >= 0}
