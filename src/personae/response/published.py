"""Published accuracies of one random split, reproduced and compared with many splits."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import StratifiedShuffleSplit, train_test_split

from personae.core.parallel import parallel_map
from personae.response.plan import ResponsePlan
from personae.response.settings import Merging, PublishedClaim
from personae.response.validation import fit_and_score, seed_of

Encoding = Literal["dummies", "integer codes"]


def published_claim(
    correct_share: Sequence[float], claimed: float, majority: float, model: str
) -> dict[str, Any]:
    """Compare a published accuracy with the range over many random splits.

    Examples
    --------
    >>> claim = published_claim([0.58, 0.61, 0.64, 0.70], 0.64, majority=0.44, model="random_forest")
    >>> claim["median"], claim["share_at_least_claimed"]
    (0.625, 0.5)
    """
    values = np.asarray(correct_share)
    return {
        "model": model,
        "claimed": claimed,
        "splits": len(values),
        "median": float(np.median(values)),
        "lower": float(np.quantile(values, 0.025)),
        "upper": float(np.quantile(values, 0.975)),
        "share_at_least_claimed": float((values >= claimed - 1e-9).mean()),
        "majority": majority,
    }


def repeated_splits(plan: ResponsePlan, claim: PublishedClaim) -> dict[str, Any]:
    """Repeat a published single random split many times, with the model alone."""
    target, model = plan.target, claim.model
    alone = replace(plan, settings=plan.settings.without_stacks(model))
    splitter = StratifiedShuffleSplit(
        claim.splits, test_size=claim.test_share, random_state=plan.seed % 2**32
    )
    splits = list(splitter.split(target, target))
    tasks = [
        partial(fit_and_score, alone, rows, seed_of(plan.seed, (number, ())))
        for number, rows in enumerate(splits)
    ]
    accuracies = parallel_map(tasks, plan.settings.workers, "claim")
    correct = [
        float((one[model].argmax(axis=1) == target[test]).mean())
        for one, (_, test) in zip(accuracies, splits, strict=True)
    ]
    return published_claim(correct, claim.accuracy, float(np.bincount(target).max() / len(target)), model)


def single_split(
    customers: pd.DataFrame,
    *,
    target: str,
    columns: Sequence[str],
    merging: Merging,
    encoding: Encoding = "dummies",
) -> dict[str, Any]:
    """Accuracy of Random Forest with defaults on one random split.

    Parameters
    ----------
    customers : rows in the order of the file, complete
    merging : share of the test rows, and the seed of split and forest
    encoding : categories as dummies without the first level, or as codes in sorted order
    """
    table = customers[list(columns)]
    categories = table.select_dtypes(exclude="number").columns
    if encoding == "dummies":
        inputs = pd.get_dummies(table, columns=list(categories), drop_first=True)
    else:
        inputs = table.assign(**{name: pd.factorize(table[name], sort=True)[0] for name in categories})
    answers = customers[target].astype(str).to_numpy()
    train, test, known, hidden = train_test_split(
        inputs, answers, test_size=merging.test_share, random_state=merging.random_state
    )
    forest = RandomForestClassifier(random_state=merging.random_state).fit(train, known)
    predicted = forest.predict(test)
    precision, recall, _, _ = precision_recall_fscore_support(
        hidden, predicted, labels=forest.classes_, zero_division=0
    )
    common = pd.Series(known).mode()[0]
    how = "categories as dummies, first level dropped" if encoding == "dummies" else "categories as codes"
    return {
        "recipe": (
            f"test share {merging.test_share:g}, not stratified, random_state {merging.random_state}; "
            f"RandomForestClassifier with its defaults and the same random_state; {how}"
        ),
        "rows": len(hidden),
        "accuracy": float((predicted == hidden).mean()),
        "majority_accuracy": float((hidden == common).mean()),
        "precision": dict(zip(forest.classes_, precision.tolist(), strict=True)),
        "recall": dict(zip(forest.classes_, recall.tolist(), strict=True)),
    }
