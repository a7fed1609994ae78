"""A study of one's own in a scratch folder, from its file to its page, without DVC."""

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from personae.core import paths
from personae.core.files import read_json
from personae.onboarding import new_study
from personae.onboarding.new_study import write_study
from personae.onboarding.study_file import Known

ROOT = Path(__file__).parents[2]
STAGES = ("compose", "prepare", "impute", "segment", "compare", "profile", "classify", "target", "promote")
# Less than effort quick: these pages are read by tests alone.
TINY = """{
  impute: {resamples: 20},
  segment: {candidates: [2, 3], effort: {bootstraps: 4, splits: 2, null_tables: 4, null_bootstraps: 2,
    silhouette_rows: 200, stability_rows: 200, null_rows: 100}},
  compare: {rules: {permutations: 99}}, profile: {bootstraps: 20},
  %s
}"""
MODELS = "use: {classifier: [logistic]}, classify: {folds: 3, repeats: 1, workers: 1, calibrations: [none], shuffles: 1},"


def scratch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a project's folder of settings and graph, and work in it; files are copied, not tracked."""
    shutil.copytree(ROOT / "conf", folder / "conf", dirs_exist_ok=True)
    shutil.copy(ROOT / "dvc.yaml", folder)
    (folder / "params.yaml").write_text("campaign: {}\n")
    monkeypatch.chdir(folder)

    def copy(name: str, files: list[Path]) -> None:
        paths.raw(name).mkdir(parents=True)
        for path in files:
            shutil.copyfile(path, paths.raw(name) / path.name)

    monkeypatch.setattr(new_study, "_copy", copy)


def run(name: str, *files: Path, **known: Any) -> list[str]:
    """Bring files in and run every stage; give what new-study showed."""
    _, shown = write_study(name, files, Known(**known))
    finish(name)
    return shown


def finish(name: str) -> None:
    """Run every stage of a study that is written."""
    importlib.import_module("personae.stages.compose").main(name)
    classify = (paths.settings(name, "classify")).exists()
    params = (
        Path("params.yaml")
        .read_text()
        .replace(f"{name}: {{}}", f"{name}: " + TINY % (MODELS if classify else ""))
    )
    Path("params.yaml").write_text(params)
    for stage in STAGES:
        if stage in ("compose", "prepare") or paths.settings(name, stage).exists():
            importlib.import_module(f"personae.stages.{stage}").main(name)
    importlib.import_module("personae.stages.report").main(name)


def report(name: str, stage: str) -> Any:
    return read_json(paths.report(name, f"{stage}.json"))


def page(name: str) -> str:
    return paths.report(name, "report.html").read_text(encoding="utf-8")
