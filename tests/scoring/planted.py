"""A project in which the study campaign is fitted, on few rows and with little effort."""

import json
import shutil
from pathlib import Path

import polars as pl

from personae.core import archive, paths, tables
from personae.core.files import write_files, write_json, write_text
from personae.core.settings import load
from personae.imputation.completion import impute_table
from personae.imputation.settings import Impute
from personae.response.evaluate import evaluate_response
from personae.response.model import to_files
from personae.response.settings import Classify
from personae.scoring.reference import typical_of
from personae.scoring.scorer import CHECKED, DESCRIBED, describe, load_scorer
from personae.scoring.settings import ScorerSettings
from personae.segmentation.segment import segment_customers
from personae.segmentation.settings import SegmentSettings
from personae.studies.campaign import simulate, source
from personae.studies.campaign.settings import CampaignPrepare

RESOLVED = Path("resolved/campaign").resolve()
FEATURES = ["Education", "Income", "age", "tenure", "Recency", "total_spend"]
SPACE = {"columns": ["Income", "age", "total_spend"], "log1p": ["total_spend"]}
EFFORT = {"bootstraps": 5, "null_tables": 5}


def fit_campaign():
    """Fit study campaign in the working directory."""
    write_files(paths.raw("campaign"), simulate.to_files(simulate.simulate(240, seed=3)[0]))
    shutil.copytree(RESOLVED, paths.resolved("campaign"))
    prepared = source.prepare(paths.raw("campaign"), CampaignPrepare())
    customers = prepared.tables["customers"]
    tables.write(paths.table("campaign", "customers"), customers)
    filled = impute_table(customers.to_pandas(), Impute(columns=["Income"], predictors=["age"]), seed=1)
    archive.save(filled.imputer, paths.model("campaign", "imputer"))
    found = segment_customers(filled.table, SegmentSettings(space=SPACE, k=2, effort=EFFORT))
    archive.save(found.segmenter, paths.model("campaign", "segmenter"))
    placed = pl.from_pandas(found.customers).with_columns(customers["customer"])
    tables.write(paths.table("campaign", "segments"), placed)
    models = {"logistic": {"type": "logistic"}}
    answers = Classify(
        target="Response", features=FEATURES, models=models, folds=3, repeats=1, shuffles=1, workers=1
    )
    model = evaluate_response(customers.to_pandas(), answers).model
    assert model is not None
    write_files(paths.model("campaign", "classifier"), to_files(model))
    names = [{"id": 0, "name": "modest"}, {"id": 1, "name": "wealthy"}]
    settings = load(paths.settings("campaign", "scorer"), ScorerSettings)
    described = describe("campaign", settings, names, prepared.learned)
    folder = paths.model("campaign", "scorer")
    write_text(folder / DESCRIBED, json.dumps(described))
    described["typical"] = typical_of(load_scorer("campaign").parts, [customers])
    write_text(folder / DESCRIBED, json.dumps(described))
    write_json(folder / CHECKED, {"requirements": ["polars==2.1.0"]})
