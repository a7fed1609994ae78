"""`personae compare`: what differs between results, and which differences exceed noise."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import jinja2

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.core.noise import Estimate, difference, is_significant
from personae.core.numbers import rounded
from personae.history.alignment import Alignment, align
from personae.history.restore import dvc
from personae.history.result import StoredResult, read_all, side_by_side
from personae.report.page import environment, is_sample
from personae.report.summary import aligned, headlines

DIGITS = 4
KINDS = ("exceeds noise", "within noise", "no interval")
RULE = (
    "A difference exceeds noise when its 95 % interval leaves 0 out; it is made of the intervals that the "
    "reports state, as if unpaired (MOVER, Zou and Donner 2008): results on the same customers vary "
    "together, so this says too seldom rather than too often that one is better. Mean and spread over folds "
    "become an interval with the correction for overlapping training sets (Nadeau and Bengio 2003). Many "
    "figures are compared: about one in twenty would exceed noise by chance, if the intervals were exact."
)
Value = TypeVar("Value")
Estimates = tuple[Estimate | None, ...]
Table = Mapping[str, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class ResultComparison:
    """Several results of one study, compared with the first of them.

    Attributes
    ----------
    results
        As they were read.
    settings, verdicts
        Parameters and verdicts that differ: by name, the value of each result, None where it has none.
    figures
        Figures that differ, in the same way.
    alignments
        Segments of each later result matched to those of the first; None where there are none.
    code
        Files and folders of code that the stages of the results ran in different versions.
    """

    results: tuple[StoredResult, ...]
    settings: Table
    verdicts: Table
    figures: Mapping[str, Estimates]
    alignments: tuple[Alignment | None, ...]
    code: tuple[str, ...]

    @property
    def study(self) -> str:
        """The results are of."""
        return self.results[0].study

    @property
    def labels(self) -> list[str]:
        """Short names of the results."""
        return [result.label for result in self.results]

    def rows(self, kind: str) -> list[tuple[str, Estimates, Estimates]]:
        """Name, figures and differences of all figures of one of `KINDS`."""
        changes = {name: differences(figures) for name, figures in self.figures.items()}
        return [(name, self.figures[name], each) for name, each in changes.items() if kind_of(each) == kind]

    def lines(self) -> list[str]:
        """Format the comparison for a terminal; the page has the rest."""
        first, labels = self.results[0], self.labels
        versions = [
            ["code", *map(version, self.results)],
            ["data", *(md5s(result)[:8] for result in self.results)],
        ]
        text = aligned(
            [[self.study, *labels], *versions, *headlines([each.reports for each in self.results])]
        )
        for title, table in (
            ("parameters that differ", self.settings),
            ("verdicts that differ", self.verdicts),
        ):
            text += _section([title, *labels], [[name, *map(_cut, values)] for name, values in table.items()])
        rows = {kind: self.rows(kind) for kind in KINDS}
        for kind in KINDS[:1] if all(result.whole for result in self.results) else KINDS:
            text += _section(
                [f"differences: {kind}", *labels],
                [[name, *map(_with_interval, figures)] for name, figures, _ in rows[kind]],
            )
        beyond, within, without = (len(rows[kind]) for kind in KINDS)
        text += ["", f"{beyond} figures differ beyond noise, {within} within it; {without} have no interval"]
        for other, alignment in zip(self.results[1:], self.alignments, strict=True):
            text += [] if alignment is None else ["", *_migration(first, other, alignment)]
        return text

    def page(self) -> str:
        """Write it as one HTML file that needs nothing else."""
        reports = environment()
        own = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
        loader = jinja2.ChoiceLoader([own, *([reports.loader] if reports.loader else [])])
        return (
            reports.overlay(loader=loader)
            .get_template("comparison.html.j2")
            .render(
                significant=self,
                rule=RULE,
                versions=[(result, version(result), md5s(result)) for result in self.results],
                kinds={kind: self.rows(kind) for kind in KINDS},
                event=_event(self.results),
                personas=[{each["id"]: each for each in _personas(result)} for result in self.results],
                sample=any(is_sample(result.reports) for result in self.results),
            )
        )


def compare_results(
    names: Sequence[str], study: str | None = None, output: Path | None = None
) -> tuple[ResultComparison, Path]:
    """Compare results and write the page.

    Parameters
    ----------
    names : sequence of str
        MLflow run ids, DVC experiments or git revisions; others are compared with the first.
    study : str, optional
        Which, where revisions hold several.
    output : Path, optional
        Of the page; by default build/compare/<study and names>.html.

    Raises
    ------
    PersonaeError
        If a result is not changes, or there are fewer than two.
    """
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise PersonaeError("compare needs two or more different runs, experiments or revisions")
    changes = comparison(read_all(names, study))
    name = re.sub(r"[^\w.-]+", "_", "-".join([changes.study, *changes.labels]))
    path = output or paths.COMPARED / f"{name[:120]}.html"
    try:
        write_text(path, changes.page())
    except OSError as error:
        raise PersonaeError(f"{path}: cannot be written ({error.strerror})") from None
    return changes, path


def comparison(results: Sequence[StoredResult]) -> ResultComparison:
    """Compare results, figures of personas side by side after alignment."""
    first, *others = results
    whole = [result.whole for result in results]
    cache = Path(dvc(Path(), "cache", "dir").strip()) if all(whole) else Path()
    personas = {result.names.get("personas", "profile") for result in results}
    figures = {
        name: values
        for name, values in side_by_side([result.figures for result in results]).items()
        if name.split(".")[0] not in personas
        and _differ([None if each is None else each.value for each in values], whole)
    }
    settings, verdicts, code = (
        {name: values for name, values in sorted(side_by_side(named).items()) if _differ(values, whole)}
        for named in (
            [result.params for result in results],
            [result.verdicts for result in results],
            [result.code for result in results],
        )
    )
    alignments = tuple(align(first, other, cache) for other in others)
    return ResultComparison(tuple(results), settings, verdicts, figures, alignments, tuple(code))


def differences(figures: Estimates) -> Estimates:
    """Subtract the first figure from each later one; None if unknown."""
    first, *others = figures
    return tuple(None if first is None or each is None else difference(first, each) for each in others)


def kind_of(changes: Estimates) -> str:
    """Sort differences into `KINDS`: whether any of them exceeds noise."""
    significant = [is_significant(change) for change in changes if change is not None and change.value]
    return KINDS[0] if True in significant else KINDS[1] if False in significant else KINDS[2]


def version(result: StoredResult) -> str:
    """Name the code of a result: commit, and whether it had changes."""
    return f"{(result.commit or 'no commit')[:9]}{' + changes' if result.dirty else ''}"


def md5s(result: StoredResult) -> str:
    """Name the raw data of a result by its md5."""
    return ", ".join(result.data.values()) or "-"


def _differ(values: Sequence[Any], whole: Sequence[bool]) -> bool:
    """Whether values differ; a value missing from a trial does not count."""
    known = {
        _as_number(value)
        for value, all_is_said in zip(values, whole, strict=True)
        if value is not None or all_is_said
    }
    return len(known) > 1 or (not any(whole) and None in values)


def _as_number(value: Any) -> Any:
    """Read a number in any notation: 3 and 3.0 are equal."""
    try:
        return value if value is None else float(value)
    except ValueError:
        return value


def _section(header: list[str], rows: list[list[str]]) -> list[str]:
    return ["", *aligned([header, *rows])] if rows else []


def _cut(value: str | None, length: int = 40) -> str:
    return "-" if value is None else value if len(value) <= length else f"{value[: length - 3]}..."


def _with_interval(figure: Estimate | None) -> str:
    if figure is None:
        return "-"
    value, *bounds = (rounded(each, DIGITS) for each in (figure.value, *(figure.bounds or ())))
    return f"{value} ({' to '.join(bounds)})" if bounds else value


def _event(results: Sequence[StoredResult]) -> str:
    """The answer that personas give or do not, in the study's own words."""
    for result in results:
        event = result.params.get("report.event") or result.reports.get("prepare", {}).get("event", {}).get(
            "text"
        )
        if event:
            return str(event)
    return "responded"


def _personas(result: StoredResult) -> list[Any]:
    """Personas of a result; none where its report only gives a reason."""
    listed = result.reports.get("personas", [])
    return listed if isinstance(listed, list) else []


def _migration(first: StoredResult, other: StoredResult, alignment: Alignment) -> list[str]:
    """Tabulate migrations, aligned segments in the same row and column."""
    names = [{each["id"]: each["name"] for each in _personas(result)} for result in (first, other)]
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
