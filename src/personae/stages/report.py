"""Stage report: what the other stages found, as one page and its pictures."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import read_json, write_json, write_text
from personae.report.exploration import explore
from personae.report.page import Findings, render
from personae.results import to_json

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
)
TABLES = (
    "candidates",
    "probabilities",
    "rules",
    "curves/roc",
    "curves/precision_recall",
    "curves/reliability",
    "curves/profit",
)


def main(study: str) -> None:
    exploration = to_json(explore(tables.read(paths.table(study, "customers"))))
    write_json(paths.report(study, "pictures/exploration.json"), exploration)
    found = {name: paths.report(study, f"{name}.json") for name in REPORTS}
    reports = {name: read_json(path) for name, path in found.items() if path.exists()}
    findings = Findings(
        study=study,
        reports=reports | {"pictures/exploration": exploration},
        tables={
            name: _rows(path) for name in TABLES if (path := paths.report(study, f"{name}.csv")).exists()
        },
        hashes={
            "settings": _sha256(paths.resolved(study)),
            "raw data": _sha256(paths.origin(study)),
            "customer table": _sha256(paths.table(study, "customers")),
        },
    )
    write_text(paths.report(study, "report.html"), render(findings, paths.report(study, "pictures")))


def _rows(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, infer_schema_length=None).to_dicts()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    run_stage(main)
