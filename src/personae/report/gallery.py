"""Which pictures a study gets from the reports that it has."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from personae.report.pictures import baskets, data, groups, imputation, response, segments
from personae.report.results import NO_LABELS, Labels, label
from personae.report.theme import Picture

# Distributions of further columns stand in the table alone.
MOST_DRAWN = 60

Reports = Mapping[str, Any]
Tables = Mapping[str, list[dict[str, Any]]]


def pictures(
    reports: Reports,
    tables: Tables,
    folder: Path | None = None,
    labels: Labels = NO_LABELS,
    currency: str = "",
) -> list[Picture]:
    """Draw all pictures with figures, columns named by `labels`; PNG into `folder`."""
    return list(drawn(reports, tables, folder, labels, currency))


def drawn(
    reports: Reports, tables: Tables, folder: Path | None, labels: Labels, currency: str
) -> Iterator[Picture]:
    """Draw pictures one after another, for who needs only some; parameters as of `pictures`."""
    yield from _of_segments(reports, tables, folder)
    yield from (picture for picture in _of_groups(reports, folder, labels) if picture is not None)
    yield from _of_models(reports, tables, folder, labels)
    yield from _of_money(reports, tables, folder, currency)
    yield from _of_data(reports, folder, labels)


def labelled(columns: Mapping[str, Any], labels: Labels) -> Mapping[str, Any]:
    """Name keys by their labels, shared labels followed by the key.

    Examples
    --------
    >>> labelled({"a": 1, "b": 2, "c": 3}, {"a": "income", "b": "income", "c": "age"})
    {'income (a)': 1, 'income (b)': 2, 'age': 3}
    """
    names = {name: label(name, labels) for name in columns}
    shared = Counter(names.values())
    return {text if shared[text] == 1 else f"{text} ({name})": columns[name] for name, text in names.items()}


def _of_segments(reports: Reports, tables: Tables, folder: Path | None) -> Iterator[Picture]:
    personas = reports.get("personas", [])
    if personas:
        yield segments.shares(personas, folder)
        half = segments.widest(personas)
        for position, persona in enumerate(personas):
            if persona["drivers"]:
                yield segments.drivers(persona, position, half, folder)
    report = reports.get("segment")
    if report is None:
        return
    for number, one in enumerate([report, *(report.get("also") or {}).values()]):
        rows = candidates_of(tables.get("candidates", []), one["space"]["name"])
        if any(row.get("silhouette") is not None for row in rows):
            yield segments.choice(
                rows, one["k"], f"choice-of-k-{number}" if number else "choice-of-k", folder
            )
    if tables.get("dendrogram"):
        merges = [[row[name] for name in ("first", "second", "distance")] for row in tables["dendrogram"]]
        yield segments.dendrogram(merges, folder)
    if report["stability"]["jaccard"]:
        yield segments.stability(segment_names(report, personas), report["stability"]["jaccard"], folder)


def candidates_of(rows: Any, space: Any) -> list[Any]:
    """Candidates of one segmentation, by the space that rows name."""
    return [row for row in rows if "space" not in row or row["space"] == space]


def persona_names(report: Mapping[str, Any], personas: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Names of personas by id, where they describe these segments."""
    sizes = dict(zip(report.get("ids") or range(len(report["sizes"])), report["sizes"], strict=True))
    same = sizes == {persona["id"]: persona["size"] for persona in personas}
    return {persona["id"]: persona["name"] for persona in personas} if same else {}


def segment_names(report: Mapping[str, Any], personas: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name segments as the personas do, else by number."""
    ids = report.get("ids") or range(len(report["stability"]["jaccard"]))
    names = persona_names(report, personas)
    return [f"{each}  {names[each]}" if each in names else f"segment {each}" for each in ids]


def _of_groups(reports: Reports, folder: Path | None, labels: Labels) -> Iterator[Picture | None]:
    if "impute" in reports:
        yield imputation.gains(labelled(reports["impute"]["columns"], labels), folder)
    if "compare" in reports:
        if reports["compare"].get("merge"):
            yield groups.separation(reports["compare"]["merge"], folder)
        if reports["compare"]["variables"]:
            yield groups.effects(labelled(reports["compare"]["variables"], labels), folder)


def _of_models(reports: Reports, tables: Tables, folder: Path | None, labels: Labels) -> Iterator[Picture]:
    report = reports.get("classify")
    if report is None or "best" not in report:
        return
    yield response.models(report, folder)
    for kind in ("roc", "precision_recall"):
        if tables.get(f"curves/{kind}"):
            yield response.ranking(tables[f"curves/{kind}"], report["best"], kind, folder)
    if report.get("importance"):
        columns = labelled({row["column"]: row for row in report["importance"]}, labels)
        yield response.importance([row | {"column": name} for name, row in columns.items()], folder)
    if report.get("shap"):
        columns = labelled(report["shap"]["mean_absolute"], labels)
        yield response.contributions(report["shap"] | {"mean_absolute": columns}, folder)
    if tables.get("curves/reliability"):
        yield response.calibration(tables["curves/reliability"], report["best"], folder)


def _of_money(reports: Reports, tables: Tables, folder: Path | None, currency: str) -> Iterator[Picture]:
    report = reports.get("target")
    if report is not None:
        if tables.get("curves/profit"):
            yield response.budget(tables["curves/profit"], report, currency, folder)
        if report.get("decision_curve"):
            yield response.decision(report["decision_curve"], report.get("cutoff"), folder)
    if reports.get("promotions"):
        yield baskets.lifts(reports["promotions"], folder)


def _of_data(reports: Reports, folder: Path | None, labels: Labels) -> Iterator[Picture]:
    missing = reports.get("prepare", {}).get("missing")
    if missing:
        yield data.gaps(labelled(missing, labels), folder)
    exploration = reports.get("pictures/exploration")
    if exploration:
        first = islice(labelled(exploration["columns"], labels).items(), MOST_DRAWN)
        for number, (name, column) in enumerate(first):
            if column["kind"] != "constant":
                yield data.distribution(name, column, number)
        if exploration["correlations"]["columns"]:
            yield data.correlation_map(_relabelled(exploration["correlations"], labels), folder)


def _relabelled(correlations: Mapping[str, Any], labels: Labels) -> dict[str, Any]:
    text = dict(
        zip(correlations["columns"], labelled(dict.fromkeys(correlations["columns"]), labels), strict=True)
    )
    strongest = [(text[a], text[b], rho) for a, b, rho in correlations["strongest"]]
    return {**correlations, "columns": list(text.values()), "strongest": strongest}
