from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.planted.leaks import TARGET, memorised, planted
from tests.response.planted import plan_for

from personae.response import leakage
from personae.response.folds import grouped_folds, identical_rows
from personae.response.settings import BoostedTrees
from personae.response.validation import validate

BOOSTED = {"xgboost": BoostedTrees(n_estimators=20, learning_rate=0.3)}


def plan_of(case, seed, kept_together=True, **changes):
    table = planted(case, seed)
    columns = [column for column in table if column != TARGET]
    groups = None if kept_together else np.arange(len(table))
    return plan_for(table, seed=1, groups=groups, target=TARGET, features=columns, **changes)


def inspected(case, seed=0, kept_together=True):
    return {finding.check: finding for finding in leakage.inspect(plan_of(case, seed, kept_together))}


@pytest.mark.parametrize("seed", range(5))
def test_the_guard_stays_quiet_on_clean_data(seed):
    assert {finding.verdict for finding in inspected("clean", seed).values()} == {"clean"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("case", "check", "columns"),
    [
        ("proxy", "single column", ("orders_after_offer",)),
        ("after_event", "filled after the event", ("days_to_delivery",)),
        ("oversampled", "resampled before the split", ()),
        ("interpolated", "resampled before the split", ()),
    ],
)
def test_each_planted_leak_is_caught_and_named(case, check, columns, seed):
    found = inspected(case, seed)
    assert found[check].verdict == "leak"
    assert found[check].columns == columns


def test_identical_customers_are_handled_together_and_a_leak_apart():
    assert inspected("duplicates")["duplicates"].verdict == "handled"
    assert inspected("duplicates", kept_together=False)["duplicates"].verdict == "leak"
    assert inspected("duplicates")["resampled before the split"].verdict == "clean"


def test_columns_that_do_not_vary_are_clean():
    table = pd.DataFrame({"a": np.ones(40), "b": ["x"] * 40, "answer": np.arange(40) % 2})
    found = leakage.single_column(plan_for(table, features=["a", "b"], groups=np.arange(40)))
    assert (found.verdict, found.evidence) == ("clean", "no column varies")


def test_conflicting_answers_bound_the_accuracy():
    found = inspected("conflicts")["conflicting labels"]
    assert found.verdict == "handled"
    assert "120 groups" in found.evidence and "cannot exceed 0.8333" in found.evidence


def permuted(case, kept_together=True):
    """Check the validation that stage classify runs, cut to one repeat, on permuted answers."""
    plan = plan_of(case, 3, kept_together, models=BOOSTED, calibrations=["none"])

    def run(answers):
        folds = grouped_folds(answers, plan.groups, folds=3, repeats=1, seed=1)
        return validate(replace(plan, target=answers, folds=folds)).procedure[0]

    alike = identical_rows(plan.table)
    return leakage.permuted_target_check(run, plan.target, alike, permutations=3, seed=2).verdict


def test_permuted_answers_tell_nothing_to_the_whole_pipeline():
    assert permuted("duplicates") == "clean"


def test_a_pipeline_that_splits_identical_customers_is_caught():
    assert permuted("oversampled", kept_together=False) == "leak"


def test_a_pipeline_that_has_seen_the_answers_is_caught():
    target = planted("clean", 4)[TARGET].to_numpy()
    found = leakage.permuted_target_check(
        memorised(target), target, np.arange(len(target)), permutations=3, seed=2
    )
    assert found.verdict == "leak"
