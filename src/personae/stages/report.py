"""Stage report: what the other stages found, as one page, its pictures and the model cards."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, to_json, write_json, write_text
from personae.core.settings import Frozen, load
from personae.inference.settings import Compare
from personae.report.exploration import explore
from personae.report.model_cards import model_cards
from personae.report.page import Findings, render
from personae.response.settings import Classify
from personae.segmentation.settings import Segment

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
    """What this stage reads of the settings, for the model cards and what is shown first."""

    segment: Segment
    compare: Compare
    classify: Classify | None


def main(study: str) -> None:
    keys = load(study, Keys)
    exploration = to_json(explore(tables.read(paths.table(study, "customers"))))
    write_json(paths.report(study, "pictures/exploration.json"), exploration)
    reports = {name: read_json(paths.report(study, f"{name}.json")) for name in REPORTS}
    findings = Findings(
        study=study,
        reports=reports | {"pictures/exploration": exploration},
        tables={name: _rows(paths.report(study, f"{name}.csv")) for name in TABLES},
        hashes={
            "settings": _sha256(paths.resolved(study)),
            "raw data": _sha256(paths.origin(study)),
            "customer table": _sha256(paths.table(study, "customers")),
        },
        highlights=keys.compare.probabilities.highlights if keys.compare.probabilities else (),
    )
    write_text(paths.report(study, "report.html"), render(findings, paths.report(study, "pictures")))
    answers = None if keys.classify is None else keys.classify.model_dump()
    for name, card in model_cards(study, reports, keys.segment.model_dump(), answers).items():
        write_text(paths.report(study, f"cards/{name}.md"), card)


def _rows(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, infer_schema_length=None).to_dicts()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    run_stage(main)
