"""Shortcuts for notebooks: a study's tables and comparisons with its reports.

Nothing is written, and no table of the graph is needed: `data/`, `resolved/` and `reports/` are.
"""

import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl

from personae.config.compose import study_settings
from personae.config.study import Study, load_study
from personae.core import paths
from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_files
from personae.imputation.completion import Imputation, impute_customers
from personae.response import scores
from personae.response.early import training_rows
from personae.response.plan import build_plan
from personae.response.validation import validate
from personae.segmentation.segment import Segmentation, segment_customers
from personae.sources.by_name import find_source
from personae.studies.sample import SAMPLES

if TYPE_CHECKING:
    from personae.report.theme import Picture

ROOT = "dvc.yaml"
LITTLE = {"bootstraps": 1, "splits": 1, "null_tables": 1, "null_bootstraps": 1}


@dataclass(frozen=True, slots=True)
class Opened:
    """A study with the tables of its first two stages.

    Attributes
    ----------
    study, settings
        Its name, and the settings that its reports were made with.
    tables
        Tidy tables by name, `customers` among them.
    customers, imputation
        Customers with their gaps treated, and how.
    """

    study: str
    settings: Study
    tables: Mapping[str, pl.DataFrame]
    customers: pl.DataFrame
    imputation: Imputation

    def report(self, name: str) -> Any:
        """Read a JSON report."""
        return read_json(paths.report(self.study, f"{name}.json"))

    def agree(self, here: float, name: str, *steps: str | int) -> dict[str, float]:
        """Compare a figure computed here with the report's.

        Parameters
        ----------
        here
            The figure.
        name, steps
            Report, and the way to the figure in it.

        Raises
        ------
        PersonaeError
            If they differ in the six digits that a report has.
        """
        value = self.report(name)
        for step in steps:
            value = value[step]
        if not math.isclose(here, value, rel_tol=1e-5, abs_tol=1e-9):
            key = "/".join(map(str, steps))
            raise PersonaeError(
                f"{paths.report(self.study, f'{name}.json')}#/{key} is {value}, here {here}: `dvc repro`"
            )
        return {"here": float(here), "report": value}

    def scorecard(self) -> pd.DataFrame:
        """Tabulate imputation method, figure and verdict of every column with gaps."""
        unseen = {name: score["unseen"] for name, score in self.imputation.scorecard["columns"].items()}
        scores = pd.DataFrame.from_dict(unseen, orient="index")
        return scores.reindex(columns=["method", "r2", "verdict"]).rename(columns={"r2": "R2"})

    def votes(self) -> pd.DataFrame:
        """Tabulate the number of segments by each rule, and the verdict."""
        segment = self.report("segment")
        return pd.DataFrame({"k": segment["votes"]}).assign(verdict=segment["verdict"])

    def picture(self, name: str) -> "Picture":
        """Draw a picture of the report, such as `segments`, `stability`, `effects` or `models`.

        Raises
        ------
        PersonaeError
            If the study has no such picture.
        """
        from personae.report.gallery import drawn  # noqa: PLC0415 - Matplotlib, only where something is drawn
        from personae.report.results import read_reports, read_tables  # noqa: PLC0415

        folder = paths.report(self.study, "")
        labels = self.settings.profile.labels
        for picture in drawn(read_reports(folder), read_tables(folder), None, labels, ""):
            if picture.name == name:
                return picture
        raise PersonaeError(f"{self.study}: the report has no picture {name!r}")

    def segmentation(self) -> Segmentation:
        """Fit the main segments at the report's k, without evidence."""
        k = self.report("segment")["k"]
        settings = self.settings.segment
        effort = settings.effort.model_copy(update=LITTLE)
        alone = settings.model_copy(update={"k": k, "candidates": [k], "also": {}, "effort": effort})
        known = read_json(paths.anchor(self.study), missing={})
        return segment_customers(self.customers.to_pandas(), alone, anchor=known, seed=self.settings.seed)

    def response_model(self, name: str) -> tuple[IntArray, FloatArray, Mapping[str, Mapping[str, float]]]:
        """Validate one response model on the study's folds, calibrated inside them.

        Returns
        -------
        target
            Class codes, shape (rows,).
        probabilities
            Shape (repeats, rows, classes), NaN where a row was never tested.
        figures
            By name, as in `classify.json`.

        Raises
        ------
        PersonaeError
            If the study has no answers or no such model.
        """
        settings, seed = self.settings.classify, self.settings.seed
        if settings is None or name not in settings.models:
            raise PersonaeError(f"{self.study}: no response model {name!r}")
        alone = settings.model_copy(update={"models": {name: settings.models[name]}})
        plan = build_plan(training_rows(self.tables, alone, seed=seed), alone, seed=seed)
        probabilities = validate(plan).probabilities[name]
        _, figures = scores.score(plan.target, probabilities, plan.folds)
        return plan.target, probabilities, figures


def open_study(study: str) -> Opened:
    """Prepare and impute a study's tables from `data/`.

    Raises
    ------
    PersonaeError
        If there is no project around, or the study's files are absent or broken.
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / ROOT).exists()), None)
    if root is None:
        raise PersonaeError(f"{here}: no {ROOT} here or above; open a notebook inside the project")
    os.chdir(root)
    settings = load_study(paths.resolved(study))
    tables = _prepared(settings, paths.raw(study))
    imputation, completed = impute_customers(tables, settings.impute, seed=settings.seed)
    return Opened(study, settings, tables, completed["customers"], imputation)


def prepare_study(study: str, directory: Path | None = None) -> tuple[Study, dict[str, pl.DataFrame]]:
    """Prepare the tables of a study with the settings that ship, anywhere.

    Parameters
    ----------
    study
        `aerofit`, `campaign`, `fitbit`, `grocery` or `journey`.
    directory
        With the publisher's files. None: a synthetic sample in their layout is generated and read (of journey
        the real tables, which come with a package).

    Returns
    -------
    settings
        Of all stages, to pass on or to change by `model_copy`.
    tables
        Tidy tables by name, `customers` among them.

    Raises
    ------
    PersonaeError
        If there is no such study, or its files are absent or broken.
    """
    settings = study_settings(study)
    if directory is not None:
        return settings, _prepared(settings, Path(directory))
    with tempfile.TemporaryDirectory() as folder:
        files = SAMPLES[study]() if study in SAMPLES else {}
        write_files(Path(folder), files)
        return settings, _prepared(settings, Path(folder))


def _prepared(settings: Study, raw: Path) -> dict[str, pl.DataFrame]:
    source = find_source(settings.prepare.source)
    return dict(source.prepare(raw, settings.prepare).tables)
