"""Stage report: results of all stages to one page and model cards."""

import hashlib
from pathlib import Path

from personae.core import paths
from personae.core.command import run_stage
from personae.core.files import read_json, write_json, write_text
from personae.core.settings import read
from personae.report.answer import as_json
from personae.report.gallery import pictures
from personae.report.model_cards import model_cards
from personae.report.page import Findings, render
from personae.report.results import read_reports, read_tables
from personae.report.statements import Words
from personae.report.summary import as_metrics, headline


def main(study: str) -> None:
    settings = read(paths.resolved(study))
    probabilities = settings["compare"]["probabilities"] or {}
    exploration = read_json(paths.exploration(study))
    write_json(paths.report(study, "pictures/exploration.json"), exploration)
    folder = paths.report(study, "")
    reports = read_reports(folder)
    findings = Findings(
        study=study,
        reports=reports | {"pictures/exploration": exploration},
        tables=read_tables(folder),
        hashes={
            "settings": _sha256(*sorted(paths.resolved(study).glob("*.yaml"))),
            "raw data": _sha256(*_origin(study)),
            "customer table": _sha256(paths.table(study, "customers")),
        },
        highlights=[tuple(one) for one in probabilities.get("highlights", ())],
        words=Words.of(settings),
    )
    words = findings.words
    drawn = pictures(findings.reports, findings.tables, folder / "pictures", words.labels, words.currency)
    write_text(folder / "report.html", render(findings, drawn))
    write_json(folder / "answer.json", as_json(findings.answer(), words))
    write_json(folder / "headline.json", as_metrics(headline(reports)))
    cards = model_cards(study, reports, settings["segment"], settings.get("classify"), words.labels)
    for name, card in cards.items():
        write_text(paths.report(study, f"cards/{name}.md"), card)


def _origin(study: str) -> list[Path]:
    """Files that identify the raw data: its origin file, else all files."""
    origin = paths.origin(study)
    files = [origin] if origin.exists() else sorted(origin.parent.rglob("*"))
    return [file for file in files if file.is_file()]


def _sha256(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


if __name__ == "__main__":
    run_stage(main)
