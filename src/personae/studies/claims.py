"""Publishers' claims compared with what their data supports.

`python -m personae.studies.claims DIR` reads the reports of every study below DIR and prints the table.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from personae.core.numbers import fixed, money, p_value, percent, rounded
from personae.report.results import read_reports, read_tables
from personae.studies.originals import PUBLISHERS

Reports = Mapping[str, Any]


def requested_segments(reports: Reports, k: int) -> str | None:
    """Verdict on the segmentation with k segments."""
    report = reports.get("segment", {})
    matches = [one for one in (report, *report.get("also", {}).values()) if one.get("k") == k]
    if not matches:
        return None
    one = matches[0]
    least = rounded(one["stability"]["min_jaccard"], 2)
    chance = max(law["p95"] for law in one["null"].values() if isinstance(law, Mapping))
    return (
        f"{one['verdict']}: silhouette {rounded(one['silhouette'])}, by chance up to {rounded(chance)} "
        f"(p {p_value(one['null']['p_value'])}), least Jaccard {least}{_gaps(one)}"
    )


def _gaps(report: Reports) -> str:
    """Number of cuts, and of segments supported by gaps, if reported."""
    if "borders" not in report:
        return ""
    cuts = sum(not border["gap"] for border in report["borders"])
    supported = report["supported_k"] or "no number of"
    return (
        f"; {report['kind']}: {cuts} of {len(report['borders'])} borders are cuts, "
        f"gaps support {supported} segments"
    )


def imputation(reports: Reports) -> str | None:
    """How well missing values of new customers are predicted, by column."""
    verdicts = []
    for name, column in reports.get("impute", {}).get("columns", {}).items():
        unseen = column.get("unseen")
        if unseen and unseen.get("r2") is not None:
            verdicts.append(f"{name} {unseen['verdict']} (R² {fixed(unseen['r2'], 2)})")
    return "customers without a value: " + ", ".join(verdicts) if verdicts else None


def probability(reports: Reports, event: Sequence[str], given: Sequence[str]) -> str | None:
    """Conditional probability with its interval, by column and value."""
    for row in reports.get("probabilities", []):
        asked = [str(row[name]) for name in ("event", "event_value", "given", "given_value")]
        if row["kind"] == "conditional" and asked == [*event, *given]:
            share, low, high = (percent(row[name]) for name in ("probability", "low", "high"))
            return f"{row['count']} of {row['total']}: {share}, 95 % interval {low} to {high}"
    return None


def merge(reports: Reports, groups: Sequence[str]) -> str | None:
    """Give the verdict on merging two groups."""
    for pair in reports.get("compare", {}).get("merge", []):
        if {pair["a"], pair["b"]} == set(groups):
            low, high = pair["two_sample_ci"]
            return (
                f"{pair['verdict']}: separated with AUC {rounded(pair['two_sample_auc'])} "
                f"({rounded(low)} to {rounded(high)}); "
                f"power to see a small difference {percent(pair['power'])} in one test, "
                f"{percent(pair['power_within_pair'])} after correction"
            )
    return None


def one_split(reports: Reports) -> str | None:
    """Compare a published one-split accuracy with many splits or folds."""
    report = reports.get("classify", {})
    claim = report.get("seed_claim")
    if not claim:
        return None
    majority = f"majority {percent(claim['majority'])}"
    if "before" not in report:
        low, high = percent(claim["lower"]), percent(claim["upper"])
        return f"over {claim['splits']} such splits {percent(claim['median'])} ({low} to {high}), {majority}"
    before, after = report["before"], report["after"]
    folds = f"{before['repeats']} times {before['folds']} stratified folds"
    text = f"over {folds} {_folded(before, claim['model'])}, {majority}"
    if "skipped" in after:
        return f"{text}; {after['skipped']}"
    merged = f"{_folded(after, claim['model'])}, majority {percent(after['majority_accuracy'])}"
    return f"{text}; after the merge {merged}"


def _folded(report: Mapping[str, Any], model: str) -> str:
    accuracy = report["models"][model]["accuracy"]
    return f"{percent(accuracy['mean'])} ± {percent(accuracy['sd'])}"


def most_accurate(reports: Reports, model: str) -> str | None:
    """Rank the response models by accuracy."""
    report = reports.get("classify", {})
    ranked = sorted(
        report.get("models", {}).items(), key=lambda item: item[1]["accuracy"]["mean"] or 0, reverse=True
    )
    if model not in dict(ranked):
        return None
    place = [name for name, _ in ranked].index(model) + 1
    listed = ", ".join(
        f"{name.replace('_', ' ')} {percent(scores['accuracy']['mean'])}" for name, scores in ranked
    )
    return f"place {place} of {len(ranked)}: {listed}; majority {percent(report['majority_accuracy'])}"


def contact_everyone(reports: Reports) -> str | None:
    """Compare the profit of contacting everyone with that of a list."""
    profit = reports.get("target", {}).get("profit")
    if not profit:
        return None
    low, high = profit["model_ci"]
    return (
        f"everyone {money(profit['everyone'])}, the model's list {money(profit['model'])} "
        f"({money(low)} to {money(high)}), perfect information {money(profit['oracle'])}"
    )


CHECKS: Mapping[str, Callable[..., str | None]] = {
    check.__name__: check
    for check in (
        requested_segments,
        imputation,
        probability,
        merge,
        one_split,
        most_accurate,
        contact_everyone,
    )
}


def read(folder: Path) -> dict[str, Reports]:
    """Read the reports below `folder` of each study whose publisher claimed something."""
    studies: dict[str, Reports] = {}
    for study in (name for name, publisher in PUBLISHERS.items() if publisher["claims"]):
        reports = read_reports(folder / study) | read_tables(folder / study, ["probabilities"])
        if reports:
            studies[study] = reports
    return studies


def table(studies: Mapping[str, Reports]) -> str:
    """Tabulate claims against results in Markdown, without studies lacking reports."""
    lines = ["| study | claimed | on the data |", "|---|---|---|"]
    return "\n".join([*lines, *_lines(studies)]) + "\n"


def _lines(studies: Mapping[str, Reports]) -> Iterator[str]:
    for study, reports in studies.items():
        data = reports.get("prepare", {}).get("data")
        mark = "" if data == "original" else f" ({data or 'unknown'} data)"
        for claim in PUBLISHERS[study]["claims"]:
            arguments = {name: value for name, value in claim.items() if name not in ("said", "check")}
            holds = CHECKS[claim["check"]](reports, **arguments) or "the reports do not say"
            yield f"| {study}{mark} | {claim['said']} | {holds.replace('|', '/')} |"


if __name__ == "__main__":
    text = table(read(Path(sys.argv[1])))
    if sys.stdout.isatty():
        Console().print(Markdown(text))
    else:
        sys.stdout.write(text)
