"""What the original studies claimed, beside what their own data supports.

`python -m personae.studies.claims DIR` reads the reports of every study below DIR and prints the table.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from personae.core.numbers import p_value, percent, rounded
from personae.report.results import read_reports, read_tables

Reports = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, and how to read from a study's reports what holds; None where the reports do not say."""

    study: str
    said: str
    holds: Callable[[Reports], str | None]


def _requested_segments(k: int) -> Callable[[Reports], str | None]:
    def holds(reports: Reports) -> str | None:
        report = reports.get("segment", {})
        found = [one for one in (report, *report.get("also", {}).values()) if one.get("k") == k]
        if not found:
            return None
        one = found[0]
        least = rounded(one["stability"]["min_jaccard"], 2)
        chance = max(law["p95"] for law in one["null"].values() if isinstance(law, Mapping))
        return (
            f"{one['verdict']}: silhouette {rounded(one['silhouette'])}, by chance up to {rounded(chance)} "
            f"(p {p_value(one['null']['p_value'])}), least Jaccard {least}"
        )

    return holds


def _imputation(reports: Reports) -> str | None:
    told = []
    for name, column in reports.get("impute", {}).get("columns", {}).items():
        found = column.get("unseen")
        if found and found.get("r2") is not None:
            told.append(f"{name} {found['verdict']} (R² {rounded(found['r2'], 2)})")
    return "customers never seen: " + ", ".join(told) if told else None


def _probability(event: str, value: str, given: str, given_value: str) -> Callable[[Reports], str | None]:
    def holds(reports: Reports) -> str | None:
        for row in reports.get("probabilities", []):
            asked = tuple(str(row[name]) for name in ("event", "event_value", "given", "given_value"))
            if row["kind"] == "conditional" and asked == (event, value, given, given_value):
                share, low, high = (percent(row[name]) for name in ("probability", "low", "high"))
                return f"{row['count']} of {row['total']}: {share}, 95 % interval {low} to {high}"
        return None

    return holds


def _merge(a: str, b: str) -> Callable[[Reports], str | None]:
    def holds(reports: Reports) -> str | None:
        for pair in reports.get("compare", {}).get("merge", []):
            if {pair["a"], pair["b"]} == {a, b}:
                low, high = pair["two_sample_ci"]
                return (
                    f"{pair['verdict']}: told apart with AUC {rounded(pair['two_sample_auc'])} "
                    f"({rounded(low)} to {rounded(high)}); "
                    f"power to see a small difference {percent(pair['power'])} in one test, "
                    f"{percent(pair['power_within_pair'])} after correction"
                )
        return None

    return holds


def _one_split(reports: Reports) -> str | None:
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
    told = f"over {folds} {_folded(before, claim['model'])}, {majority}"
    if "skipped" in after:
        return f"{told}; {after['skipped']}"
    merged = f"{_folded(after, claim['model'])}, majority {percent(after['majority_accuracy'])}"
    return f"{told}; after the merge {merged}"


def _folded(report: Mapping[str, Any], model: str) -> str:
    accuracy = report["models"][model]["accuracy"]
    return f"{percent(accuracy['mean'])} ± {percent(accuracy['sd'])}"


def _most_accurate(model: str) -> Callable[[Reports], str | None]:
    def holds(reports: Reports) -> str | None:
        report = reports.get("classify", {})
        ranked = sorted(
            report.get("models", {}).items(), key=lambda item: item[1]["accuracy"]["mean"] or 0, reverse=True
        )
        if model not in dict(ranked):
            return None
        place = [name for name, _ in ranked].index(model) + 1
        listed = ", ".join(
            f"{name.replace('_', ' ')} {percent(found['accuracy']['mean'])}" for name, found in ranked
        )
        return f"place {place} of {len(ranked)}: {listed}; majority {percent(report['majority_accuracy'])}"

    return holds


def _contact_everyone(reports: Reports) -> str | None:
    profit = reports.get("target", {}).get("profit")
    if not profit:
        return None
    low, high = profit["model_ci"]
    return (
        f"everyone {rounded(profit['everyone'])}, chosen by the model {rounded(profit['model'])} "
        f"({rounded(low)} to {rounded(high)}), oracle {rounded(profit['oracle'])}"
    )


CLAIMS = (
    Claim("fitbit", "4 clear clusters", _requested_segments(4)),
    Claim("fitbit", "XGBoost imputation significantly improved", _imputation),
    Claim("aerofit", "P(KP781 given Fitness 5) is 93.5 %", _probability("Product", "KP781", "Fitness", "5")),
    Claim("aerofit", "the overlap of KP281 and KP481 is mathematically proven", _merge("KP281", "KP481")),
    Claim("aerofit", "Random Forest is right in 64 % of one split, 94.44 % after the merge", _one_split),
    Claim("campaign", "Random Forest is the most accurate", _most_accurate("random_forest")),
    Claim("campaign", "4 segments by recency, frequency and money", _requested_segments(4)),
    Claim("campaign", "cost 3 and revenue 11 are in the file; profit was not computed", _contact_everyone),
)


def read(folder: Path) -> dict[str, Reports]:
    """Read the reports of each study that has a folder below `folder`."""
    found: dict[str, Reports] = {}
    for study in sorted({claim.study for claim in CLAIMS}):
        reports = read_reports(folder / study) | read_tables(folder / study, ["probabilities"])
        if reports:
            found[study] = reports
    return found


def table(studies: Mapping[str, Reports]) -> str:
    """Write claims beside what holds as a Markdown table; studies without reports are left out."""
    lines = ["| study | claimed | on the data |", "|---|---|---|"]
    return "\n".join([*lines, *_lines(studies)]) + "\n"


def _lines(studies: Mapping[str, Reports]) -> Iterator[str]:
    for claim in CLAIMS:
        if claim.study in studies:
            reports = studies[claim.study]
            data = reports.get("prepare", {}).get("data")
            mark = "" if data == "original" else f" ({data or 'unknown'} data)"
            holds = claim.holds(reports) or "the reports do not say"
            yield f"| {claim.study}{mark} | {claim.said} | {holds.replace('|', '/')} |"


if __name__ == "__main__":
    told = table(read(Path(sys.argv[1])))
    if sys.stdout.isatty():
        Console().print(Markdown(told))
    else:
        sys.stdout.write(told)
