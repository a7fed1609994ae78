import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from personae.core.errors import PersonaeError
from personae.inference.compare import compare_groups
from personae.inference.margins import equivalence
from personae.inference.settings import ComparisonCriteria, Margin

RULES = ComparisonCriteria(permutations=99)


def shown(a, b, margin=None):
    return equivalence("x", a, b, RULES, Margin.model_validate(margin) if margin else None)


def flags(rows, *events):
    return [np.repeat([0.0, 1.0], [rows - count, count]) for count in events]


@pytest.mark.parametrize(
    ("said", "value", "unit"),
    [("2 points", 2, "points"), ("25 %", 25, "%"), (".3 sd", 0.3, "sd"), ("5 years", 5, "years"), (4, 4, "")],
)
def test_a_margin_is_written_with_its_unit(said, value, unit):
    assert Margin.model_validate(said) == Margin(value=value, unit=unit)
    assert Margin.model_validate_json(f'"{said}"' if isinstance(said, str) else f"{said}").value == value


@pytest.mark.parametrize("said", ["years", "-2 points", "0 %"])
def test_a_margin_without_a_positive_number_is_refused(said):
    with pytest.raises(ValueError, match="margin|greater than 0"):
        Margin.model_validate(said)


@pytest.mark.parametrize(
    ("a", "b", "unit"),
    [
        (*flags(500, 100, 110), "points"),
        (np.tile(["m", "f"], 50), np.tile(["m", "f"], 60), "points"),
        (np.tile(["a", "b", "c"], 50), np.tile(["a", "b", "c"], 60), "points"),
        (np.exp(np.arange(100) / 20), np.exp(np.arange(90) / 20), "% of the mean"),
        (30 + np.arange(40.0), 30 + np.arange(50.0), "own unit"),
        (np.arange(40.0) - 20, np.arange(50.0) - 20, "own unit"),
    ],
)
def test_the_kind_of_a_column_decides_its_margin(a, b, unit):
    assert shown(a, b).unit == unit


def test_rare_events_are_compared_in_points_of_their_own_size():
    two, six, ten, fifteen = flags(1500, 30, 90, 150, 225)
    assert shown(two, six).text == "1 point"
    assert shown(ten, fifteen).text == "3.12 points"
    assert min(shown(two, six).p, shown(ten, fifteen).p) > 0.5
    assert shown(ten, ten).p < 0.05
    assert shown(two, six, "6 points").p < 0.05


def test_few_rows_without_an_event_prove_no_equality():
    assert shown(*flags(40, 0, 1)).p > 0.05


def test_a_rare_level_of_a_category_counts_by_its_own_size():
    levels = np.array(["often", "seldom", "never"])
    one, other = (np.repeat(levels, counts) for counts in ((780, 200, 20), (740, 200, 60)))
    assert shown(one, one).p < 0.05
    assert shown(one, other).p > 0.05
    assert shown(one, other, "10 points").p < 0.05


@pytest.mark.parametrize("times", [0.77, 1.3])
def test_an_amount_is_compared_by_the_ratio_of_means(times):
    rng = np.random.default_rng(0)
    spend = np.exp(4 + 1.5 * rng.normal(size=(2, 1500)))
    found = shown(times * spend[0], spend[1])
    assert found.text == "25 % of the mean"
    assert found.p > 0.05
    assert found.interval[0] < 100 * (times - 1) < found.interval[1]


def test_the_stated_unit_is_that_of_the_test():
    rng = np.random.default_rng(1)
    a, b = rng.normal(40, 8, 600), rng.normal(41, 8, 500)
    found = shown(a, b, "3 years")
    assert (found.text, found.unit) == ("3 years", "years")
    expected = ttost_ind(a, b, -3, 3, usevar="unequal")[0]
    assert found.p == pytest.approx(expected, rel=0.5)
    assert shown(a, b, "0.1 years").p > 0.5
    share = shown(a / 100, b / 100, "3 points")
    assert (share.difference, share.p) == (pytest.approx(found.difference), pytest.approx(found.p))


def test_a_part_of_the_mean_holds_with_refunds_too():
    rng = np.random.default_rng(2)
    spend = rng.normal(20, 30, (2, 4000))
    assert shown(*spend, "25 %").p < 0.05
    assert shown(spend[0], spend[1] + 6, "25 %").p > 0.05
    assert shown(*spend, "25 %").text == "25 % of the mean"


def test_a_stated_margin_must_fit_its_column():
    with pytest.raises(PersonaeError, match="column x is 5 years; of a category, expected points"):
        shown(np.tile(["a", "b"], 30), np.tile(["a", "b"], 30), "5 years")


def test_equal_means_of_other_shapes_are_no_equality():
    """Cliff's delta sees that most of one group spend less, and few much more."""
    rng = np.random.default_rng(3)
    a = rng.normal(100, 10, 1000)
    b = np.where(rng.random(1000) < 0.9, rng.normal(95, 10, 1000), rng.normal(145, 10, 1000))
    assert shown(a, b).p > 0.05


@pytest.mark.parametrize("cell", [-1e3, 99_999_999.0])
@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_one_cell_of_any_size_changes_no_verdict(cell, shift):
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(450, 2)), rng.normal(size=(450, 2))
    b[:, 0] += shift
    table = dict(zip(["x", "y"], np.vstack([a, b]).T.copy(), strict=True)) | {"g": ["a"] * 450 + ["b"] * 450}
    table["x"][3] = cell
    found = compare_groups(pl.DataFrame(table), "g", RULES).merge["verdict"][0]
    assert found == ("keep" if shift else "merge")


def test_a_code_for_not_told_leaves_two_values_two():
    answers = np.concatenate([np.repeat([0.0, 1.0], [480, 20]), [99_999_999.0]])
    assert shown(answers, answers[:-1]).unit == "points"


@pytest.mark.parametrize(
    "repeats", [pytest.param(60, id="sample"), pytest.param(600, id="full", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(stats.lognorm(1.0, scale=1.25), stats.lognorm(1.0), id="ratio of skewed means 1.25"),
        pytest.param(stats.bernoulli(0.06), stats.bernoulli(0.02), id="2 and 6 %"),
        pytest.param(stats.bernoulli(0.15), stats.bernoulli(0.10), id="10 and 15 %"),
        pytest.param(stats.norm(0.3), stats.norm(), id="the margin of a number"),
    ],
)
def test_groups_at_or_beyond_the_margin_are_rarely_called_equivalent(first, second, repeats):
    rng = np.random.default_rng(5)
    called = sum(
        shown(*(each.rvs(600, random_state=rng).astype(float) for each in (first, second))).p <= 0.05
        for _ in range(repeats)
    )
    assert called / repeats <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
