"""Verdicts of a study as sentences, decided by stated rules."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from markupsafe import Markup

from personae.core.statistics import share
from personae.report.numbers import estimate, figure, spread
from personae.report.results import NO_LABELS, Labels, label, named
from personae.report.traced import Traced

MOST_PAIRS = 3
# Fewer of the rarer answer say nothing about a model (Peduzzi et al. 1996 ask for ten a coefficient).
MIN_EVENTS = 30


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


def verdicts(reports: dict[str, Traced], labels: Labels = NO_LABELS) -> list[Verdict]:
    """Collect the verdicts of all reports, with columns named by `labels`."""
    gathered: list[Verdict] = []
    judges: dict[str, Callable[[Traced], Iterator[Verdict]]] = {
        "segment": _segments,
        "impute": partial(_imputation, labels=labels),
        "compare": partial(_merges, labels=labels),
        "classify": partial(_response, compare=reports.get("compare"), labels=labels),
        "target": _profit,
        "promotions": _promotions,
    }
    for name, judge in judges.items():
        if name in reports:
            gathered += judge(reports[name])
    if any("classify.json#/leakage" in verdict.evidence.key for verdict in gathered):
        return [_doubted(verdict) for verdict in gathered]
    return gathered


def _doubted(verdict: Verdict) -> Verdict:
    """Withdraw verdicts on a leaking model, and on its profit."""
    rests_on_model = any(name in verdict.evidence.key for name in ("classify.json#", "target.json#"))
    return replace(verdict, level="not supported") if rests_on_model else verdict


def _segments(report: Traced) -> Iterator[Verdict]:
    yield _segmentation(report, "")
    for name, other in (report.at("also") or Traced({}, "")).items():
        yield _segmentation(other, f" ({name})")


def _segmentation(report: Traced, name: str) -> Verdict:
    text = Markup(
        "{}{}: {} customers, silhouette {}, p = {} against simulated data without segments; the least stable "
        "segment has mean bootstrap Jaccard {}."
    )
    sentence = text.format(
        report.at("headline") or Markup("{} segments").format(figure(report["k"])),
        name,
        figure(sum(report["sizes"].raw)),
        estimate(report["silhouette"], report.at("silhouette_ci"), places=3),
        figure(report.at("null", "p_value"), "p"),
        figure(report.at("stability", "min_jaccard"), places=2),
    )
    return Verdict(str(report["verdict"]), sentence + _why_weak(report), report)


def _why_weak(report: Traced) -> Markup:
    """Name the borders that are cuts, or why segments are weak."""
    reason = str(report.at("reason") or "").removeprefix(f"{report.at('headline')}; ")
    weak = report["verdict"] == "weak" and reason
    return Markup(" Weak: {}.").format(reason) if weak else Markup()


LEVELS = {"impute": "supported", "baseline": "weak", "refuse": "not supported"}
CASES = {"unseen": "of customers without a value", "known": "of customers with earlier values"}


def _imputation(report: Traced, labels: Labels) -> Iterator[Verdict]:
    for column_name, column in report["columns"].items():
        text = label(column_name, labels)
        name = text[:1].upper() + text[1:]
        for case, who in CASES.items():
            case_scores = column.at(case)
            if case_scores:
                yield Verdict(
                    LEVELS[str(case_scores["verdict"])],
                    _imputed(name, who, case_scores)
                    + _counted(" Tested on {} hidden cells.", case_scores.at("cells")),
                    case_scores,
                )


IMPUTED = {
    "impute": Markup("{} {} can be imputed by {}: R² {}, error {} against {} for the {}."),
    "baseline": Markup("{} {} is filled with the baseline: {} ({}: R² {}, error {} against {} for the {})."),
    "refuse": Markup("{} {} stays missing: {} ({}: R² {}, error {} against {} for the {})."),
}


def _imputed(name: str, who: str, case_scores: Traced) -> Markup:
    """Verdict on a column's gaps, with its reason and errors."""
    verdict, reason = str(case_scores["verdict"]), case_scores.at("reason") or "not measured"
    if raw(case_scores, "rmse") is None:
        return Markup("{} {} stays missing: {}.").format(name, who, reason)
    compared = (
        estimate(case_scores.at("r2"), case_scores.at("r2_ci"), places=2),
        figure(case_scores.at("rmse")),
        figure(case_scores.at("baseline_rmse")),
        _words(case_scores["baseline"]),
    )
    method = _words(case_scores["method"])
    if verdict == "impute":
        return IMPUTED[verdict].format(name, who, method, *compared)
    return IMPUTED[verdict].format(name, who, reason, method, *compared)


PAIRS = {
    "keep": ("supported", Markup("{} and {} differ: a model separates them with AUC {}.")),
    "merge": (
        "supported",
        Markup("{} and {} can be treated as one: a model separates them with AUC {} only; {}."),
    ),
    "inconclusive": (
        "not supported",
        Markup("{} and {}: neither a difference nor equality is shown (AUC {}){}."),
    ),
}
DECIDED = {
    "merge": "; that they are counted as one is a decision of the settings (on_inconclusive: merge)",
    "keep": "; that they stay apart is a decision of the settings (on_inconclusive: keep)",
}


def _merges(report: Traced, labels: Labels) -> Iterator[Verdict]:
    pairs = list(report["merge"])
    if len(pairs) > MOST_PAIRS:
        counts = [
            (word, sum(pair["verdict"] == word for pair in pairs))
            for word in ("keep", "merge", "inconclusive")
        ]
        listed = ", ".join(f"{count} {word}" for word, count in counts if count)
        level = "weak" if counts[2][1] else "supported"
        yield Verdict(
            level,
            Markup("{} pairs of {}: {}.").format(len(pairs), report["grouping"], listed),
            report["merge"],
        )
        return
    for pair in pairs:
        level, text = PAIRS[str(pair["verdict"])]
        auc = estimate(pair.at("two_sample_auc"), pair.at("two_sample_ci"))
        more = (
            named(str(pair["reason"]), labels)
            if pair["verdict"] == "merge"
            else DECIDED.get(str(pair.at("decision")), "")
        )
        count = _counted(" Compared: {} rows.", pair.at("two_sample_rows"))
        yield Verdict(level, text.format(pair["a"], pair["b"], auc, more) + count, pair)


def _joined(report: Traced, compare: Traced | None) -> str:
    """Name merged classes and the reason of the merge, if any."""
    members: dict[str, list[str]] = {}
    for name, merged in (report.at("groups") or Traced({}, "")).items():
        members.setdefault(str(merged), []).append(name)
    pairs = (compare.at("merge") if compare is not None else None) or ()
    open_pairs = [{str(pair["a"]), str(pair["b"])} for pair in pairs if pair["verdict"] == "inconclusive"]
    clauses = []
    for names in (names for names in members.values() if len(names) > 1):
        by_settings = any(pair <= set(names) for pair in open_pairs)
        who = "the settings (on_inconclusive: merge)" if by_settings else "the verdict on them"
        clauses.append(f" after {' and '.join(names)} were counted as one by {who}")
    return ", and".join(clauses)


def _response(report: Traced, compare: Traced | None = None, labels: Labels = NO_LABELS) -> Iterator[Verdict]:
    target = label(str(report["target"]), labels)
    if "best" not in report:
        text = Markup("{} is not predicted{}: {}.")
        why = report["models"]["skipped"]
        yield Verdict("not supported", text.format(target, _joined(report, compare), why), why)
        return
    yield from _leaks(report)
    best = report.at("selection", "figures") or report["models"][str(report["best"])]
    level = beyond(report, best, "roc_auc", 0.5)
    if level is not None:
        text = Markup("{} {}{}: ROC AUC {} over folds of {} rows, average precision {}; selected: {}{}.")
        few = _too_few(report)
        can = "cannot be predicted" if level == "not supported" else "can be predicted"
        yield Verdict(
            "not supported" if few else level,
            text.format(
                target,
                "may be predictable" if few else can,
                _joined(report, compare),
                _exact(best, report) if few else _spread(best, "roc_auc"),
                figure(tested(report)),
                _spread(best, "average_precision"),
                "stacked ensemble" if report["best"] == "stack" else _words(report["best"]),
                few,
            ),
            best,
        )
    majority = report.at("majority_accuracy")
    level = beyond(report, best, "accuracy", raw(majority))
    if level is not None:
        text = Markup("Accuracy {}, majority-class baseline {}{}.")
        few, accuracy = _too_few(report), _spread(best, "accuracy", "percent")
        sentence = text.format(accuracy, figure(majority, "percent"), few)
        yield Verdict("not supported" if few else level, sentence, best.at("accuracy"))


def _exact(model: Traced, report: Traced) -> Markup:
    """Write the ROC AUC with its interval over rows, where too few rows are left for one over folds."""
    return estimate(model.at("roc_auc", "mean"), report.at("sample", "roc_auc_ci"), places=2)


def _too_few(report: Traced) -> str:
    """Caution where the rarest class has fewer than `MIN_EVENTS` rows."""
    rows = rarer(report)
    return f"; too few to say, about {rows:.0f} rows of the rarest answer" if rows < MIN_EVENTS else ""


def tested(report: Traced) -> Traced | None:
    """Rows that a model predicted without having learned from them."""
    return report.at("sample", "rows") or report.at("rows")


def rarer(report: Traced) -> float:
    """Most tested rows that the rarest answer can have; infinite if unknown."""
    counted = raw(report, "sample", "rarest_class")
    if counted is not None:
        return float(counted)
    rows, majority = raw(report, "rows"), raw(report, "majority_accuracy")
    if rows is None or majority is None:
        return math.inf
    return float(rows * (1 - majority) / max(len(report.at("classes") or ()) - 1, 1))


def beyond(report: Traced, model: Traced, name: str, reference: float | None) -> str | None:
    """Whether a figure exceeds guessing by two standard deviations over folds, or its interval over rows."""
    mean, deviation = raw(model, name, "mean"), raw(model, name, "sd")
    if mean is None or deviation is None or reference is None:
        return None
    low = _lower(report, name, mean)
    if mean <= reference or (low is not None and low <= reference):
        return "not supported"
    return "supported" if mean - 2 * deviation > reference else "weak"


def _lower(report: Traced, name: str, mean: float) -> float | None:
    """Lower bound of the 95 % interval over rows of a ROC AUC, where measured, or of an accuracy."""
    if name == "roc_auc":
        bound = raw(report, "sample", "roc_auc_ci", 0)
        return None if bound is None else float(bound)
    rows = raw(tested(report))
    if not rows:
        return None
    _, interval = share(round(mean * rows), int(rows))
    return None if interval is None else interval[0]


def _leaks(report: Traced) -> Iterator[Verdict]:
    for check in report.at("leakage") or ():
        if check["verdict"] == "leak":
            text = Markup("The response model cannot be trusted: {} ({}).")
            yield Verdict("not supported", text.format(check["check"], check.at("evidence") or "leak"), check)


def _spread(model: Traced, name: str, how: str = "number") -> Markup:
    return spread(model.at(name, "mean"), model.at(name, "sd"), how)


def _words(name: Any) -> str:
    """Write the name of a method as people do."""
    return str(name).replace("_", " ")


def _profit(report: Traced) -> Iterator[Verdict]:
    profit = report["profit"]
    low = raw(profit, "model_ci", 0)
    rest = max(raw(profit, "everyone") or 0, raw(profit, "nobody") or 0)
    model = raw(profit, "model") or 0
    level = "supported" if low is not None and low > rest else "weak" if model > rest else "not supported"
    text = Markup(
        "A contact pays from a probability of {} on. On known answers such a list had a profit of {}, "
        "contacting everyone {}{}."
    )
    assumed = ", at assumed prices" if raw(report, "assumed") else ""
    yield Verdict(
        level,
        text.format(
            figure(report["cutoff"], "percent"),
            estimate(profit["model"], profit.at("model_ci"), "money"),
            figure(profit.at("everyone"), "money"),
            assumed,
        )
        + _counted(" Past offers: {}.", report.at("customers")),
        profit,
    )


def _promotions(report: Traced) -> Iterator[Verdict]:
    if len(report):
        text = Markup("{} promotions rest on rules that hold again on baskets they were not learned on.")
        yield Verdict("supported", text.format(len(report)), report)
    else:
        yield Verdict(
            "not supported",
            Markup("No rule between products holds again on baskets it was not learned on."),
            report,
        )


def _counted(sentence: str, count: Traced | None) -> Markup:
    """Add how many a verdict rests on, where the report says it."""
    return Markup(sentence).format(figure(count)) if count else Markup()  # noqa: S704 - constants


def raw(value: Traced | None, *steps: str | int) -> Any:
    """Value some steps down without its origin; None where there is none."""
    part = None if value is None else value.at(*steps)
    return None if part is None else part.raw
