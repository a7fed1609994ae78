"""Views of one column that ordered values hide: levels, remainders, grain, letters, neighbours, steps."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.response import metrics
from personae.response.relations import MAX_LEVELS, Relation, coded, levels_of

# Of these every remainder by a divisor follows, by the days of a week and hours and minutes, too.
REMAINDERS = (7, 9, 10, 11, 13, 16, 24, 60, 100)
# What a number is a multiple of, the coarsest first; those beyond are of float32 and the like.
GRAINS = (1000, 500, 100, 50, 10, 5, 1, 0.5, 0.25, 0.1, 0.05, 0.01, 0.005, 0.001, 1e-4, 1e-5, 1e-6)
TOKENS = 30
FREQUENT = 0.02
# Share of distinct values from which a column numbers its rows, and rank correlation of a running count.
NUMBERS_ROWS = 0.9
RUNS_ALONG = 0.95


def faces(table: pd.DataFrame) -> Iterator[Relation]:
    """Levels, remainders and letters of each column."""
    for name in table:
        column, values = (str(name),), table[name]
        levels = levels_of(values)
        if not pd.api.types.is_numeric_dtype(values):
            yield "levels", column, levels
            if levels.max() >= MAX_LEVELS:
                yield from ((how, column, codes) for how, codes in _written(values.astype(str)))
            continue
        if levels.max() < len(values) / 2:
            yield "levels", column, levels
        known = values.dropna()
        if len(known) and (known % 1 == 0).all():
            several = [m for m in REMAINDERS if m == 10 or len(np.unique(known)) > 2 * m]
            yield from ((f"remainder by {m}", column, levels_of(values % m)) for m in several)
        else:
            yield "cents", column, coded(((values * 100).round() % 100).to_numpy(float))
        yield "grain", column, grain(values.to_numpy(float))
    empty = (table.isna() | (table == "missing")).sum(axis=1)
    yield "number of empty cells", (), levels_of(empty)


def grain(values: FloatArray) -> IntArray:
    """Number of the coarsest step that each value is a multiple of; missing has its own.

    Examples
    --------
    >>> [GRAINS[step] for step in grain(np.array([3000.0, 12.0, 0.75]))]
    [1000, 1, 0.25]
    """
    codes = np.full(len(values), len(GRAINS), dtype=np.intp)
    for number, step in reversed([*enumerate(GRAINS)]):
        times = values / step
        codes[np.abs(times - np.round(times)) < 1e-6] = number
    return np.where(np.isfinite(values), codes, len(GRAINS) + 1)


def finer(table: pd.DataFrame) -> Iterator[tuple[str, str, BoolArray]]:
    """Rows whose number is written more finely than a step, by column and step."""
    for name in table.select_dtypes("number"):
        codes = grain(table[name].to_numpy(float))
        for code in np.unique(codes[codes < len(GRAINS)]):
            yield str(name), f"no multiple of {GRAINS[code]:g}", (codes > code) & (codes <= len(GRAINS))


def _written(words: pd.Series) -> Iterator[tuple[str, IntArray]]:
    """How words are written, and which of their parts are frequent."""
    codes, distinct = pd.factorize(words)
    texts = [str(text) for text in distinct]
    parts = [frozenset(re.findall(r"\w+", text.lower())) for text in texts]
    views = {
        "first letter": [text[:1] for text in texts],
        "last letter": [text[-1:] for text in texts],
        "length": [len(text) for text in texts],
        "number of digits": [sum(map(str.isdigit, text)) for text in texts],
        "pattern": [_pattern(text) for text in texts],
    }
    for how, seen in views.items():
        yield how, levels_of(pd.Series(seen))[codes]
    counts = pd.Series([part for own in parts for part in own]).value_counts()
    for part in counts.index[:TOKENS]:
        holds = np.array([part in own for own in parts])[codes]
        if FREQUENT < holds.mean() < 1 - FREQUENT:
            yield f"holding {part!r}", holds.astype(np.intp)


def _pattern(text: str) -> str:
    """Letters, capitals and digits as signs, repetitions once.

    Examples
    --------
    >>> _pattern("AB-12 x")
    'A-9 a'
    """
    signs = re.sub(r"\d+", "9", text)
    signs = "".join("9" if s == "9" else "A" if s.isupper() else "a" if s.isalpha() else s for s in signs)
    return re.sub(r"(.)\1+", r"\1", signs)


def neighbours_auc(values: FloatArray, target: IntArray, folds: IntArray) -> float:
    """ROC AUC of the answers of the two nearest rows on each side, of other folds; 0 if values repeat.

    Numbers that were given to one answer after the other tell it in short runs that no bin resolves.
    """
    known = np.flatnonzero(np.isfinite(values))
    if len(np.unique(values[known])) < NUMBERS_ROWS * len(values):
        return 0.0
    order = known[np.argsort(values[known], kind="stable")]
    classes = np.eye(int(target.max()) + 1)[target]
    given = np.tile(classes.mean(axis=0), (len(target), 1))
    for fold in np.unique(folds):
        others = order[folds[order] != fold]
        mine = order[folds[order] == fold]
        place = np.searchsorted(values[others], values[mine])
        for step in (-2, -1, 0, 1):
            given[mine] += classes[others[np.clip(place + step, 0, len(others) - 1)]]
    return metrics.ranking(target, given / given.sum(axis=1, keepdims=True), "roc_auc")


def steps(table: pd.DataFrame) -> Iterator[Relation]:
    """Steps of running counts from row to row, in the order of the file and of columns that number rows."""
    numeric = table.select_dtypes("number")
    numeric = numeric.loc[:, numeric.nunique() > MAX_LEVELS]
    place = pd.Series(np.arange(len(table), dtype=float), index=table.index)
    orders = {"the file": place} | {
        str(name): numeric[name] for name in numeric if numeric[name].nunique() >= NUMBERS_ROWS * len(table)
    }
    for by, ordered in orders.items():
        ranks = ordered.rank()
        along = np.argsort(ordered.to_numpy(float), kind="stable")
        for name in numeric:
            if abs(numeric[name].rank().corr(ranks)) < RUNS_ALONG:
                continue
            gaps = np.diff(numeric[name].to_numpy(float)[along])
            for how, padded in (("before", (np.nan, *gaps)), ("after", (*gaps, np.nan))):
                step = np.empty(len(table))
                step[along] = padded
                columns = dict.fromkeys([str(name), *([by] if by in orders and by != "the file" else [])])
                yield (
                    f"step to the row {how}, in the order of {by},",
                    tuple(columns),
                    coded(np.round(step, 9)),
                )
