import numpy as np
import pytest

from personae.inference.merge import final_groups, judge, within_pair
from personae.inference.settings import ComparisonCriteria
from personae.inference.twosample import TwoSample

RULES = ComparisonCriteria()
NEAR = TwoSample(0.5, 0.45, 0.55, 0.6, 1000)
OPEN = TwoSample(0.52, 0.40, 0.64, 0.3, 140)
APART = TwoSample(0.8, 0.7, 0.9, 0.001, 140)


def feature(name="age", p=0.5, equivalence_p=0.5, power=0.4):
    tested = {"variable": name, "p": p, "equivalence_p": equivalence_p, "margin": {"text": "3 years"}}
    return tested | {"power": power, "power_within_pair": power / 3}


def verdict(evidence, two_sample, rules=RULES):
    return judge(("a", "b"), evidence, two_sample, rules)


def test_equivalent_in_everything_is_merge():
    found = verdict([feature(equivalence_p=0.01)], NEAR)
    assert (found["verdict"], found["decision"], found["decided_by"]) == ("merge", "merge", "data")


def test_a_significant_difference_too_small_to_matter_is_merge_and_named():
    found = verdict([feature("income", p=1e-6, equivalence_p=0.01)], NEAR)
    assert found["verdict"] == "merge"
    assert "income is significant but too small" in found["reason"]


def test_one_feature_not_equivalent_prevents_a_merge():
    found = verdict([feature("age", equivalence_p=0.001), feature("income", equivalence_p=0.06)], NEAR)
    assert found["verdict"] == "inconclusive"
    assert found["not_equivalent"] == ["income"]


def test_equivalent_means_that_a_classifier_may_tell_apart_are_not_merged():
    assert verdict([feature(equivalence_p=0.001)], OPEN)["verdict"] == "inconclusive"
    assert verdict([feature(equivalence_p=0.001)], APART)["verdict"] == "keep"


def test_a_corrected_difference_is_keep():
    found = verdict([feature("age"), feature("income", p=0.001)], OPEN)
    assert found["verdict"] == "keep"
    assert "income" in found["reason"]


def test_lack_of_power_is_inconclusive_and_says_so():
    found = verdict([feature(), feature("income", power=0.39)], OPEN)
    assert found["verdict"] == "inconclusive"
    for words in (
        "power to see d = 0.3: 39 % in one test, 13 % after correction",
        "age 3 years, income 3 years",
        "neither equality nor difference",
    ):
        assert words in found["reason"]


@pytest.mark.parametrize("choice", ["keep", "merge"])
def test_the_business_decides_only_what_is_open(choice):
    rules = ComparisonCriteria(on_inconclusive=choice)
    undecided = verdict([feature()], OPEN, rules)
    assert (undecided["verdict"], undecided["decision"]) == ("inconclusive", choice)
    assert undecided["decided_by"] == "on_inconclusive"
    assert verdict([feature(p=1e-9)], OPEN, rules)["decision"] == "keep"


def test_no_complete_rows_can_keep_but_never_merge():
    assert verdict([feature(equivalence_p=0.001)], None)["verdict"] == "inconclusive"
    assert "too few rows are complete" in verdict([feature()], None)["reason"]
    kept = verdict([feature(p=1e-9)], None)
    assert kept["verdict"] == "keep"
    assert kept["reason"] == (
        "the groups differ in age (corrected p 1e-09); "
        "too few rows are complete in every feature for the two-sample test"
    )


def test_a_feature_that_could_not_be_compared_prevents_a_merge_and_is_named():
    found = judge(("a", "b"), [feature(equivalence_p=0.001)], NEAR, RULES, ["income"])
    assert (found["verdict"], found["untested"]) == ("inconclusive", ["income"])
    assert "income could not be compared" in found["reason"]
    kept = judge(("a", "b"), [feature(p=1e-9)], NEAR, RULES, ["income"])
    assert kept["verdict"] == "keep"
    assert kept["reason"].endswith("; income could not be compared")


def test_without_any_feature_nothing_is_said_of_power():
    found = judge(("a", "b"), [], None, RULES, ["income"])
    assert found["verdict"] == "inconclusive"
    assert "no feature could be tested" in found["reason"]
    assert "nan" not in found["reason"]


@pytest.mark.parametrize(
    "repeats", [pytest.param(300, id="sample"), pytest.param(2000, id="full", marks=pytest.mark.slow)]
)
def test_equal_pairs_are_kept_apart_at_the_level_only(repeats):
    """Eight features and the permutation test share one level."""
    rng = np.random.default_rng(0)
    kept = 0
    for _ in range(repeats):
        two_sample = TwoSample(0.5, 0.4, 0.65, rng.uniform(), 100)
        kept += verdict([feature(p=p) for p in rng.uniform(size=8)], two_sample)["verdict"] == "keep"
    assert kept / repeats <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)


def test_within_pair_is_holm_over_features_and_classifier():
    features, classifier = within_pair([0.01, 0.04, float("nan")], NEAR)
    assert features[:2] == pytest.approx([0.03, 0.08])
    assert classifier == NEAR.p
    assert np.isnan(within_pair([0.01], None)[1])


def decided(a, b, auc, decision):
    return {"a": a, "b": b, "two_sample_auc": auc, "decision": decision}


def test_a_group_is_joined_only_if_it_may_be_merged_with_all_members():
    pairs = [decided("a", "b", 0.6, "merge"), decided("b", "c", 0.5, "merge"), decided("a", "c", 0.9, "keep")]
    assert final_groups(["a", "b", "c"], pairs) == {"a": "a", "b": "b+c", "c": "b+c"}


def test_groups_that_may_all_be_merged_become_one():
    pairs = [decided(a, b, 0.5, "merge") for a, b in [("a", "b"), ("a", "c"), ("b", "c")]]
    assert set(final_groups(["a", "b", "c"], pairs).values()) == {"a+b+c"}
