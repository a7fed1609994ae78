"""Model cards (Mitchell and others 2019) of the segmenter and the classifier, as skops writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import escape
from skops.card import Card

from personae.core.numbers import p_value, percent, rounded
from personae.report.gallery import persona_names
from personae.report.numbers import metric

Report = Mapping[str, Any]
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
    "{} of the customers it learned from lie far from every segment; a customer as far out is flagged, not "
    "described."
)
LIMITS_OF_ANSWERS = "It learned from the past. It tells who answers so, not whom a contact moves."


def model_cards(study: str, reports: Report, segment: Report, classify: Report | None) -> dict[str, str]:
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
    """
    prepare, personas = reports["prepare"], reports.get("personas", [])
    cards = {"segmenter": segmenter_card(study, prepare, reports["segment"], segment, personas)}
    if classify is not None and "best" in reports["classify"]:
        cards["classifier"] = classifier_card(study, prepare, reports["classify"], classify)
    return cards


def segmenter_card(
    study: str, prepare: Report, segment: Report, settings: Report, personas: Sequence[Report]
) -> str:
    """Write the card of the model that puts customers into segments.

    Parameters
    ----------
    study
        Name of the study.
    prepare, segment, personas
        Contents of the reports of those names.
    settings
        The study's section `segment`.
    """
    card = _card(f"Segmenter of study {study}", prepare)
    columns = ", ".join(segment["space"]["columns"])
    rule = "as the settings say" if segment["rule"] == "fixed" else f"chosen by {segment['rule']}"
    _add(card, "Model", f"{segment['method']} with k = {segment['k']}, {rule}, on {columns}.")
    _add_settings(card, settings["clusterer"])
    _add(card, "Intended use", USE_OF_SEGMENTS)
    _add(card, "Verdict", f"{segment['verdict']}: {segment.get('reason', '')}")
    names = persona_names(segment, personas)
    ids = segment.get("ids", range(len(segment["sizes"])))
    segments = {
        "segment": [names.get(each, each) for each in ids],
        "customers": segment["sizes"],
        "Jaccard": [_written(value) for value in segment["stability"]["jaccard"]],
    }
    _add_table(card, "Segments", segments)
    low, high = segment.get("silhouette_ci") or (None, None)
    figures = {
        "silhouette": f"{_written(segment['silhouette'])} ({_written(low)} to {_written(high)})",
        "p against tables without segments": p_value(segment["null"]["p_value"]),
        "adjusted Rand index over bootstraps": _written(segment["stability"]["ari_mean"]),
    }
    _add_table(card, "Figures", {"figure": list(figures), "value": list(figures.values())})
    _add(card, "Limits", LIMITS_OF_SEGMENTS.format(segment.get("far", 0)))
    return _rendered(card)


def classifier_card(study: str, prepare: Report, classify: Report, settings: Report) -> str:
    """Write the card of the response model; parameters as of `segmenter_card`."""
    card = _card(f"Response model of study {study}", prepare)
    best, target = classify["best"], classify["target"]
    _add(
        card,
        "Model",
        f"{best}, chosen in inner folds, predicts {target} from {', '.join(settings['features'])}.",
    )
    _add_settings(card, settings["models"][best])
    _add(card, "Intended use", USE_OF_ANSWERS.format(target))
    majority = percent(classify["majority_accuracy"])
    _add(card, "Validation", f"{classify['split']}. Always naming the majority is right in {majority}.")
    found = classify["models"][best]
    figures = {
        "figure": [metric(name) for name in found],
        "mean": [_written(value["mean"]) for value in found.values()],
        "deviation over folds": [_written(value["sd"]) for value in found.values()],
        "pooled": [_written(value["pooled"]) for value in found.values()],
    }
    _add_table(card, "Figures out of fold", figures)
    checks = classify.get("leakage") or []
    if checks:
        told = {name: [check.get(name, "") for check in checks] for name in ("check", "verdict", "evidence")}
        _add_table(card, "Leakage guard", told)
    _add(card, "Limits", LIMITS_OF_ANSWERS)
    return _rendered(card)


def _card(what: str, prepare: Report) -> Card:
    card = Card(model=None, template={}, model_diagram=False)
    opening = f"{what}, learned from {prepare['rows']:,} customers."
    card.add(**{TITLE: f"{opening} {SAMPLE}" if prepare.get("data") == "sample" else opening})
    return card


def _add(card: Card, section: str, text: str) -> None:
    card.add(**{f"{TITLE}/{section}": _safe(text)})


def _add_table(card: Card, section: str, columns: Mapping[str, Sequence[Any]]) -> None:
    safe = {name: [_safe(cell) for cell in cells] for name, cells in columns.items()}
    card.add_table(folded=False, **{f"{TITLE}/{section}": safe})


def _add_settings(card: Card, settings: Report) -> None:
    _add_table(card, "Settings", {"name": list(settings), "value": list(settings.values())})


def _safe(text: Any) -> str:
    """Names from the data stay text: neither HTML nor a table's border."""
    return str(escape(str(text))).replace("|", "&#124;")


def _written(value: float | None) -> str:
    return "not measured" if value is None else rounded(value)


def _rendered(card: Card) -> str:
    return str(card.render()).strip() + "\n"
