"""Classes before and after the merge verdicts, with their confusions."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.tables import names
from personae.response import scores
from personae.response.conformal import prediction_sets
from personae.response.plan import build_plan
from personae.response.published import published_claim, single_split
from personae.response.settings import Classify, Merging
from personae.response.validation import validate

TOO_FEW = "not compared: fewer rows than compare.rules.min_group"


def merge_classes(
    customers: pd.DataFrame, settings: Classify, merging: Merging, groups: Mapping[str, str], *, seed: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Merge the target's classes and compare plain models before and after.

    Parameters
    ----------
    customers, settings, seed : as for `personae.response.evaluate.evaluate_response`
    groups : merged class of each class, from the merge verdicts

    Returns
    -------
    tuple
        The rows whose class was compared, with the merged classes; and for the report `groups`, `left_out`
        (classes that were not compared, or without a name the rows without one, and why they are left out),
        `before` and `after` (figures of the plain models, nothing calibrated or chosen; of one of them
        `prediction_sets` where there are more than two classes), `failures` and `failures_after` (of it),
        and `seed_claim`: the published accuracy compared with the folds', and the published split reproduced
        before and after the merge. Where the merge leaves one class,
        `after` says so in `skipped`.

    Raises
    ------
    PersonaeError
        If no row has a class that was compared.
    """
    target = settings.target
    customers, left_out = _compared(customers, target, groups)
    merged = customers.assign(**{target: customers[target].map(dict(groups))})
    plain = settings.without_stacks().model_copy(update={"repeats": merging.repeats})
    split = partial(single_split, columns=settings.features, target=target, merging=merging)
    before, confused, correct = _figures(customers, plain, merging.model, seed)
    claim = published_claim(correct, merging.published, before["majority_accuracy"], merging.model)
    claim["before"] = split(customers)
    report = {"groups": groups, "left_out": left_out, "before": before, "failures": confused}
    classes = merged[target].unique()
    if len(classes) == 1:
        reason = f"the merge leaves one class of {target}, {classes[0]}: nothing to predict"
        return merged, report | {"after": {"skipped": reason}, "seed_claim": claim}
    after, confused, _ = _figures(merged, plain, merging.model, seed)
    claim |= {"after": split(merged), "after_integer_codes": split(merged, encoding="integer codes")}
    return merged, report | {"after": after, "failures_after": confused, "seed_claim": claim}


def _compared(
    customers: pd.DataFrame, target: str, groups: Mapping[str, str]
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Keep rows of compared classes, renamed; list the excluded classes."""
    named = names(customers[target])
    counts = pd.Series(named).value_counts()
    left = [
        {
            "name": name,
            "rows": int(counts[name]),
            "reason": TOO_FEW if name else f"{target} is missing",
        }
        for name in sorted(set(named.tolist()) - set(groups))
    ]
    kept = np.isin(named, list(groups))
    if not kept.any():
        raise PersonaeError(f"column {target} holds {left[0]['name']!r}; compared were {', '.join(groups)}")
    return customers[kept].assign(**{target: named[kept]}).reset_index(drop=True), left


def _figures(
    customers: pd.DataFrame, settings: Classify, model: str, seed: int
) -> tuple[dict[str, Any], dict[str, Any], list[float]]:
    """Figures and failures on one set of classes, with accuracy by fold."""
    plan = build_plan(customers, settings, seed=seed)
    validation = validate(plan, nested=False)
    scored = scores.score_all(plan, validation)
    figures = {
        "classes": plan.classes,
        "folds": plan.folds.count,
        "repeats": plan.folds.repeats,
        "majority_accuracy": float(np.bincount(plan.target).max() / len(plan.target)),
        "models": {name: summary for name, (_, summary) in scored.items()},
        **prediction_sets(plan, validation.probabilities[model]),
    }
    confused = failures(
        model, plan.target, validation.probabilities[model], plan.classes, customers["customer"]
    )
    by_fold, _ = scored[model]
    return figures, confused, by_fold["accuracy"].ravel().tolist()


def failures(
    model: str, target: IntArray, probabilities: FloatArray, classes: Sequence[str], customers: Sequence[Any]
) -> dict[str, Any]:
    """Find confused classes, and rows that are usually misclassified.

    Parameters
    ----------
    target : class codes, shape (rows,)
    probabilities : out of fold, shape (repeats, rows, classes)

    Returns
    -------
    dict
        `confusion` in rows a repeat, actual class first; `pairs` of classes taken for each other, in rows a
        repeat and as a share of all errors; `rows` that are predicted wrongly in most repeats, and the class
        each is taken for.

    Examples
    --------
    >>> result = failures("m", np.array([0, 1]), np.array([[[0.9, 0.1], [0.6, 0.4]]]), ["no", "yes"], [7, 8])
    >>> result["confusion"], result["rows"][0]["customer"]
    ({'no': {'no': 1.0, 'yes': 0.0}, 'yes': {'no': 1.0, 'yes': 0.0}}, 8)
    """
    predicted = probabilities.argmax(axis=2)
    codes = range(len(classes))
    counts = np.mean([confusion_matrix(target, one, labels=codes) for one in predicted], axis=0)
    errors = counts.sum() - np.trace(counts)
    pairs = [
        {
            "a": classes[i],
            "b": classes[j],
            "rows": float(both),
            "share": float(both / errors if errors else 0),
        }
        for i, j in combinations(codes, 2)
        for both in [counts[i, j] + counts[j, i]]
    ]
    votes = (predicted[:, :, None] == np.arange(len(classes))).mean(axis=0)
    wrong = 1 - votes[np.arange(len(target)), target]
    others = np.where(np.arange(len(classes)) == target[:, None], -1.0, votes).argmax(axis=1)
    return {
        "model": model,
        "confusion": {classes[i]: {classes[j]: float(counts[i, j]) for j in codes} for i in codes},
        "pairs": sorted(pairs, key=lambda pair: -pair["rows"]),
        "rows": [
            {
                "customer": customers[int(row)],
                "actual": classes[target[row]],
                "predicted": classes[others[row]],
                "wrong": float(wrong[row]),
            }
            for row in np.flatnonzero(wrong > 0.5)
        ],
    }
