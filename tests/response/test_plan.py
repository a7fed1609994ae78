import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.response.planted import MODELS, customers, settings_for

from personae.core.errors import PersonaeError
from personae.response.plan import ablated_plans, build_plan
from personae.response.settings import Ablation, Classify, Logistic, SegmentInput, Stack
from personae.response.validation import validate


def table(rows=240):
    return customers(rows, 11).assign(customer=np.arange(rows))


def test_two_settings_suffice():
    plan = build_plan(
        table().assign(unit=0),
        Classify(target="answer", features=["income"]).model_copy(update={"unit": None}),
    )
    assert plan.classes == (0, 1) and list(plan.table) == ["income"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"leaking": ["income"]}, "'income' is declared as leaking, and among the features"),
        ({"features": ["income", "age"]}, "column 'age' is not in the customer table"),
        ({"features": ["income", "answer"]}, "target 'answer' is among its own features"),
        ({"folds": 200}, "fewer than 200 folds"),
        ({"unit": "household"}, "column 'household' is not in the customer table"),
    ],
)
def test_settings_that_do_not_fit_the_table_are_named(changes, message):
    with pytest.raises(PersonaeError, match=message):
        build_plan(table(), settings_for(**changes))


@pytest.mark.parametrize(
    ("drop", "message"),
    [("age*", r"classify.ablations.x: no feature is called 'age\*'"), ("*", "no feature is left")],
)
def test_ablations_that_do_not_fit_the_features_are_named(drop, message):
    plan = build_plan(table(), settings_for(ablations={"x": Ablation(drop=[drop])}))
    with pytest.raises(PersonaeError, match=message):
        ablated_plans(plan)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ablated": ["lasso"]}, "'lasso' is no model; models are logistic, random_forest"),
        ({"models": MODELS | {"stack": Stack(members=["logistic", "lasso"])}}, "'lasso' is no model"),
        ({"ablations": {"x": Ablation(segment=True)}}, "segment is null"),
        ({"models": {"stack": Stack()}}, "needs one that is not a stack"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        settings_for(**changes)


def test_a_model_for_each_segment_finds_what_differs_between_segments():
    rng = np.random.default_rng(3)
    kind, x = rng.permutation(np.repeat([-3.0, 3.0], 150)), rng.normal(size=300)
    bought = (rng.random(300) < 1 / (1 + np.exp(-2 * x * np.sign(kind)))).astype(int)
    shop = pd.DataFrame({"kind": kind + rng.normal(0, 0.3, 300), "x": x, "answer": bought})
    settings = settings_for(
        features=["kind", "x"],
        models={"logistic": Logistic()},
        segment=SegmentInput(columns=["kind"], k=2),
        ablations={"with it": Ablation(segment=True), "of its own": Ablation(per_segment=True)},
    )
    plans = ablated_plans(build_plan(shop.assign(customer=range(300)), settings))
    auc = {
        name: roc_auc_score(bought, validate(plan, nested=False).probabilities["logistic"][0, :, 1])
        for name, plan in plans.items()
    }
    assert auc["with it"] < 0.65 and auc["of its own"] > 0.8
