"""Traps: what makes a search look good must not make the winner look good."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from personae.response.settings import Classify, Svm
from personae.sweep.response_trials import ResponseTrials
from personae.sweep.settings import ClassifySweep

FEATURES = [f"x{number}" for number in range(8)]


def settings(**svm):
    return Classify(
        target="answer",
        features=FEATURES,
        models={"svm": Svm(**({"C": 1.0, "gamma": 0.1} | svm))},
        calibrations=["sigmoid"],
        folds=3,
        repeats=1,
        workers=1,
    )


def customers(rows, seed, signal=0.0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(rows, 8)), columns=FEATURES)
    answer = (signal * table["x0"] + rng.normal(size=rows) > 0.5).astype(int)
    return table.assign(answer=answer, unit=np.arange(rows), customer=np.arange(rows))


def trials(table, search_seed=1, folds=3):
    space = ["classify.models.svm.C=tag(log, interval(0.1, 10))"]
    sweep = ClassifySweep(space=space, objectives=["roc_auc"], seed=search_seed, folds=folds, outer=3)
    return ResponseTrials(table, settings(), sweep, seed=7)


def measure(found, **svm):
    return found.measure(settings(**svm), lambda value: None)["roc_auc"]


def test_a_search_never_sees_the_outer_fold():
    """Answers of the held-out customers are turned round: no figure of the search moves."""
    table = customers(150, 1, signal=1.0)
    found = trials(table)
    blind, plan, held = trials(table), found._plan, found.held_out
    target, inputs = plan.target.copy(), plan.table.copy()
    target[held], inputs.iloc[held] = 1 - target[held], 1e6
    blind._plan = replace(plan, target=target, table=inputs)
    for gamma in (0.01, 0.3):
        assert measure(found, gamma=gamma) == measure(blind, gamma=gamma)
    fresh, other = (each._on_outer_fold(settings())[0]["roc_auc"] for each in (found, blind))
    assert fresh != other


def test_what_holds_only_for_those_who_search_is_found_out():
    """A column that knows the answer of the searching customers, and of nobody else, makes no winner look good."""
    table = customers(240, 5)
    held = trials(table).held_out
    searching = np.setdiff1d(np.arange(len(table)), held)
    planted = table.copy()
    planted.loc[searching, "x0"] = 4.0 * table.loc[searching, "answer"] + table.loc[searching, "x0"]
    found = trials(planted)
    assert found.held_out.tolist() == held.tolist()
    fresh, intervals = found._on_outer_fold(settings())
    low, high = intervals["roc_auc"]
    assert measure(found) > 0.9
    assert low <= fresh["roc_auc"] <= high < measure(found)


def test_oversampling_cannot_win():
    """Events repeated before the search stay together in a fold: a memorising model gains nothing."""
    table = customers(150, 3)
    events = table[table["answer"] == 1]
    oversampled = pd.concat([table, events, events], ignore_index=True)
    oversampled["customer"] = oversampled["unit"] = np.arange(len(oversampled))
    memorising = {"C": 1000.0, "gamma": 10.0}
    found = trials(oversampled)
    assert measure(found, **memorising) < 0.65
    assert found._on_outer_fold(settings(**memorising))[0]["roc_auc"] < 0.75
    held = oversampled.iloc[found.held_out][FEATURES]
    seen = oversampled.drop(index=found.held_out)[FEATURES]
    assert held.merge(seen, on=FEATURES).empty


def test_pruning_is_told_of_every_fold_and_encodings_are_shared():
    found, told = trials(customers(150, 1, signal=1.0)), []
    value = found.measure(settings(), told.append)["roc_auc"]
    assert len(told) == 3
    assert told[-1] == pytest.approx(value)
    assert len(found._encoded) == 3
    measure(found, C=5.0)
    assert len(found._encoded) == 3
