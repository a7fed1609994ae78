import numpy as np
import pytest
from sklearn.base import clone
from tests.response.planted import customers, plan_for

from personae.core.errors import PersonaeError
from personae.response.estimators import Stack, fit
from personae.response.explanations import mean_absolute, permutation_importance, reasons, shap_values
from personae.response.folds import grouped_folds, identical_rows
from personae.response.preprocessing import features
from personae.response.validation import seed_of, seeded, validate


@pytest.fixture(scope="module")
def case():
    table = customers(400, 7)
    table["noise"] = np.random.default_rng(0).normal(size=400)
    inputs, target = features(table, ["noise", "visits", "home", "income"]), table["answer"].to_numpy()
    folds = grouped_folds(target, identical_rows(inputs), folds=3, repeats=2, seed=1)
    return inputs, target, folds, plan_for(inputs)


@pytest.mark.parametrize("models", [("xgboost",), ("logistic", "xgboost")])
def test_the_planted_columns_matter_and_noise_does_not(case, models):
    inputs, target, folds, plan = case
    stacks = {} if len(models) == 1 else {"stack": Stack(models, 1.0)}
    plan = plan_for(inputs, models={name: plan.models[name] for name in models}, stacks=stacks)
    found = validate(inputs, target, folds, plan, seed=2, workers=1)
    ranked = permutation_importance(inputs, target, folds, plan, found, shuffles=3, seed=2, workers=1)
    by_name = {one.column: one.mean for one in ranked}
    assert ranked[0].column == "income" and by_name["income"] > 0.1
    assert abs(by_name["noise"]) < 0.02


def test_contributions_add_up_to_the_log_odds_of_unseen_rows(case):
    inputs, target, folds, plan = case
    found = shap_values(inputs, target, folds, plan, model="xgboost", seed=2, workers=1)
    assert sorted(found.columns) == ["home", "income", "noise", "visits"]
    train, test = folds.rows(0, (1,))
    state = seed_of(2, (0, (1,)))
    prepare = seeded(clone(plan.preprocessing), state).fit(inputs.iloc[train], target[train])
    model = fit(plan.models["xgboost"], prepare.transform(inputs.iloc[train]), target[train], state)
    margin = model.predict(prepare.transform(inputs.iloc[test]), output_margin=True)
    assert np.allclose(found.amounts[test].sum(axis=1) + found.base[test], margin, atol=1e-4)


def test_every_customer_gets_reasons_and_income_leads(case):
    inputs, target, folds, plan = case
    found = shap_values(inputs, target, folds, plan, model="xgboost", seed=2, workers=1)
    told = reasons(inputs, found, count=2)
    assert len(told) == 400 and all(text.count("(") == 2 for text in told)
    assert next(iter(mean_absolute(found))) == "income"


def test_three_classes_explain_the_likeliest():
    table = customers(300, 8, classes=3)
    inputs, target = features(table, ["visits", "home", "income"]), table["answer"].to_numpy()
    folds = grouped_folds(target, identical_rows(inputs), folds=3, repeats=1, seed=1)
    found = shap_values(inputs, target, folds, plan_for(inputs), model="xgboost", seed=2, workers=1)
    assert found.amounts.shape == (300, 3) and np.isfinite(found.amounts).all()


def test_other_models_have_no_exact_shap_values(case):
    inputs, target, folds, plan = case
    with pytest.raises(PersonaeError, match="'svm' is none"):
        shap_values(inputs, target, folds, plan, model="svm", seed=2)
