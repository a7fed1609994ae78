import json

import numpy as np
import pytest
from tests.response.planted import customers

from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.response.plan import answer
from personae.response.predictions import event_probabilities
from personae.response.settings import Classify

WEIGHT = {"class_weight": None}
SETTINGS = {
    "target": "answer",
    "table": "customers",
    "early": None,
    "features": ["income", "visits", "home"],
    "unit": None,
    "time": None,
    "known": None,
    "imputer": {"method": "median"},
    "scaler": "standard",
    "models": {
        "logistic": {"type": "logistic", "C": 1.0, "max_iter": 500, **WEIGHT},
        "xgboost": {
            "type": "xgboost",
            "n_estimators": 10,
            "max_depth": 2,
            "learning_rate": 0.3,
            "subsample": 0.8,
            "colsample_bytree": 1.0,
            "min_child_weight": 1.0,
            "reg_lambda": 1.0,
            **WEIGHT,
        },
        "stack": {"type": "stack", "members": [], "C": 1.0, "preferred": False},
    },
    "calibrations": ["none", "sigmoid"],
    "select": "roc_auc",
    "folds": 3,
    "repeats": 2,
    "workers": 1,
    "segment": {"columns": ["income", "visits"], "log1p": ["visits"], "k": 3},
    "segment_input": False,
    "ablations": {
        "with the segment": {"drop": [], "segment": True},
        "without income": {"drop": ["inc*"], "segment": False},
    },
    "ablated": ["logistic"],
    "guard": {"suspicious_auc": 0.95, "permutations": 2},
    "shuffles": 2,
    "reasons": 2,
    "leaking": [],
    "claim": {"model": "logistic", "accuracy": 0.99, "test_share": 0.2, "splits": 10},
    "merging": None,
}


def settings(**changes):
    return Classify.model_validate_json(json.dumps(SETTINGS | changes))


def table(classes=2, rows=240):
    return customers(rows, 11, classes).assign(customer=np.arange(rows))


@pytest.fixture(scope="module")
def answers():
    return answer(table(), settings(), seed=7)


def test_the_report_keeps_the_contract(answers):
    report = to_json(answers.report)
    keys = {
        "target",
        "split",
        "folds",
        "majority_accuracy",
        "models",
        "best",
        "ablation",
        "leakage",
        "seed_claim",
    }
    assert keys <= set(report)
    figures = {"accuracy", "balanced_accuracy", "precision", "recall", "f1"}
    figures |= {"roc_auc", "average_precision", "brier", "ece"}
    for model in report["models"].values():
        assert set(model) == figures
        assert all(set(one) == {"mean", "sd", "pooled"} for one in model.values())
    assert all({"check", "columns", "verdict"} <= set(finding) for finding in report["leakage"])
    assert report["best"] in report["models"]


def test_clean_customers_pass_the_whole_guard(answers):
    assert "leak" not in {finding.verdict for finding in answers.report["leakage"]}


def test_leaving_income_out_costs_and_the_segment_of_it_adds_nothing(answers):
    ablation = answers.report["ablation"]
    assert ablation["without income"]["logistic"]["roc_auc"]["difference"].mean < -0.1
    assert abs(ablation["with the segment"]["logistic"]["roc_auc"]["difference"].mean) < 0.05


def test_a_claim_beyond_reach_is_seen_as_such(answers):
    claim = answers.report["seed_claim"]
    assert claim["share_at_least_claimed"] == 0 and claim["majority"] < claim["median"] < 0.99


def test_responses_hold_each_customers_probability_and_reasons(answers):
    found = answers.responses
    assert found["customer"].tolist() == list(range(240))
    assert event_probabilities(found).shape == (2, 240)
    assert found["reason"].str.len().min() > 5


def test_the_same_seed_gives_the_same_report_and_model(answers):
    from personae.response.model import to_files

    again = answer(table(), settings(workers=2), seed=7)
    assert json.dumps(to_json(again.report)) == json.dumps(to_json(answers.report))
    assert to_files(again.model) == to_files(answers.model)
    assert again.responses.equals(answers.responses)


def test_three_products_are_told_apart():
    bought = table(classes=3).replace({"answer": {0: "KP281", 1: "KP481", 2: "KP781"}})
    plain = settings(ablations={}, claim=None, repeats=1)
    found = answer(bought.assign(answer=bought["answer"].map(str)), plain, seed=7)
    assert found.report["classes"] == ("0", "1", "2") or found.report["classes"] == (
        "KP281",
        "KP481",
        "KP781",
    )
    best = found.report["models"][found.report["best"]]["accuracy"].mean
    assert best > found.report["majority_accuracy"]
    assert event_probabilities(found.responses).shape == (3, 240)


def test_identical_customers_with_different_units_are_kept_together():
    doubled = table().loc[lambda t: t.index.repeat(2)].assign(customer=np.arange(480), unit=np.arange(480))
    found = answer(doubled, settings(unit="unit", ablations={}, claim=None, repeats=1), seed=7)
    verdicts = {finding.check: finding.verdict for finding in found.report["leakage"]}
    assert verdicts["duplicates"] == "handled"
    assert verdicts["permuted answers"] == "clean"


def test_repeat_customers_over_time_are_no_leak_and_leaking_columns_are_flagged():
    rng = np.random.default_rng(4)
    keen = np.repeat(rng.random(50) < 0.4, 6)
    cases = table(rows=300).assign(
        customer=np.repeat(np.arange(50), 6),
        when=np.tile(np.arange(6), 50),
        visits=np.repeat(rng.normal(size=50), 6),  # tells who it is
        answer=(rng.random(300) < np.where(keen, 0.8, 0.1)).astype(int),
    )
    cases["paid"] = cases["answer"] * rng.random(300)
    plain = {"ablations": {}, "claim": None, "repeats": 1, "folds": 6, "time": "when", "unit": "customer"}
    found = answer(cases, settings(**plain, leaking=["paid"]), seed=7)
    verdicts = {finding.check: finding for finding in found.report["leakage"]}
    assert verdicts["permuted answers"].verdict == "clean"
    assert verdicts["declared"].columns == ("paid",)
    assert "paid reaches ROC AUC 1.000" in verdicts["declared"].evidence


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"leaking": ["income"]}, "'income' is declared as leaking, and among the features"),
        ({"features": ["income", "age"]}, "column 'age' is not in the customer table"),
        ({"features": ["income", "answer"]}, "target 'answer' is among its own features"),
        ({"ablations": {"x": {"drop": ["age*"], "segment": False}}}, r"no feature is called 'age\*'"),
        ({"ablations": {"x": {"drop": ["*"], "segment": False}}}, "no feature is left"),
        ({"folds": 200}, "fewer than 200 folds"),
    ],
)
def test_settings_that_do_not_fit_the_table_are_named(changes, message):
    with pytest.raises(PersonaeError, match=message):
        answer(table(), settings(**changes), seed=7)


def test_a_target_with_one_class_is_refused():
    with pytest.raises(PersonaeError, match="target 'answer' has one class only"):
        answer(table().assign(answer=1), settings(), seed=7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ablated": ["svm"]}, "'svm' is no model"),
        ({"segment": None}, "segment is null"),
        ({"models": {"stack": SETTINGS["models"]["stack"]}}, "needs one that is not a stack"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)
