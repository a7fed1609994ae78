"""Compare groups over all their columns: tests that the data allow, effects, equivalence, merge verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import narwhals as nw
import numpy as np
from narwhals.typing import IntoDataFrame

from personae.core.arrays import BoolArray
from personae.core.errors import PersonaeError
from personae.core.statistics import adjust
from personae.inference.columns import Column, design_matrix, group_names, one_row_a_unit, read_column
from personae.inference.merge import Evidence, Merge, final_groups, judge, within_pair
from personae.inference.rules import Rules
from personae.inference.twosample import TwoSample, two_sample_test
from personae.inference.variables import (
    Pair,
    Variable,
    compare_categories,
    compare_numbers,
    described,
    pair_power,
)

Members = Mapping[str, BoolArray]

FAMILIES: Mapping[str, str] = {
    "p_adjusted": "every p of `variables` and `pairs`, by `rules.correction`",
    "p_within_pair": "the p of one pair in every variable and its two_sample_p, by Holm; it decides on keep",
    "two_sample_p_adjusted": "the two_sample_p in the family of p_within_pair",
    "uncorrected": "normality, levene_p, equivalence_p (a merge asks for all), two_sample_p, segments.p",
    "depends on the other groups": "p of tukey and games-howell (corrected over all pairs) and of dunn",
}


@dataclass(frozen=True, slots=True)
class Excluded:
    """What was left out of the comparison, and why."""

    what: Literal["rows", "group", "variable"]
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that the data say about the differences of groups; `groups` maps each to its merged group.

    `families` says which p-values were corrected together; `tests` counts those over the run.
    """

    grouping: str
    sizes: Mapping[str, int]
    rules: Rules
    tests: int
    variables: Mapping[str, Variable]
    pairs: tuple[Pair, ...]
    merge: tuple[Merge, ...]
    groups: Mapping[str, str]
    descriptive: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    families: Mapping[str, str]


def compare(
    table: IntoDataFrame,
    grouping: str,
    rules: Rules,
    *,
    seed: int,
    variables: Sequence[str] | None = None,
    descriptive: Sequence[str] = (),
    unit: str | None = None,
) -> Comparison:
    """Compare the groups of a table in every column, and judge for every pair whether it may be merged.

    Parameters
    ----------
    grouping : column with the groups: a product, or segments.
    variables : columns to compare; None for all but `grouping` and `unit`.
    descriptive : columns that made the groups (clustering), or functions of them. They get effect sizes and
        intervals, no test; and where there are any, no pair gets a merge verdict.
    unit : column of the independent unit, where it has several rows; they are averaged first.

    Raises
    ------
    PersonaeError
        Fewer than two groups are left, nothing can be compared, or a column is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> miles = np.concatenate([rng.normal(size=60), rng.normal(2, 1, 60)])
    >>> shoes = pd.DataFrame({"shoe": ["a"] * 60 + ["b"] * 60, "miles": miles})
    >>> rules = Rules(0.05, "holm", "mann-whitney", 0.3, 0.6, 0.3, 5, 199, "keep")
    >>> [merge.verdict for merge in compare(shoes, "shoe", rules, seed=0).merge]
    ['keep']
    """
    columns, varying = _read(table, grouping, variables, unit)
    members, left_out = _members(columns.pop(grouping), rules.min_group)
    excluded = [Excluded("variable", name, f"changes within a {unit}") for name in varying] + left_out
    compared: dict[str, Variable] = {}
    pairs: list[Pair] = []
    for name, column in columns.items():
        usable, reason = _usable(column, members, rules.min_group)
        if reason:
            excluded.append(Excluded("variable", name, reason))
        if not usable:
            continue
        compared[name], own = _compare_column(column, usable, rules, seed)
        if name in descriptive:
            compared[name], own = described(compared[name], own)
        pairs += own
    if not compared:
        raise PersonaeError(f"{grouping}: no column is left to compare; {_told(excluded)}")
    compared, pairs = _adjust_run(compared, pairs, rules)
    merge: tuple[Merge, ...] = ()
    if not descriptive:
        merge, pairs = _verdicts(columns, varying, members, pairs, rules, seed=seed)
    return Comparison(
        grouping=grouping,
        sizes={name: int(rows.sum()) for name, rows in members.items()},
        rules=rules,
        tests=sum(not np.isnan(p) for p in _raw(compared, pairs)),
        variables=compared,
        pairs=tuple(pairs),
        merge=merge,
        groups=final_groups(list(members), merge),
        descriptive=tuple(name for name in compared if name in descriptive),
        excluded=tuple(excluded),
        families=FAMILIES,
    )


def _read(
    table: IntoDataFrame, grouping: str, variables: Sequence[str] | None, unit: str | None
) -> tuple[dict[str, Column], tuple[str, ...]]:
    """Columns of the table, one row a unit, and the names of those that change within a unit."""
    frame = nw.from_native(table, eager_only=True)
    chosen = [name for name in (variables or frame.columns) if name not in (grouping, unit)]
    wanted = [grouping, *chosen] if unit is None else [unit, grouping, *chosen]
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise PersonaeError(f"compare: no column {absent[0]} in the table; it has {', '.join(frame.columns)}")
    varying: tuple[str, ...] = ()
    if unit is not None:
        frame, varying = one_row_a_unit(frame.select(wanted), unit, grouping)
    return {name: read_column(frame, name) for name in [grouping, *chosen] if name not in varying}, varying


def _members(groups: Column, min_group: int) -> tuple[Members, list[Excluded]]:
    """Rows of each group that is large enough."""
    labels = group_names(groups)
    excluded = []
    unknown = int((labels == "").sum())
    if unknown:
        excluded.append(Excluded("rows", groups.name, f"{unknown} rows have no group"))
    members = {}
    for name in np.unique(labels[labels != ""]).tolist():
        rows = labels == name
        if rows.sum() < min_group:
            excluded.append(Excluded("group", name, f"{int(rows.sum())} rows, fewer than {min_group}"))
        else:
            members[name] = rows
    if len(members) < 2:
        found = f"{len(members)} group of at least {min_group} rows" if members else "no group large enough"
        raise PersonaeError(
            f"column {groups.name}: {found}; a comparison needs two ({_told(excluded) or 'none left out'})"
        )
    return members, excluded


def _told(excluded: Sequence[Excluded]) -> str:
    return "; ".join(f"{item.name}: {item.reason}" for item in excluded)


def _usable(column: Column, members: Members, min_group: int) -> tuple[Members, str]:
    """Groups in which a column can be compared, two at least or none, and why it cannot in the others."""
    known = {name: int((rows & column.known).sum()) for name, rows in members.items()}
    usable = {name: rows for name, rows in members.items() if known[name] >= min_group}
    reasons = [
        f"known for {known[name]} rows of {name}, fewer than {min_group}"
        for name in members
        if name not in usable
    ]
    if len(usable) < 2:
        return {}, "; ".join(reasons)
    used = column.values[column.known & np.any(list(usable.values()), axis=0)]
    distinct = len(np.unique(used))
    if distinct == 1:
        return {}, "; ".join([*reasons, "constant"])
    if column.kind == "category" and distinct == len(used):
        return {}, "; ".join([*reasons, "every row has its own value"])
    return usable, "; ".join(reasons)


def _constant(column: Column, a: BoolArray, b: BoolArray, min_group: int) -> bool:
    """Whether a column is known in both groups and has one value only: then there is nothing to test."""
    known = min((a & column.known).sum(), (b & column.known).sum()) >= min_group
    return bool(known and len(np.unique(column.values[(a | b) & column.known])) == 1)


def _compare_column(column: Column, members: Members, rules: Rules, seed: int) -> tuple[Variable, list[Pair]]:
    groups = {name: column.values[rows & column.known] for name, rows in members.items()}
    missing = sum(int((rows & ~column.known).sum()) for rows in members.values())
    study = compare_numbers if column.kind == "number" else compare_categories
    return study(column.name, groups, rules, missing=missing, seed=seed)


def _raw(compared: Mapping[str, Variable], pairs: Sequence[Pair]) -> list[float]:
    return [*(item.p for item in compared.values()), *(pair.p for pair in pairs)]


def _adjust_run(
    compared: Mapping[str, Variable], pairs: Sequence[Pair], rules: Rules
) -> tuple[dict[str, Variable], list[Pair]]:
    """Correct over every test that was made in this comparison."""
    adjusted = iter(adjust(_raw(compared, pairs), rules.correction).tolist())
    corrected = {name: replace(item, p_adjusted=next(adjusted)) for name, item in compared.items()}
    return corrected, [replace(pair, p_adjusted=next(adjusted)) for pair in pairs]


def _verdicts(
    columns: Mapping[str, Column],
    varying: Sequence[str],
    members: Members,
    pairs: Sequence[Pair],
    rules: Rules,
    *,
    seed: int,
) -> tuple[tuple[Merge, ...], list[Pair]]:
    """Judge every pair of groups; the pairs come back with their p-values corrected within the pair."""
    verdicts, corrected = [], []
    for number, (a, b) in enumerate(combinations(members, 2)):
        own = [pair for pair in pairs if (pair.a, pair.b) == (a, b)]
        tested = {pair.variable: columns[pair.variable] for pair in own}
        rest = [column for name, column in columns.items() if name not in tested]
        untested = [
            column.name for column in rest if not _constant(column, members[a], members[b], rules.min_group)
        ]
        part = np.random.SeedSequence([seed, number])
        classifier = _tell_apart(list(tested.values()), members[a], members[b], rules, part)
        level = rules.alpha / max(1, len(own) + (classifier is not None))
        own = [
            replace(pair, power_within_pair=_power(pair, tested[pair.variable], members, rules, level))
            for pair in own
        ]
        evidence = [
            Evidence(pair.variable, pair.p, pair.equivalence_p, pair.power, pair.power_within_pair)
            for pair in own
        ]
        verdicts.append(judge((a, b), evidence, classifier, rules, [*untested, *varying]))
        p_values, _ = within_pair([pair.p for pair in own], classifier)
        corrected += [replace(pair, p_within_pair=p) for pair, p in zip(own, p_values, strict=True)]
    return tuple(verdicts), corrected


def _power(pair: Pair, column: Column, members: Members, rules: Rules, level: float) -> float:
    """Power where this column alone differs: Holm's first step asks for the smallest p at this level."""
    if pair.test is None:
        return float("nan")
    a, b = (column.values[members[name] & column.known] for name in (pair.a, pair.b))
    return pair_power(pair.test, a, b, rules.power_effect, level)


def _tell_apart(
    columns: Sequence[Column],
    a: BoolArray,
    b: BoolArray,
    rules: Rules,
    seed: np.random.SeedSequence,
) -> TwoSample | None:
    """Two-sample test on the rows that are complete in every column; None if a group has too few of them."""
    complete = np.all([np.ones(len(a), dtype=bool), *(column.known for column in columns)], axis=0)
    if not columns or min((a & complete).sum(), (b & complete).sum()) < rules.min_group:
        return None
    rows = (a | b) & complete
    return two_sample_test(design_matrix(columns, rows), b[rows], seed=seed, permutations=rules.permutations)
