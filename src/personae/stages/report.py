"""Stage report: what the other stages found, as one page, its pictures and the model cards."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import read_json, write_json, write_text
from personae.report.cards import model_cards
from personae.report.exploration import explore
from personae.report.page import Findings, render
from personae.results import to_json
from personae.schema.base import Frozen
from personae.settings import load

REPORTS = ("prepare", "impute", "segment", "compare", "personas", "classify", "target", "promotions", "days")
CURVES = ("roc", "precision_recall", "reliability", "profit")
TABLES = ("candidates", "dendrogram", "probabilities", "rules", *(f"curves/{curve}" for curve in CURVES))


class Keys(Frozen):
    """What this stage reads of the settings."""

    segment: dict[str, Any]
    classify: dict[str, Any] | None


def main(study: str) -> None:
    keys = load(study, Keys)
    exploration = to_json(explore(tables.read(paths.table(study, "customers"))))
    write_json(paths.report(study, "pictures/exploration.json"), exploration)
    reports = _existing(study, REPORTS, ".json", read_json)
    findings = Findings(
        study=study,
        reports=reports | {"pictures/exploration": exploration},
        tables=_existing(study, TABLES, ".csv", _rows),
        hashes={
            "settings": _sha256(paths.resolved(study)),
            "raw data": _sha256(paths.origin(study)),
            "customer table": _sha256(paths.table(study, "customers")),
        },
    )
    write_text(paths.report(study, "report.html"), render(findings, paths.report(study, "pictures")))
    for name, card in model_cards(study, reports, keys.segment, keys.classify).items():
        write_text(paths.report(study, f"cards/{name}.md"), card)


def _existing(study: str, names: tuple[str, ...], ending: str, read: Any) -> dict[str, Any]:
    files = {name: paths.report(study, f"{name}{ending}") for name in names}
    return {name: read(path) for name, path in files.items() if path.exists()}


def _rows(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, infer_schema_length=None).to_dicts()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    run_stage(main)
