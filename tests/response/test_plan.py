import numpy as np
import pytest
from tests.response.planted import MODELS, customers, settings_for

from personae.core.errors import PersonaeError
from personae.response.plan import ablated_plans, build_plan
from personae.response.settings import Ablation, Classify, Stack


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
