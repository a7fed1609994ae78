"""Stage report: what the other stages found, as one page and its pictures."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import read_json, write_json, write_text
from personae.report.cards import classifier_card, segmenter_card
from personae.report.exploration import explore
from personae.report.page import Findings, render
from personae.results import to_json
from personae.schema.base import Frozen
from personae.schema.classify import Classify
from personae.schema.segment import Segment
from personae.settings import load

REPORTS = (
    "prepare",
    "impute",
    "segment",
    "compare",
    "personas",
    "classify",
    "target",
    "promotions",
    "anomalies",
    "prescription",
    "segment_days",
)
TABLES = (
    "candidates",
    "dendrogram",
    "probabilities",
    "rules",
    "curves/roc",
    "curves/precision_recall",
    "curves/reliability",
    "curves/profit",
)


class Keys(Frozen):
    """What this stage reads of the settings, for the model cards."""

    segment: Segment
    classify: Classify | None


def main(study: str) -> None:
    keys = load(study, Keys)
    exploration = to_json(explore(tables.read(paths.table(study, "customers"))))
    write_json(paths.report(study, "pictures/exploration.json"), exploration)
    written = {name: read_json(paths.report(study, f"{name}.json")) for name in REPORTS}
    reports = {name: report for name, report in written.items() if "skipped" not in report}
    findings = Findings(
        study=study,
        reports=reports | {"pictures/exploration": exploration},
        tables={name: _rows(paths.report(study, f"{name}.csv")) for name in TABLES},
        hashes={
            "settings": _sha256(paths.resolved(study)),
            "raw data": _sha256(paths.origin(study)),
            "customer table": _sha256(paths.table(study, "customers")),
        },
    )
    write_text(paths.report(study, "report.html"), render(findings, paths.report(study, "pictures")))
    prepare, segment = reports["prepare"], reports["segment"]
    settings = keys.segment.model_dump()
    cards = {"segmenter": segmenter_card(study, prepare, segment, settings, reports["personas"])}
    if keys.classify is not None:
        settings = keys.classify.model_dump()
        cards["classifier"] = classifier_card(study, prepare, reports["classify"], settings)
    for name, card in cards.items():
        write_text(paths.report(study, f"cards/{name}.md"), card)


def _rows(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, infer_schema_length=None).to_dicts()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    run_stage(main)
