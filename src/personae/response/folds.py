"""Folds: grouped, stratified and repeated, or blocks of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedKFold

from personae.core.arrays import IntArray
from personae.core.copies import same_customers
from personae.core.errors import PersonaeError

LEAST_FOLDS = 3
ROWS_A_FOLD = 5


@dataclass(frozen=True, slots=True)
class Folds:
    """Assignment of rows to folds, and which rows may teach about which.

    `assignment` has shape (repeats, rows) and holds fold numbers from 0. Without `ready` a fold is predicted
    from all others; with it (time) from the rows whose answer is known when the fold begins: `ready` holds,
    for each row, the first fold that it may teach about.
    """

    assignment: IntArray
    count: int
    ready: IntArray | None = None

    @property
    def forward(self) -> bool:
        """Whether folds follow each other in time."""
        return self.ready is not None

    @property
    def repeats(self) -> int:
        """Number of times the rows were dealt into folds."""
        return len(self.assignment)

    @property
    def outer(self) -> tuple[int, ...]:
        """Test folds; with `forward`, the first three only train and select."""
        return tuple(range(3 if self.forward else 0, self.count))

    def inner(self, test: int) -> tuple[int, ...]:
        """Inner folds of the training set of fold `test`."""
        return tuple(range(1, test)) if self.forward else tuple(k for k in range(self.count) if k != test)

    def fits(self, nested: bool) -> tuple[tuple[int, ...], ...]:
        """Sets of folds held out of a fit and predicted by it.

        Cross-validation inside every training set needs each pair of folds left out once: the model without
        folds i and j is the inner model of both. Forward in time the inner models are the earlier outer ones.
        """
        if self.forward:
            return tuple((k,) for k in range(1, self.count))
        singles = tuple((k,) for k in range(self.count))
        pairs = tuple((i, j) for i in range(self.count) for j in range(i + 1, self.count))
        return singles + pairs if nested else singles

    def inner_fit(self, test: int, inner: int) -> tuple[int, ...]:
        """The fit that predicts fold `inner` without knowing fold `test`."""
        return (inner,) if self.forward else (min(test, inner), max(test, inner))

    def rows(self, repeat: int, left_out: Sequence[int]) -> tuple[IntArray, IntArray]:
        """Return the training and the predicted rows of one fit."""
        predicted = np.isin(self.assignment[repeat], left_out)
        train = ~predicted if self.ready is None else self.ready <= min(left_out)
        return np.flatnonzero(train), np.flatnonzero(predicted)

    def taught(self, repeat: int, test: int, inner: int) -> IntArray:
        """Rows of an inner fold with known answers when `test` begins."""
        known = self.assignment[repeat] == inner
        return np.flatnonzero(known if self.ready is None else known & (self.ready <= test))

    @property
    def test_share(self) -> float:
        """Mean share of test rows among a scored fold's rows."""
        splits = [self.rows(0, (k,)) for k in self.outer]
        return float(np.mean([len(test) / (len(train) + len(test)) for train, test in splits]))


def identical_rows(table: pd.DataFrame) -> IntArray:
    """Number customers; equal rows are one where coincidence is improbable.

    A missing value is equal to itself. See `core.copies.same_customers`.

    Examples
    --------
    >>> fine = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)))
    >>> len(np.unique(identical_rows(pd.concat([fine, fine[:4]]))))
    20
    >>> len(np.unique(identical_rows(pd.DataFrame({"sex": ["m", "f"] * 10}))))
    20
    """
    return same_customers(value_codes(table))


def value_codes(table: pd.DataFrame) -> IntArray:
    """Number the values of every column, missing included, shape (rows, columns).

    Examples
    --------
    >>> value_codes(pd.DataFrame({"a": [1, 2, 1], "b": [None, 3.0, None]})).tolist()
    [[0, 0], [1, 1], [0, 0]]
    """
    return np.column_stack([pd.factorize(table[column], use_na_sentinel=False)[0] for column in table])


def merged_groups(a: IntArray, b: IntArray) -> IntArray:
    """Join two groupings into their connected components.

    Examples
    --------
    >>> merged_groups(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])).tolist()
    [0, 0, 0, 1]
    """
    size = int(max(a.max(), b.max())) + 1
    links = coo_array((np.ones(len(a)), (a, b + size)), shape=(2 * size, 2 * size))
    label = connected_components(links, directed=False)[1][a]
    return np.asarray(pd.factorize(label)[0], dtype=np.intp)


def fold_count(target: IntArray, groups: IntArray, most: int) -> int:
    """Folds that leave five groups of the rarest class in each, from 3 to those asked for.

    More folds than the rarest class has groups stay as they are, to be refused.

    Examples
    --------
    >>> fold_count(np.array([0] * 80 + [1] * 20), np.arange(100), 5)
    4
    """
    rarest = min(len(np.unique(groups[target == answer])) for answer in np.unique(target))
    return most if rarest < most else min(most, max(LEAST_FOLDS, rarest // ROWS_A_FOLD))


def grouped_folds(target: IntArray, groups: IntArray, *, folds: int, repeats: int, seed: int) -> Folds:
    """Repeated grouped folds, stratified by each group's most frequent class.

    Parameters
    ----------
    target : class codes from 0, shape (rows,)
    groups : group of each row; a group is never split
    folds, repeats : at least 2 and at least 1
    seed : of the dealing

    Raises
    ------
    PersonaeError
        If there is one class only, or a class has fewer groups than there are folds.

    Examples
    --------
    >>> target = np.array([0, 0, 1, 1, 0, 1]); groups = np.array([0, 0, 1, 1, 2, 3])
    >>> dealt = grouped_folds(target, groups, folds=2, repeats=1, seed=0).assignment[0]
    >>> dealt[0] == dealt[1], dealt[2] == dealt[3], sorted(dealt[[0, 4]].tolist())
    (np.True_, np.True_, [0, 1])
    """
    _, member = np.unique(groups, return_inverse=True)
    counts = np.zeros((member.max() + 1, target.max() + 1))
    np.add.at(counts, (member, target), 1)
    stratum = counts.argmax(axis=1)
    check_classes(stratum, folds)
    assignment = np.empty((repeats, len(target)), dtype=np.intp)
    for repeat, state in enumerate(np.random.SeedSequence(seed).generate_state(repeats)):
        dealer = StratifiedKFold(folds, shuffle=True, random_state=int(state))
        for number, (_, test) in enumerate(dealer.split(stratum, stratum)):
            assignment[repeat, np.isin(member, test)] = number
    return Folds(assignment, folds)


def time_folds(
    target: IntArray,
    time: npt.NDArray[np.generic],
    *,
    folds: int,
    known: npt.NDArray[np.generic] | None = None,
) -> Folds:
    """Cut rows into consecutive, about equally large blocks of time.

    A block is predicted from rows whose answer was known before the block begins; the first three blocks are
    not scored, so at least five are needed.

    Parameters
    ----------
    time : of each row
    known : time at which the answer of each row is known; at the row's own time by default

    Raises
    ------
    PersonaeError
        If there are fewer than five blocks, or a block lacks a class, itself or in what may teach about it.

    Examples
    --------
    >>> dealt = time_folds(np.array([0, 1] * 10), np.arange(20), folds=5, known=np.arange(20) + 1)
    >>> dealt.assignment[0, :8].tolist(), dealt.ready[:8].tolist()
    ([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 1, 2, 2, 2, 2, 3])
    """
    times, place, counts = np.unique(time, return_inverse=True, return_counts=True)
    if folds < 5 or len(times) < folds:
        raise PersonaeError(
            f"{folds} folds forward in time from {len(times)} distinct times: "
            "5 folds are the least, and each needs times of its own"
        )
    block = _even(counts, folds)[place]
    classes = len(np.unique(target))
    check_classes(target, folds)
    if any(len(np.unique(target[block == k])) < classes for k in range(folds)):
        raise PersonaeError(f"one of {folds} blocks of time lacks a class of the target: take fewer folds")
    begins = np.array([time[block == k].min() for k in range(folds)])
    ready = np.searchsorted(begins, time if known is None else known, side="right")
    if any(len(np.unique(target[ready <= k])) < classes for k in range(1, folds)):
        raise PersonaeError(
            f"what is known before one of {folds} blocks of time begins lacks a class of the target: "
            "take fewer folds"
        )
    return Folds(np.asarray(block, dtype=np.intp)[None, :], folds, np.asarray(ready, dtype=np.intp))


def _even(counts: IntArray, blocks: int) -> IntArray:
    """Number consecutive groups so that blocks share the rows evenly."""
    ends = np.cumsum(counts)
    number = np.zeros(len(counts), dtype=np.intp)
    first, done = 0, 0
    for left in range(blocks, 1, -1):
        goal = done + (ends[-1] - done) / left
        possible = ends[first : len(ends) - left + 1]
        first += int(np.abs(possible - goal).argmin()) + 1
        done = int(ends[first - 1])
        number[first:] += 1
    return number


def check_classes(target: IntArray, folds: int) -> None:
    """Refuse a target that cannot be dealt into folds."""
    _, counts = np.unique(target, return_counts=True)
    if len(counts) < 2:
        raise PersonaeError("the target has one class only: a response model needs at least two")
    if counts.min() < folds:
        raise PersonaeError(
            f"a class of the target has {counts.min()} distinct customers, fewer than {folds} folds: "
            "take fewer (classify.folds), merge classes, or leave the target out: segments need none"
        )
