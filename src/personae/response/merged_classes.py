"""Classes before and after the merge verdicts: what is confused, and what a merge makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from sklearn.model_selection import train_test_split

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.tables import names
from personae.response import scores
from personae.response.evaluate import encode_target
from personae.response.metrics import Figure
from personae.response.plan import Answers, answer, deal, describe, no_answers, units_of
from personae.response.preprocessing import features
from personae.response.settings import Classify, Merging
from personae.response.validation import validate

Encoding = Literal["dummies", "integer codes"]

TOO_FEW = "not compared: fewer rows than compare.rules.min_group"


@dataclass(frozen=True, slots=True)
class Confused:
    """Two classes taken for each other: rows a repeat, and their share of all errors."""

    a: str
    b: str
    rows: float
    share: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that is predicted wrongly in most repeats, and the class it is taken for."""

    customer: Any
    actual: str
    predicted: str
    wrong: float


@dataclass(frozen=True, slots=True)
class Failures:
    """Where a model errs out of fold; `confusion` has rows a repeat, actual class first."""

    model: str
    confusion: Mapping[str, Mapping[str, float]]
    pairs: tuple[Confused, ...]
    rows: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Plain models, validated repeatedly, on one set of classes."""

    classes: tuple[str, ...]
    folds: int
    repeats: int
    majority_accuracy: float
    models: Mapping[str, Mapping[str, Figure]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A class that was not compared, or (without a name) the rows without one, and why they are left out."""

    name: str
    rows: int
    reason: str


@dataclass(frozen=True, slots=True)
class SingleSplit:
    """One random split, as a study published it: no evidence by itself, see the repeated folds."""

    recipe: str
    rows: int
    accuracy: float
    majority_accuracy: float
    precision: Mapping[str, float]
    recall: Mapping[str, float]


def answer_merged(
    customers: pd.DataFrame, settings: Classify, groups: Mapping[str, str], *, seed: int
) -> Answers:
    """Compare the response models on the merged classes, beside the same models on the classes as they were.

    Where the settings name no merging it is `personae.response.plan.answer`.

    Parameters
    ----------
    customers, settings, seed : as for `personae.response.plan.answer`
    groups : merged class of each class, from the merge verdicts

    Returns
    -------
    Answers
        Of the merged classes; the report has further keys `groups`, `before` and `after` (figures of the
        plain models, nothing calibrated or chosen), `failures` and `failures_after` (of one of them), and
        `seed_claim`: the published accuracy beside that of the folds, and the published split reproduced
        before and after the merge. Where the merge leaves one class, `models` and `after` say so in
        `skipped`, and there is no model. Rows whose class was not compared are left out; `left_out` says
        which and why.

    Raises
    ------
    PersonaeError
        If no row has a class that was compared, or as `answer` does.
    """
    merging = settings.merging
    if merging is None:
        return answer(customers, settings, seed=seed)
    customers, left_out = _compared(customers, settings.target, groups)
    merged = customers.assign(**{settings.target: customers[settings.target].map(dict(groups))})
    before, confused, correct = _figures(customers, settings, merging, seed=seed)
    claim = scores.seed_claim(correct, merging.published, before.majority_accuracy, merging.model)
    split = partial(single_split, columns=settings.features, target=settings.target, merging=merging)
    known = {"groups": groups, "left_out": left_out, "before": before, "failures": confused}
    claimed = claim | {"before": split(customers)}
    if len(set(merged[settings.target])) == 1:
        return _one_class(merged[settings.target], known | {"seed_claim": claimed})
    after, left, _ = _figures(merged, settings, merging, seed=seed)
    answers = answer(merged, settings, seed=seed)
    claimed |= {"after": split(merged), "after_integer_codes": split(merged, encoding="integer codes")}
    found = {"after": after, "failures_after": left, "seed_claim": claimed}
    return replace(answers, report=answers.report | known | found)


def _compared(
    customers: pd.DataFrame, target: str, groups: Mapping[str, str]
) -> tuple[pd.DataFrame, list[LeftOut]]:
    """Keep the rows whose class was compared, under the name it was compared by; say which are left out."""
    named = names(customers[target])
    counts = pd.Series(named).value_counts()
    left = [
        LeftOut(name, int(counts[name]), TOO_FEW if name else f"{target} is missing")
        for name in sorted(set(named.tolist()) - set(groups))
    ]
    kept = np.isin(named, list(groups))
    if not kept.any():
        raise PersonaeError(f"column {target} holds {left[0].name!r}; compared were {', '.join(groups)}")
    return customers[kept].assign(**{target: named[kept]}).reset_index(drop=True), left


def _one_class(merged: pd.Series, known: Mapping[str, Any]) -> Answers:
    """Say that the merge leaves nothing to predict; what was found before it stays."""
    left = merged.iloc[0]
    skipped = {"skipped": f"the merge leaves one class of {merged.name}, {left}: nothing to predict"}
    told = {"target": merged.name, "classes": [left], "models": skipped, **known, "after": skipped}
    return replace(no_answers(), report=told)


def _figures(
    customers: pd.DataFrame, settings: Classify, merging: Merging, *, seed: int
) -> tuple[Figures, Failures, list[float]]:
    """Figures and failures on one set of classes; and the failing model's accuracy in every fold."""
    table = features(customers, settings.features)
    target, classes = encode_target(customers[settings.target], settings.target)
    units = units_of(settings, customers, table)
    often = settings.model_copy(update={"repeats": merging.repeats})
    folds = deal(often, customers, target, units, seed)
    plan = replace(describe(settings, table), stacks={}, nested=False)
    found = validate(table, target, folds, plan, seed=seed, workers=settings.workers)
    scored = scores.score_all(target, found.models, folds, workers=settings.workers)
    probabilities = found.models[merging.model].probabilities
    figures = Figures(
        classes=classes,
        folds=folds.count,
        repeats=folds.repeats,
        majority_accuracy=float(np.bincount(target).max() / len(target)),
        models={name: one.summary for name, one in scored.items()},
    )
    confused = failures(merging.model, target, probabilities, classes, customers["customer"])
    return figures, confused, scored[merging.model].by_fold["accuracy"].ravel().tolist()


def failures(
    model: str, target: IntArray, probabilities: FloatArray, classes: Sequence[str], customers: Sequence[Any]
) -> Failures:
    """Find the classes that are taken for each other, and the rows that are usually predicted wrongly.

    Parameters
    ----------
    target : class codes, shape (rows,)
    probabilities : out of fold, shape (repeats, rows, classes)

    Examples
    --------
    >>> found = failures("m", np.array([0, 1]), np.array([[[0.9, 0.1], [0.6, 0.4]]]), ["no", "yes"], [7, 8])
    >>> found.confusion, found.rows[0].customer
    ({'no': {'no': 1.0, 'yes': 0.0}, 'yes': {'no': 1.0, 'yes': 0.0}}, 8)
    """
    predicted = probabilities.argmax(axis=2)
    codes = range(len(classes))
    counts = np.mean([confusion_matrix(target, one, labels=codes) for one in predicted], axis=0)
    errors = counts.sum() - np.trace(counts)
    pairs = [
        Confused(classes[i], classes[j], float(both), float(both / errors) if errors else 0.0)
        for i, j in combinations(codes, 2)
        for both in [counts[i, j] + counts[j, i]]
    ]
    votes = (predicted[:, :, None] == np.arange(len(classes))).mean(axis=0)
    wrong = 1 - votes[np.arange(len(target)), target]
    others = np.where(np.arange(len(classes)) == target[:, None], -1.0, votes).argmax(axis=1)
    return Failures(
        model,
        {classes[i]: {classes[j]: float(counts[i, j]) for j in codes} for i in codes},
        tuple(sorted(pairs, key=lambda pair: -pair.rows)),
        tuple(
            Failure(customers[int(row)], classes[target[row]], classes[others[row]], float(wrong[row]))
            for row in np.flatnonzero(wrong > 0.5)
        ),
    )


def single_split(
    customers: pd.DataFrame,
    *,
    target: str,
    columns: Sequence[str],
    merging: Merging,
    encoding: Encoding = "dummies",
) -> SingleSplit:
    """Reproduce a published figure: one random split, not stratified, Random Forest with its defaults.

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
    return SingleSplit(
        recipe=(
            f"test share {merging.test_share:g}, not stratified, random_state {merging.random_state}; "
            f"RandomForestClassifier with its defaults and the same random_state; {how}"
        ),
        rows=len(hidden),
        accuracy=float((predicted == hidden).mean()),
        majority_accuracy=float((hidden == common).mean()),
        precision=dict(zip(forest.classes_, precision.tolist(), strict=True)),
        recall=dict(zip(forest.classes_, recall.tolist(), strict=True)),
    )
