"""`personae compare`: what differs between results, and which differences exceed noise."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.core.noise import Figure, difference, exceeds
from personae.history import dvc
from personae.history.result import Past, prefixes, read_all
from personae.history.segments import Alignment, align
from personae.report.numbers import rounded
from personae.report.summary import HEADLINES, aligned, lookup, written
from personae.tracking import key

DIGITS = 4
KINDS = ("exceeds noise", "within noise", "no interval")
RULE = (
    "A difference exceeds noise when its 95 % interval leaves 0 out; it is made of the intervals that the "
    "reports state, as if unpaired (MOVER, Zou and Donner 2008): results on the same customers vary "
    "together, so this says too seldom rather than too often that one is better. Mean and spread over folds "
    "become an interval with the correction for overlapping training sets (Nadeau and Bengio 2003). Many "
    "figures are compared: about one in twenty would exceed noise by chance, if the intervals were exact."
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter that differs; None where a result does not have it."""

    name: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure that differs: one value a result, and for all but the first what changed.

    Attributes
    ----------
    name
        `<stage>.<key>`.
    figures, changes
        One a result, and one a result after the first; None where a result lacks it.
    """

    name: str
    figures: tuple[Figure | None, ...]
    changes: tuple[Figure | None, ...]

    @property
    def verdict(self) -> str:
        """Whether any change exceeds noise."""
        found = [exceeds(change) for change in self.changes if change is not None and change.value]
        if True in found:
            return "exceeds noise"
        return "within noise" if False in found else "no interval"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several results of one study, compared with the first of them.

    Attributes
    ----------
    results
        As they were found.
    settings, rows, verdicts
        What differs: parameters, figures, verdicts in a word.
    alignments
        Segments of each later result beside those of the first; None where there are none.
    code
        Files and folders of code that the stages of the results ran in different versions.
    """

    results: tuple[Past, ...]
    settings: tuple[Setting, ...]
    rows: tuple[Row, ...]
    verdicts: tuple[Setting, ...]
    alignments: tuple[Alignment | None, ...]
    code: tuple[str, ...]

    @property
    def study(self) -> str:
        """The results are of."""
        return self.results[0].study

    @property
    def labels(self) -> list[str]:
        """Short names of the results."""
        return [past.label for past in self.results]

    def lines(self) -> list[str]:
        """Say it for a terminal; the page says the rest."""
        told = [*aligned([[self.study, *self.labels], *self._versions(), *self._headlines()])]
        told += _table("parameters that differ", self.labels, self.settings)
        told += _table("verdicts that differ", self.labels, self.verdicts)
        kinds = {kind: [row for row in self.rows if row.verdict == kind] for kind in KINDS}
        listed = KINDS if not all(past.whole for past in self.results) else KINDS[:1]
        for kind in listed:
            rows = [[row.name, *map(_shown, row.figures)] for row in kinds[kind]]
            told += ["", *aligned([[f"differences: {kind}", *self.labels], *rows])] if rows else []
        counts = [len(kinds[kind]) for kind in KINDS]
        told += [
            "",
            f"{counts[0]} figures differ beyond noise, {counts[1]} within it; {counts[2]} have no interval",
        ]
        for past, alignment in zip(self.results[1:], self.alignments, strict=True):
            told += [] if alignment is None else ["", *_migration(self.results[0], past, alignment)]
        return told

    def _versions(self) -> list[list[str]]:
        return [
            ["code", *(version(past) for past in self.results)],
            ["data", *(data(past)[:8] for past in self.results)],
        ]

    def _headlines(self) -> list[list[str]]:
        rows = []
        for title, report, path in HEADLINES:
            contents = [past.reports.get(report, {}) for past in self.results]
            cells = [written(lookup(each, path.format(best=lookup(each, "best")))) for each in contents]
            rows.append([title, *cells])
        return [row for row in rows if set(row[1:]) != {"-"}]


def compare(
    names: Sequence[str], study: str | None = None, output: Path | None = None
) -> tuple[Comparison, Path]:
    """Compare results and write the page.

    Parameters
    ----------
    names : sequence of str
        MLflow run ids, DVC experiments or git revisions; others are held against the first.
    study : str, optional
        Which, where revisions hold several.
    output : Path, optional
        Of the page; by default build/compare/<study and names>.html.

    Raises
    ------
    PersonaeError
        If a result is not found, or there are fewer than two.
    """
    from personae.history.page import render  # noqa: PLC0415

    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise PersonaeError("compare needs two or more different runs, experiments or revisions")
    found = compared(read_all(names, study))
    name = re.sub(r"[^\w.-]+", "_", "-".join([found.study, *found.labels]))
    path = output or paths.COMPARED / f"{name[:120]}.html"
    try:
        write_text(path, render(found))
    except OSError as error:
        raise PersonaeError(f"{path}: cannot be written ({error.strerror})") from None
    return found, path


def compared(results: Sequence[Past]) -> Comparison:
    """Compare results that were read."""
    first, *others = results
    cache = dvc.cache() if all(past.whole for past in results) else Path()
    whole = [past.whole for past in results]
    return Comparison(
        tuple(results),
        tuple(_differing([past.params for past in results], whole)),
        tuple(_rows(results)),
        tuple(_differing([past.verdicts for past in results], whole)),
        tuple(align(first, past, cache) for past in others),
        tuple(each.name for each in _differing([past.code() for past in results], whole)),
    )


def version(past: Past) -> str:
    """Name the code of a result: commit, and whether it had changes."""
    return f"{(past.commit or 'no commit')[:9]}{' + changes' if past.dirty else ''}"


def data(past: Past) -> str:
    """Name the raw data of a result by its md5."""
    return ", ".join(key.data(past.study, past.entries).values()) or "-"


def _differing(named: Sequence[Mapping[str, str]], whole: Sequence[bool]) -> Iterable[Setting]:
    for name in sorted({name for each in named for name in each}):
        values = tuple(each.get(name) for each in named)
        if _differ([_meant(value) for value in values], whole):
            yield Setting(name, values)


def _meant(value: str | None) -> str | float | None:
    """Read a number however it is written: 3 and 3.0 do not differ."""
    try:
        return None if value is None else float(value)
    except ValueError:
        return value


def _differ(values: Sequence[Any], whole: Sequence[bool]) -> bool:
    """Tell whether values differ; a trial says only what it chose and found, so a gap of it is none."""
    told = {
        value for value, all_is_said in zip(values, whole, strict=True) if value is not None or all_is_said
    }
    return len(told) > 1 or (not any(whole) and None in values)


def _rows(results: Sequence[Past]) -> Iterable[Row]:
    """Give the figures that differ; those of personas stand side by side once segments are aligned."""
    personas = {prefixes(past.study, past.entries).get("personas", "profile") for past in results}
    whole = [past.whole for past in results]
    for name in dict.fromkeys(name for past in results for name in past.figures):
        figures = tuple(past.figures.get(name) for past in results)
        values = [None if each is None else each.value for each in figures]
        if name.split(".")[0] not in personas and _differ(values, whole):
            yield Row(name, figures, tuple(_change(figures[0], each) for each in figures[1:]))


def _change(before: Figure | None, after: Figure | None) -> Figure | None:
    return None if before is None or after is None else difference(before, after)


def _table(title: str, labels: Sequence[str], settings: Sequence[Setting]) -> list[str]:
    rows = [[each.name, *(_cut(value) for value in each.values)] for each in settings]
    return ["", *aligned([[title, *labels], *rows])] if rows else []


def _cut(value: str | None, length: int = 40) -> str:
    return "-" if value is None else value if len(value) <= length else f"{value[: length - 3]}..."


def _shown(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    value = rounded(figure.value, DIGITS)
    if figure.bounds is None:
        return value
    return f"{value} ({rounded(figure.bounds[0], DIGITS)} to {rounded(figure.bounds[1], DIGITS)})"


def _migration(first: Past, other: Past, alignment: Alignment) -> list[str]:
    """Show who went where, segments in the rows and columns that belong together."""
    names = [{each["id"]: each["name"] for each in past.reports["personas"]} for past in (first, other)]
    title = f"segments of {first.label} and {other.label}, {alignment.basis}"
    if not alignment.migration:
        rows = [[_named(names[0], then), "->", _named(names[1], now)] for then, now in alignment.pairs]
        return [title, *aligned(rows)]
    columns = [now for _, now in alignment.pairs if now is not None]
    order = [alignment.after.index(now) for now in columns]
    rows = [
        [_named(names[0], then), *(str(counts[place]) for place in order)]
        for then, counts in zip(alignment.before, alignment.migration, strict=True)
    ]
    left = [f"{alignment.left} customers are in only one of them, or in no segment"] if alignment.left else []
    return [title, *aligned([["", *(_named(names[1], now) for now in columns)], *rows]), *left]


def _named(names: Mapping[Any, str], identity: int | None) -> str:
    return "-" if identity is None else f"{identity} {_cut(names.get(identity, ''), 28)}".strip()
