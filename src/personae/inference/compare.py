"""Compare groups over all their columns: tests that the data allow, effects, equivalence, merge verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from personae.core.errors import PersonaeError
from personae.core.statistics import Correction, adjust
from personae.inference.agreement import agreement
from personae.inference.explained import explained
from personae.inference.members import NothingToCompareError, left_out_row, members_of, told
from personae.inference.merge import final_groups, judge_pairs
from personae.inference.probabilities import SCHEMA, probabilities
from personae.inference.settings import Compare, ComparisonCriteria
from personae.inference.values import (
    Members,
    Table,
    Values,
    known,
    one_row_a_unit,
    read_column,
    read_groups,
    usable_groups,
)
from personae.inference.variables import Row, compare_column, described

SEGMENT = "segment"
# R2 on the columns that made the segments from which a column is theirs, and from which it is said.
FUNCTION_R2, NOTED_R2 = 0.95, 0.5

FAMILIES: Mapping[str, str] = {
    "p_adjusted": "every p of `variables` and `pairs`, by `rules.correction`",
    "p_within_pair": "the p of one pair in every variable and its two_sample_p, by Holm; it decides on keep",
    "two_sample_p_adjusted": "the two_sample_p in the family of p_within_pair",
    "uncorrected": "normality, levene_p, equivalence_p (a merge asks for all), two_sample_p, segments.p",
    "depends on the other groups": "p of tukey and games-howell (corrected over all pairs) and of dunn",
}


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """All that the data say about the differences of groups; the contents of `compare.json`.

    Attributes
    ----------
    sizes : rows of each group.
    rules : by which it was compared.
    tests, families : how many tests were made, and which p-values were corrected together.
    variables : a row for each column over all groups, see `variables.compare_column`.
    pairs : a row for each column and pair of groups.
    merge : a row with the verdict on each pair of groups, see `merge.judge`.
    groups : the merged group of each group.
    descriptive : columns that were described and not tested.
    explained : R2 of other columns on those that made the segments, above .5; above .95 they are described.
    excluded : `what` was left out, by `name` and `reason`.
    segments : agreement of a given grouping with the segments; None where the segments are the grouping.
    probabilities : rows of the declared tables, see `probabilities.probabilities`.
    """

    grouping: str
    sizes: dict[str, int]
    rules: ComparisonCriteria
    tests: int
    variables: pd.DataFrame
    pairs: pd.DataFrame
    merge: pd.DataFrame
    groups: dict[str, str]
    descriptive: list[str]
    explained: dict[str, float]
    excluded: list[Row]
    families: Mapping[str, str]
    segments: dict[str, Any] | None = None
    probabilities: pl.DataFrame = field(default_factory=pl.DataFrame)

    def report(self) -> dict[str, Any]:
        """Give the contents of `compare.json`."""
        report = {each.name: getattr(self, each.name) for each in fields(self)}
        del report["probabilities"]
        return {
            **report,
            "rules": self.rules.model_dump(),
            "variables": self.variables.to_dict("index"),
            "pairs": self.pairs.to_dict("records"),
            "merge": self.merge.to_dict("records"),
        }


def compare_customers(
    customers: Table,
    segments: Table,
    settings: Compare,
    *,
    made_by: Sequence[str] = (),
    observed: Table | None = None,
    imputed_from: Mapping[str, Sequence[str]] | None = None,
    seed: int,
) -> GroupComparison:
    """Compare the given groups of a study, or else its segments.

    Parameters
    ----------
    customers : completed customer table.
    segments : `segment` of each customer, rows in the same order; negative for customers in none.
    made_by : columns that made the segments: where these are the groups, described and never tested.
    observed : the customers before imputation, in the same order: cells that they lack are left out.
    imputed_from : predictors of the columns whose gaps a method filled; where one of them made the segments,
        the column is described and never tested.

    Raises
    ------
    PersonaeError
        As `compare_groups` and `probabilities` do, or if there is not one segment a customer.
    """
    customers, segments = pl.DataFrame(customers), pl.DataFrame(segments)
    if len(segments) != len(customers):
        raise PersonaeError(f"{len(segments)} segments for {len(customers)} customers: segment them again")
    customers, filled = _observed(customers, None if observed is None else pl.DataFrame(observed))
    circular = [name for name, used in (imputed_from or {}).items() if set(used) & set(made_by)]
    labels = np.where(segments[SEGMENT].fill_null(-1) < 0, "", read_groups(segments, SEGMENT))
    grouping = settings.grouping or SEGMENT
    if settings.grouping is None:
        customers = customers.with_columns(pl.Series(SEGMENT, labels))
    try:
        comparison = compare_groups(
            customers,
            grouping,
            settings.rules,
            seed=seed,
            variables=settings.variables,
            descriptive=()
            if settings.grouping
            else [*dict.fromkeys([*made_by, *settings.descriptive, *circular])],
            unit=settings.unit,
        )
    except NothingToCompareError as error:
        # That there are no groups is an answer: the later stages say so.
        comparison = _nothing(read_groups(customers, grouping), grouping, settings, str(error))
    agreed = None if settings.grouping is None else _agreed(read_groups(customers, grouping), labels, seed)
    tables = settings.probabilities
    rows = pl.DataFrame(schema=SCHEMA)
    if tables is not None:
        rows = probabilities(customers, tables.pairs, tables.bins, small_n=tables.small_n)
    counted = comparison.variables.assign(
        filled=[filled.get(str(name), 0) for name in comparison.variables.index]
    )
    return replace(comparison, variables=counted, segments=agreed, probabilities=rows)


def _agreed(given: Values, labels: Values, seed: int) -> Row | None:
    """Agreement of given groups with segments; None where one of them is a single group."""
    both = (given != "") & (labels != "")
    several = min(len(np.unique(each[both])) for each in (given, labels)) > 1
    return agreement(given[both], labels[both], seed) if several else None


def _nothing(labels: Values, grouping: str, settings: Compare, reason: str) -> GroupComparison:
    """Comparison of groups that are none, or too few, with the reason."""
    names, sizes = np.unique(labels[labels != ""], return_counts=True)
    empty = pd.DataFrame()
    return GroupComparison(
        grouping=grouping,
        sizes=dict(zip(names.tolist(), sizes.tolist(), strict=True)),
        rules=settings.rules,
        tests=0,
        variables=empty,
        pairs=empty,
        merge=empty,
        groups={name: name for name in names.tolist()},
        descriptive=[],
        explained={},
        excluded=[left_out_row("comparison", grouping, reason)],
        families=FAMILIES,
    )


def _observed(customers: pl.DataFrame, observed: pl.DataFrame | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """Leave out the cells that were filled, and count them by column.

    Raises
    ------
    PersonaeError
        If the tables are not of the same customers.
    """
    if observed is None:
        return customers, {}
    if observed.height != customers.height:
        raise PersonaeError(
            f"{customers.height} imputed customers of {observed.height}: impute the table again"
        )
    both = [name for name in observed.columns if name in customers.columns]
    gaps = {name: observed[name].is_null() & customers[name].is_not_null() for name in both}
    filled = {name: int(gap.sum()) for name, gap in gaps.items() if gap.any()}
    return customers.with_columns(observed[name] for name in both), filled


def predictors_used(imputation: Mapping[str, Any]) -> dict[str, list[str]]:
    """Predictors of each column of which a method filled gaps, from `impute.json`.

    Examples
    --------
    >>> column = {"unseen": {"predictors": ["b"]}}
    >>> predictors_used({"columns": {"a": column}, "treated": {"a": {"impute": 3}}})
    {'a': ['b']}
    """
    return {
        name: list(column["unseen"]["predictors"])
        for name, column in imputation["columns"].items()
        if imputation["treated"].get(name, {}).get("impute")
    }


def compare_groups(
    table: Table,
    grouping: str,
    rules: ComparisonCriteria | None = None,
    *,
    seed: int = 0,
    variables: Sequence[str] = (),
    descriptive: Sequence[str] = (),
    unit: str | None = None,
) -> GroupComparison:
    """Compare the groups of a table in every column, and judge for every pair whether it may be merged.

    Parameters
    ----------
    grouping : column with the groups: a product, or segments.
    rules : levels, margins and choices; None for the defaults.
    variables : columns to compare; none for all but `grouping` and `unit`.
    descriptive : columns that made the groups (clustering), or functions of them. They, and columns that they
        predict nearly fully (`explained`), get effect sizes and intervals, no test, and pairs no verdict.
    unit : column of the independent unit, where it has several rows; they are averaged first.

    Raises
    ------
    PersonaeError
        Fewer than two groups are left, nothing can be compared, or a column is not there.

    Examples
    --------
    >>> shoes = pl.DataFrame({"shoe": ["a"] * 60 + ["b"] * 60, "miles": np.arange(120)})
    >>> compare_groups(shoes, "shoe").merge["verdict"].tolist()
    ['keep']
    """
    rules = rules or ComparisonCriteria()
    columns, varying, labels = _read(pl.DataFrame(table), grouping, variables, descriptive, unit)
    columns, theirs = _explained(columns, variables, descriptive, seed=seed)
    descriptive = [*descriptive, *(name for name, r2 in theirs.items() if r2 > FUNCTION_R2)]
    members, left_out = members_of(labels, grouping, rules.min_group)
    compared, pairs, reasons = _compare_columns(columns, members, descriptive, rules, seed=seed)
    changing = [left_out_row("variable", name, f"changes within a {unit}") for name in varying]
    excluded = changing + left_out + reasons
    if not compared:
        raise NothingToCompareError(f"{grouping}: no column is left to compare; {told(excluded)}")
    merge: list[Row] = []
    if not descriptive:
        pairs.sort(key=lambda row: (row["a"], row["b"]))
        merge = judge_pairs(columns, varying, members, pairs, rules, seed=seed)
    return GroupComparison(
        grouping=grouping,
        sizes={name: int(rows.sum()) for name, rows in members.items()},
        rules=rules,
        tests=_adjust([*compared.values(), *pairs], rules.correction),
        variables=pd.DataFrame.from_dict(compared, orient="index"),
        pairs=pd.DataFrame(pairs),
        merge=pd.DataFrame(merge),
        groups=final_groups(list(members), merge),
        descriptive=[name for name in compared if name in descriptive],
        explained={name: r2 for name, r2 in theirs.items() if r2 > NOTED_R2},
        excluded=excluded,
        families=FAMILIES,
    )


def _adjust(tested: list[Row], correction: Correction) -> int:
    """Add `p_adjusted` to rows, over all of them together, and count the tests."""
    for row, p in zip(tested, adjust([row["p"] for row in tested], correction).tolist(), strict=True):
        row["p_adjusted"] = p
    return sum(not np.isnan(row["p"]) for row in tested)


def _compare_columns(
    columns: Mapping[str, Values],
    members: Members,
    descriptive: Sequence[str],
    rules: ComparisonCriteria,
    *,
    seed: int,
) -> tuple[dict[str, Row], list[Row], list[Row]]:
    """Rows of `variables` by name, rows of `pairs`, and what was left out."""
    compared: dict[str, Row] = {}
    pairs: list[Row] = []
    excluded: list[Row] = []
    for name, values in columns.items():
        usable, reason = usable_groups(values, members, rules.min_group)
        if reason:
            excluded.append(left_out_row("variable", name, reason))
        if not usable:
            continue
        present = known(values)
        groups = {group: values[rows & present] for group, rows in usable.items()}
        missing = sum(int((rows & ~present).sum()) for rows in usable.values())
        compared[name], own = compare_column(name, groups, rules, missing=missing, seed=seed)
        if name in descriptive:
            compared[name], own = described(compared[name], own)
        pairs += own
    return compared, pairs, excluded


def _read(
    table: pl.DataFrame,
    grouping: str,
    variables: Sequence[str],
    descriptive: Sequence[str],
    unit: str | None,
) -> tuple[dict[str, Values], list[str], Values]:
    """Columns of the table, one row a unit; names of those that change within a unit; group of each row."""
    made_by = [name for name in descriptive if name in table.columns] if variables else []
    chosen = [
        name
        for name in dict.fromkeys([*(variables or table.columns), *made_by])
        if name not in (grouping, unit)
    ]
    wanted = [grouping, *chosen] if unit is None else [unit, grouping, *chosen]
    absent = [name for name in wanted if name not in table.columns]
    if absent:
        raise PersonaeError(f"compare: no column {absent[0]} in the table; it has {', '.join(table.columns)}")
    varying: list[str] = []
    if unit is not None:
        table, varying = one_row_a_unit(table.select(wanted), unit, grouping)
    columns = {name: read_column(table, name) for name in chosen if name not in varying}
    return (
        columns,
        [name for name in varying if not variables or name in variables],
        read_groups(table, grouping),
    )


def _explained(
    columns: dict[str, Values], variables: Sequence[str], descriptive: Sequence[str], *, seed: int
) -> tuple[dict[str, Values], dict[str, float]]:
    """Columns to compare, and R2 of those that are not declared as descriptive on those that are."""
    space = [values for name, values in columns.items() if name in descriptive]
    columns = {name: values for name, values in columns.items() if not variables or name in variables}
    others = {name: values for name, values in columns.items() if name not in descriptive}
    return columns, explained(space, others, seed=seed) if space else {}
