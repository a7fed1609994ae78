"""What the original campaign file must show, out of fold, identical customers together."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from personae.config.compose import compose
from personae.core.paths import CONF, PARAMS
from personae.response import scores
from personae.response.plan import build_plan
from personae.response.settings import Classify
from personae.response.validation import validate
from personae.studies.campaign import source as campaign
from personae.studies.campaign.settings import CampaignPrepare
from personae.targeting import profit

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data")) / "campaign"

pytestmark = [
    pytest.mark.originals,
    pytest.mark.skipif(not ORIGINALS.exists(), reason="no original campaign file"),
]


@pytest.fixture(scope="module", params=[1, pytest.param(3, marks=pytest.mark.slow)])
def validated(request):
    composed = compose("campaign", CONF, PARAMS)
    chosen = Classify.model_validate_json(json.dumps(composed["classify"]))
    rules = CampaignPrepare.model_validate(composed["prepare"])
    customers = campaign.prepare(ORIGINALS, rules).tables["customers"].to_pandas()
    plan = build_plan(customers, chosen.model_copy(update={"repeats": request.param}), seed=7)
    return plan, validate(plan)


def test_the_procedure_reaches_the_bars_of_the_study(validated):
    plan, found = validated
    _, procedure = scores.score(plan.target, found.procedure, plan.folds)
    assert procedure["roc_auc"]["mean"] >= 0.90
    assert procedure["average_precision"]["mean"] >= 0.65
    assert procedure["ece"]["pooled"] <= 0.03


def test_the_model_earns_between_nobody_and_the_oracle(validated):
    plan, found = validated
    money = profit.economics(len(plan.target), 3.0, 11.0)
    profits = profit.profits(plan.target, found.procedure[:, :, 1], money)
    assert (profits["everyone"], profits["oracle"]) == (-3046, 2672)
    assert profits["model"] >= 1150
    assert len(np.unique(plan.groups)) < len(plan.target)
