"""What the data supports and what it does not, as sentences decided by stated rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from personae.report.figures import figure, interval
from personae.report.traced import Traced

MOST_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence.

    Attributes
    ----------
    level
        `supported`, `weak` or `not supported` by the data.
    text
        The sentence, its figures traced.
    evidence
        The JSON that it rests on.
    """

    level: str
    text: Markup
    evidence: Any


def verdicts(reports: dict[str, Traced]) -> list[Verdict]:
    """Gather the verdicts of all reports that exist, in the order of the page."""
    found: list[Verdict] = []
    for name, judge in JUDGES.items():
        if name in reports:
            found += judge(reports[name])
    return found


def _segments(report: Traced) -> Iterator[Verdict]:
    yield _segmentation(report, Markup("The segments"))
    for name, other in report["also"].items() if "also" in report else ():
        yield _segmentation(other, Markup("Segmentation {}").format(name))


def _segmentation(report: Traced, subject: Markup) -> Verdict:
    chance = _at(report, "null", "p_value")
    text = Markup("{}: k = {}, silhouette {} {}, p {} against tables without segments, least Jaccard {}.")
    return Verdict(
        str(report["verdict"]),
        text.format(
            subject,
            figure(report["k"]),
            figure(report["silhouette"]),
            interval(_at(report, "silhouette_ci")),
            figure(chance, "p"),
            figure(_at(report, "stability", "min_jaccard")),
        ),
        report,
    )


LEVELS = {"impute": "supported", "baseline": "weak", "refuse": "not supported"}
CASES = {"unseen": "customers never seen", "known": "customers known from other rows"}


def _imputation(report: Traced) -> Iterator[Verdict]:
    for name, column in report["columns"].items():
        for case, who in CASES.items():
            found = column[case] if case in column else None
            if found:
                yield Verdict(LEVELS[str(found["verdict"])], _imputed(name, who, found), found)


def _imputed(name: str, who: str, found: Traced) -> Markup:
    words = {
        "impute": "{} of {} can be imputed by {}: R² {} {}, error {} against {} for the {}.",
        "baseline": "{} of {}: {} is not shown to beat the baseline (R² {} {}, error {} against {}), so the {} is filled in.",
        "refuse": "{} of {} stays missing: {} reaches R² {} {}, error {} against {} for the {}.",
    }
    return Markup(words[str(found["verdict"])]).format(
        name,
        who,
        found["method"],
        figure(_at(found, "r2")),
        interval(_at(found, "r2_ci")),
        figure(_at(found, "rmse")),
        figure(_at(found, "baseline_rmse")),
        found["baseline"],
    )


def _merges(report: Traced) -> Iterator[Verdict]:
    pairs = list(report["merge"])
    if len(pairs) > MOST_PAIRS:
        counts = [(word, sum(pair["verdict"] == word for pair in pairs)) for word in ("keep", "merge", "inconclusive")]
        listed = ", ".join(f"{count} {word}" for word, count in counts if count)
        level = "weak" if counts[2][1] else "supported"
        yield Verdict(level, Markup("{} pairs of {}: {}.").format(len(pairs), report["grouping"], listed), report["merge"])
        return
    words = {
        "keep": ("supported", "{} and {} differ: told apart with AUC {} {}."),
        "merge": ("supported", "{} and {} can be treated as one: told apart with AUC {} {} only."),
        "inconclusive": ("not supported", "{} and {}: neither a difference nor equality is shown (AUC {} {})."),
    }
    for pair in pairs:
        level, text = words[str(pair["verdict"])]
        auc = figure(_at(pair, "two_sample_auc")), interval(_at(pair, "two_sample_ci"))
        yield Verdict(level, Markup(text).format(pair["a"], pair["b"], *auc), pair)


def _response(report: Traced) -> Iterator[Verdict]:
    yield from _leaks(report)
    best = _at(report, "selection", "figures") or _at(report, "models", str(report["best"]))
    area, spread = _raw(best, "roc_auc", "mean"), _raw(best, "roc_auc", "sd")
    if area is not None and spread is not None:
        level = "supported" if area - 2 * spread > 0.5 else "weak" if area > 0.5 else "not supported"
        text = Markup("{} can be predicted: ROC AUC {} ± {} over folds, average precision {} ± {}; chosen: {}.")
        yield Verdict(
            level,
            text.format(
                report["target"],
                *_with_spread(best, "roc_auc"),
                *_with_spread(best, "average_precision"),
                report["best"],
            ),
            best,
        )
    accuracy, majority = _raw(best, "accuracy", "mean"), _raw(report, "majority_accuracy")
    if accuracy is not None and majority is not None:
        spread = _raw(best, "accuracy", "sd") or 0
        level = "supported" if accuracy - 2 * spread > majority else "weak" if accuracy > majority else "not supported"
        text = Markup("Accuracy is {} ± {}; always naming the majority is right in {}.")
        named = (figure(_at(best, "accuracy", "mean"), "percent"), figure(_at(best, "accuracy", "sd"), "percent"))
        yield Verdict(
            level, text.format(*named, figure(report["majority_accuracy"], "percent")), _at(best, "accuracy")
        )


def _leaks(report: Traced) -> Iterator[Verdict]:
    for check in report["leakage"] if "leakage" in report else ():
        if check["verdict"] == "leak":
            text = Markup("The response model cannot be trusted: {} ({}).")
            yield Verdict("not supported", text.format(check["check"], _at(check, "evidence") or "leak"), check)


def _with_spread(model: Traced | None, name: str) -> tuple[Markup, Markup]:
    return figure(_at(model, name, "mean")), figure(_at(model, name, "sd"), digits=2)


def _profit(report: Traced) -> Iterator[Verdict]:
    profit = report["profit"]
    low = _raw(profit, "model_ci", 0)
    rest = max(_raw(profit, "everyone") or 0, _raw(profit, "nobody") or 0)
    model = _raw(profit, "model") or 0
    level = "supported" if low is not None and low > rest else "weak" if model > rest else "not supported"
    text = Markup(
        "Contact those with a probability of at least {}: profit {} {}, against {} for everyone and {} for nobody."
    )
    yield Verdict(
        level,
        text.format(
            figure(report["cutoff"]),
            figure(profit["model"]),
            interval(_at(profit, "model_ci")),
            figure(_at(profit, "everyone")),
            figure(_at(profit, "nobody")),
        ),
        profit,
    )


def _promotions(report: Traced) -> Iterator[Verdict]:
    if len(report):
        text = Markup("{} promotions rest on rules that hold again on later baskets.")
        yield Verdict("supported", text.format(len(report)), report)
    else:
        yield Verdict("not supported", Markup("No rule between products holds again on later baskets."), report)


JUDGES = {
    "segment": _segments,
    "impute": _imputation,
    "compare": _merges,
    "classify": _response,
    "target": _profit,
    "promotions": _promotions,
}


def _at(value: Traced | None, *steps: str | int) -> Traced | None:
    for step in steps:
        if value is None:
            return None
        try:
            value = value[step]
        except (KeyError, IndexError):
            return None
    return value


def _raw(value: Traced | None, *steps: str | int) -> Any:
    found = _at(value, *steps)
    return None if found is None else found.raw
