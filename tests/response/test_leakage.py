import numpy as np
import pandas as pd
import pytest
from tests.planted.leaks import TARGET, memorised, planted
from tests.response.planted import plan_for

from personae.response import leakage
from personae.response.evaluate import encode_target
from personae.response.folds import grouped_folds, identical_rows
from personae.response.preprocessing import features
from personae.response.validation import validate


def inspected(case, seed=0, kept_together=True):
    table = planted(case, seed)
    target, _ = encode_target(table[TARGET], TARGET)
    inputs = features(table, [column for column in table if column != TARGET])
    units = identical_rows(inputs) if kept_together else np.arange(len(table))
    found = leakage.inspect(inputs, target, units, suspicious_auc=0.95, seed=1)
    return {finding.check: finding for finding in found}


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
    table = pd.DataFrame({"a": np.ones(40), "b": ["x"] * 40})
    found = leakage.single_column(table, np.arange(40) % 2, np.arange(40), suspicious_auc=0.95, seed=1)
    assert (found.verdict, found.evidence) == ("clean", "no column varies")


def test_conflicting_answers_bound_the_accuracy():
    found = inspected("conflicts")["conflicting labels"]
    assert found.verdict == "handled"
    assert "120 groups" in found.evidence and "cannot exceed 0.8333" in found.evidence


def whole_pipeline(inputs, units, seed):
    """The validation that stage classify runs, cut to one repeat."""

    def run(answers):
        folds = grouped_folds(answers, units, folds=3, repeats=1, seed=seed)
        plan = plan_for(inputs, models={"xgboost": plan_for(inputs).models["xgboost"]}, stacks={})
        return validate(inputs, answers, folds, plan, seed=seed, workers=1).procedure[0]

    return run


def test_permuted_answers_tell_nothing_to_the_whole_pipeline():
    table = planted("duplicates", 3)
    inputs = features(table, [column for column in table if column != TARGET])
    units = identical_rows(inputs)
    found = leakage.canary(
        whole_pipeline(inputs, units, 1), table[TARGET].to_numpy(), units, permutations=3, seed=2
    )
    assert found.verdict == "clean"


def test_a_pipeline_that_splits_identical_customers_sings():
    table = planted("oversampled", 3)
    inputs = features(table, [column for column in table if column != TARGET])
    apart = np.arange(len(table))
    found = leakage.canary(
        whole_pipeline(inputs, apart, 1),
        table[TARGET].to_numpy(),
        identical_rows(inputs),
        permutations=3,
        seed=2,
    )
    assert found.verdict == "leak"


def test_a_pipeline_that_has_seen_the_answers_sings():
    target = planted("clean", 4)[TARGET].to_numpy()
    found = leakage.canary(memorised(target), target, np.arange(len(target)), permutations=3, seed=2)
    assert found.verdict == "leak"
