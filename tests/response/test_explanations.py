import numpy as np
import pytest
from tests.response.planted import MODELS, customers, plan_for

from personae.core.errors import PersonaeError
from personae.response import explanations
from personae.response.estimators import fit
from personae.response.explanations import mean_absolute, permutation_importance, reasons, shap_values
from personae.response.settings import Stack
from personae.response.validation import fit_inputs, seed_of, validate

COLUMNS = ["noise", "visits", "home", "income"]


def case(**changes):
    table = customers(400, 7)
    table["noise"] = np.random.default_rng(0).normal(size=400)
    return plan_for(table, seed=2, features=COLUMNS, repeats=2, shuffles=3, **changes)


@pytest.fixture(scope="module")
def plan():
    return case()


@pytest.fixture(scope="module")
def contributions(plan):
    return shap_values(plan, "xgboost")


@pytest.mark.parametrize("models", [("xgboost",), ("logistic", "xgboost")])
def test_the_planted_columns_matter_and_noise_does_not(models):
    chosen = {name: MODELS[name] for name in models}
    plan = case(models=chosen | ({"stack": Stack(preferred=True)} if len(models) > 1 else {}))
    found = validate(plan)
    ranked = permutation_importance(plan, found)
    by_name = {one["column"]: one["mean"] for one in ranked}
    assert ranked[0]["column"] == "income" and by_name["income"] > 0.1
    assert abs(by_name["noise"]) < 0.02


def test_importance_is_the_same_however_many_columns_are_asked_about_at_once(plan, monkeypatch):
    chosen = validate(plan)
    together = permutation_importance(plan, chosen)
    monkeypatch.setattr(explanations, "MOST_ROWS", 1)
    assert permutation_importance(plan, chosen) == together


def test_contributions_add_up_to_the_log_odds_of_unseen_rows(plan, contributions):
    amounts, base = contributions
    assert sorted(amounts) == ["home", "income", "noise", "visits"]
    train, test = plan.folds.rows(0, (1,))
    state = seed_of(2, (0, (1,)))
    prepare, inputs = fit_inputs(plan, train, state)
    model = fit(MODELS["xgboost"], inputs, plan.target[train], state)
    margin = model.predict(prepare.transform(plan.table.iloc[test]), output_margin=True)
    assert np.allclose(amounts.iloc[test].sum(axis=1) + base[test], margin, atol=1e-4)


def test_every_customer_gets_reasons_and_income_leads(plan, contributions):
    amounts, _ = contributions
    texts = reasons(plan.table, amounts, count=2)
    assert len(texts) == 400 and all(text.count("(") == 2 for text in texts)
    assert next(iter(mean_absolute(amounts))) == "income"


def test_three_classes_explain_the_likeliest():
    amounts, _ = shap_values(plan_for(customers(300, 8, classes=3), seed=2), "xgboost")
    assert amounts.shape == (300, 3) and np.isfinite(amounts.to_numpy()).all()


def test_other_models_have_no_exact_shap_values(plan):
    with pytest.raises(PersonaeError, match="'svm' is none"):
        shap_values(plan, "svm")
