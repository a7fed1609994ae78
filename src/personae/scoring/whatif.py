"""What if a customer were another: inputs change, and all that follows from them is computed again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from personae.core.errors import PersonaeError
from personae.scoring.batch import file_format
from personae.scoring.reasons import MOST_REASONS
from personae.scoring.scorer import Scorer
from personae.sources.files import TableFile
from personae.sources.gathered import rows
from personae.sources.pieces import read_pieces
from personae.sources.values import identifiers, labels, plain_number


@dataclass(frozen=True, slots=True)
class Case:
    """A customer by inputs that can be changed.

    Attributes
    ----------
    row
        One row of text: of the study's own file where each row there is a customer, else prepared.
    inputs
        Columns that can be changed.
    raw
        Whether the row is of the study's own file, so that what is derived from it follows.
    """

    row: TableFile
    inputs: tuple[str, ...]
    raw: bool

    def changed(self, cells: Mapping[str, str]) -> "Case":
        """The same customer with other cells; an empty one is missing."""
        table = self.row.table.with_columns(
            pl.lit(cell.strip() or None, pl.String).alias(name) for name, cell in cells.items()
        )
        return replace(self, row=replace(self.row, table=table))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a study answers for a case.

    Attributes
    ----------
    scores
        The row that `Scorer.score` gives, by column.
    prepared
        The row that the fitted parts read; empty where the case has a problem.
    """

    scores: Mapping[str, Any]
    prepared: Mapping[str, Any]

    def told(self) -> list[str]:
        """Say in words what is answered, a sentence each without its full stop."""
        found = self.scores
        if found["problem"]:
            return [found["problem"][:1].upper() + found["problem"][1:]]
        said = [
            f"segment {found['segment']}" + (f": {found['segment_name']}" if found["segment_name"] else "")
        ]
        said += ["far from every segment"] if found["far"] else []
        said += [f"margin {found['margin']:.2f} (0 at the border, 1 at the centre)"]
        if found["probability"] is not None:
            said += [
                f"probability {found['probability']:.1%}"
                + (f" of {found['predicted']}" if found["predicted"] else "")
            ]
        said += [] if found["decision"] == "none" else [f"decision: {found['decision']}"]
        reasons = [found[f"reason_{place}"] for place in range(1, MOST_REASONS + 1)]
        why = f"mostly for {', '.join(filter(None, reasons))}" if any(reasons) else ""
        return [*(part[:1].upper() + part[1:] for part in filter(None, [*said, why]))]


def what_follows(before: Outcome, after: Outcome, changed: Collection[str]) -> list[tuple[str, Any, Any]]:
    """Columns that differ though they are none of those that were changed: name, value before and after.

    Examples
    --------
    >>> what_follows(Outcome({}, {"age": 30, "total": 5}), Outcome({}, {"age": 31, "total": 9}), {"age"})
    [('total', 5, 9)]
    """
    return [
        (name, before.prepared.get(name), value)
        for name, value in after.prepared.items()
        if name not in {*changed, "flags"} and value != before.prepared.get(name)
    ]


def find_case(
    scorer: Scorer, given: Sequence[Path], customers: pl.DataFrame, customer: str = ""
) -> Case | None:
    """Find a customer, or describe a typical one.

    Parameters
    ----------
    given
        The study's own files.
    customers
        As the stages complete them; looked at where a customer takes several rows or files.
    customer
        Identifier, or number of the row where the file has none; empty: a typical one.

    Returns
    -------
    None where there is no such customer.
    """
    if not hasattr(scorer.preparation, "apply"):
        return _prepared_case(scorer, customers, customer)
    identifier, answer, before = scorer.preparation.identifier, scorer.preparation.answer, 0
    inputs = tuple(name for name in scorer.raw_columns or () if name not in (identifier, answer))
    for piece in (each for path in given for each in read_pieces(path, **file_format(scorer))):
        if not customer:
            return Case(_typical(piece), inputs, raw=True)
        if identifier:
            found = (identifiers(piece.table[identifier]) == customer).arg_true().to_list()
        else:
            found = [int(customer) - 1 - before] if customer.isdecimal() else []
        if found and 0 <= found[0] < piece.table.height:
            return Case(_as_text(rows(piece, found[0], found[0] + 1)), inputs, raw=True)
        before += piece.table.height
    return None


def answer_case(scorer: Scorer, case: Case) -> Outcome:
    """Score a case, with reasons, and say what was read; a cell that does not fit is its problem."""
    if not case.raw:
        scores = scorer.score_prepared(case.row.table, reasons=MOST_REASONS).row(0, named=True)
        cells = {} if scores["problem"] else case.row.table.row(0, named=True)
        words = {name for name, value in scorer.parts.typical.items() if isinstance(value, str)} | {
            "customer"
        }
        return Outcome(
            scores,
            {name: cell if name in words or cell is None else float(cell) for name, cell in cells.items()},
        )
    scores = scorer.score(case.row, reasons=MOST_REASONS).row(0, named=True)
    answer = scorer.preparation.answer
    file = replace(case.row, table=case.row.table.drop(answer or (), strict=False))
    try:
        prepared = scorer.preparation.apply(file).row(0, named=True)
    except PersonaeError:  # said by the scores
        prepared = {}
    return Outcome(scores, prepared)


def outside(prepared: Mapping[str, Any], ranges: Mapping[str, tuple[float, float]]) -> list[str]:
    """Name the columns whose number lies outside of its range.

    Examples
    --------
    >>> outside({"age": 120, "income": None, "home": "flat"}, {"age": (18, 90), "income": (0, 9)})
    ['age']
    """
    given = {name: cell for name, cell in prepared.items() if name in ranges and cell is not None}
    return [name for name, cell in given.items() if not ranges[name][0] <= cell <= ranges[name][1]]


def _prepared_case(scorer: Scorer, customers: pl.DataFrame, customer: str) -> Case | None:
    typical, own = scorer.parts.typical, scorer.parts.placing
    typical = {name: typical[name] for name in own} if scorer.parts.settings.early else typical
    one = (
        customers.head(0)
        if not customer
        else customers.filter(pl.col("customer").cast(pl.String) == customer)
    )
    if customer and not one.height:
        return None
    known = {} if not customer else one.row(0, named=True)
    cells = {"customer": customer or "typical"} | {
        name: known.get(name, value) for name, value in typical.items()
    }
    table = pl.DataFrame([labels(pl.Series(name, [cell])).cast(pl.String) for name, cell in cells.items()])
    return Case(TableFile(Path("customers"), table, range(1, 2)), tuple(typical), raw=False)


def _typical(piece: TableFile) -> TableFile:
    """One row: of numbers the cell in the middle, of other cells the most frequent one."""
    chosen = []
    for cells in _as_text(piece).table:
        given = cells.drop_nulls()
        values = given.to_frame("cell").select(plain_number(pl.col("cell"))).to_series()
        if not values.null_count() and len(values):
            chosen.append(given.gather([values.arg_sort()[len(values) // 2]]))
        else:
            counted = given.value_counts().sort("count", cells.name, descending=[True, False])
            chosen.append(counted[cells.name].head(1).extend_constant(None, 1)[:1])
    return replace(piece, table=pl.DataFrame(chosen), lines=piece.lines[:1])


def _as_text(file: TableFile) -> TableFile:
    return replace(file, table=file.table.select(labels(cells) for cells in file.table))
