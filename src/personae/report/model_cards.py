"""Model cards (Mitchell et al. 2019) of segmenter and classifier."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import escape

from personae.core.numbers import fixed, p_value, percent
from personae.report.gallery import persona_names
from personae.report.numbers import metric
from personae.report.results import NO_LABELS, Labels, label

Report = Mapping[str, Any]
# A text or the columns of a table, by title.
Sections = Mapping[str, str | Mapping[str, Sequence[Any]]]
TITLE = "Model card"
SAMPLE = (
    "**Synthetic sample data.** This model learned from generated customers and is of use for nothing but "
    "trying out."
)
USE_OF_SEGMENTS = (
    "Describing and addressing groups of customers like those it learned from. Not for decisions about one "
    "person."
)
USE_OF_ANSWERS = (
    "Predicting {} of customers like those it learned from. Not for prices, credit or employment."
)
LIMITS_OF_SEGMENTS = (
    "A customer farther from every segment than those it learned from is flagged, not described."
)
LIMITS_OF_ANSWERS = (
    "It learned from the past. It predicts the answer, not the effect of a contact on the answer."
)


def model_cards(
    study: str, reports: Report, segment: Report, classify: Report | None, labels: Labels = NO_LABELS
) -> dict[str, str]:
    """Write the cards of the models that a study has.

    Parameters
    ----------
    study
        Name of the study.
    reports
        Contents of the JSON reports, by name without ending.
    segment, classify
        The study's sections of these names; null where a study has no answers to learn from. Where a merge
        left one class, no model was learned either.
    labels
        Names of columns for people.
    """
    cards = {"segmenter": segmenter_card(study, reports, segment, labels)}
    if classify is not None and "best" in reports["classify"]:
        cards["classifier"] = classifier_card(study, reports, classify, labels)
    return cards


def segmenter_card(study: str, reports: Report, settings: Report, labels: Labels = NO_LABELS) -> str:
    """Write the segmenter's card; parameters as of `model_cards`."""
    segment = reports["segment"]
    columns, far = segment["space"]["columns"], segment.get("far")
    rule = "as the settings say" if segment["rule"] == "fixed" else f"selected by {segment['rule']}"
    names = persona_names(segment, reports.get("personas", []))
    segments = {
        "segment": [names.get(each, each) for each in segment.get("ids", range(len(segment["sizes"])))],
        "customers": segment["sizes"],
        "Jaccard": [_written(value) for value in segment["stability"]["jaccard"]],
    }
    low, high = segment.get("silhouette_ci") or (None, None)
    figures = {
        "silhouette": f"{_written(segment['silhouette'])} ({_written(low)} to {_written(high)})",
        "p (silhouette against simulated data without segments)": p_value(segment["null"]["p_value"]),
        "adjusted Rand index over bootstraps": _written(segment["stability"]["ari_mean"]),
    }
    sections: Sections = {
        "Model": f"{segment['method']} with k = {segment['k']}, {rule}, on {len(columns)} columns.",
        "Columns": _named(columns, labels),
        "Settings": _two_columns("name", settings["clusterer"]),
        "Intended use": USE_OF_SEGMENTS,
        "Verdict": f"{segment['verdict']}: {segment.get('reason', '')}",
        "Segments": segments,
        "Figures": _two_columns("figure", figures),
        "Limits": LIMITS_OF_SEGMENTS + (f" Of those it learned from, {far:,} lie so far out." if far else ""),
    }
    return _card(f"Segmenter of study {study}", reports["prepare"], sections)


def classifier_card(study: str, reports: Report, settings: Report, labels: Labels = NO_LABELS) -> str:
    """Write the card of the response model; parameters as of `model_cards`."""
    classify = reports["classify"]
    best, target = classify["best"], classify["target"]
    features, own = settings["features"], dict(settings["models"][best])
    if "members" in own:
        single = [name for name, model in settings["models"].items() if "members" not in model]
        own["members"] = ", ".join(own["members"] or single)
    majority = percent(classify["majority_accuracy"])
    scores = classify["models"][best]
    checks = classify.get("leakage") or []
    guard = {name: [check.get(name, "") for check in checks] for name in ("check", "verdict", "evidence")}
    sections: Sections = {
        "Model": f"{best}, selected in inner folds, predicts {target} from {len(features)} columns.",
        "Columns": _named(features, labels),
        "Settings": _two_columns("name", own),
        "Intended use": USE_OF_ANSWERS.format(target),
        "Validation": f"{classify['split']}. Majority-class baseline: accuracy {majority}.",
        "Figures out of fold": {
            "figure": [metric(name) for name in scores],
            "mean": [_written(value["mean"]) for value in scores.values()],
            "deviation over folds": [_written(value["sd"]) for value in scores.values()],
            "pooled": [_written(value["pooled"]) for value in scores.values()],
        },
        **({"Leakage guard": guard} if checks else {}),
        "Limits": LIMITS_OF_ANSWERS,
    }
    return _card(f"Response model of study {study}", reports["prepare"], sections)


def _card(what: str, prepare: Report, sections: Sections) -> str:
    """Write a card from sections of text or tables."""
    opening = f"{what}, learned from {prepare['rows']:,} customers."
    blocks = [f"# {TITLE}", f"{opening} {SAMPLE}" if prepare.get("data") == "sample" else opening]
    for name, content in sections.items():
        blocks += [f"## {name}", _safe(content) if isinstance(content, str) else _table(content)]
    return "\n\n".join(blocks) + "\n"


def _table(columns: Mapping[str, Sequence[Any]]) -> str:
    """Write columns of equal length as a Markdown table."""
    rows = [list(columns), ["---"] * len(columns), *zip(*columns.values(), strict=True)]
    return "\n".join(f"| {' | '.join(map(_safe, row))} |" for row in rows)


def _two_columns(name: str, values: Report) -> dict[str, list[Any]]:
    return {name: list(values), "value": list(values.values())}


def _named(columns: Sequence[str], labels: Labels) -> dict[str, list[str]]:
    return {"column": list(columns), "label": [label(name, labels) for name in columns]}


def _safe(text: Any) -> str:
    """Names from the data stay text: neither HTML nor a table's border."""
    return " ".join(str(escape(str(text))).replace("|", "&#124;").split())


def _written(value: float | None) -> str:
    return "not measured" if value is None else fixed(value, 3)
