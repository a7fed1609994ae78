import json

import numpy as np
import pytest
from tests.response.planted import customers, settings_for

from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.sampling import sample_by_hash
from personae.response.evaluate import ResponseEvaluation, evaluate_response
from personae.response.model import to_files
from personae.response.predictions import by_case
from personae.response.settings import (
    Ablation,
    BoostedTrees,
    Guard,
    Logistic,
    PublishedClaim,
    SegmentInput,
    Stack,
)

LIGHT = {
    "models": {"logistic": Logistic(C=1.0), "xgboost": BoostedTrees(n_estimators=10, learning_rate=0.3)},
    "calibrations": ["none"],
    "shuffles": 1,
    "guard": Guard(permutations=2),
}
WHOLE = LIGHT | {
    "models": LIGHT["models"] | {"stack": Stack(preferred=False)},
    "calibrations": ["none", "sigmoid"],
    "repeats": 2,
    "reasons": 2,
    "segment": SegmentInput(columns=["income", "visits"], log1p=["visits"], k=3),
    "ablations": {"with the segment": Ablation(segment=True), "without income": Ablation(drop=["inc*"])},
    "ablated": ["logistic"],
    "claim": PublishedClaim(model="logistic", accuracy=0.99, splits=10),
}


def table(classes=2, rows=240):
    return customers(rows, 11, classes).assign(customer=np.arange(rows))


@pytest.fixture(scope="module")
def found():
    return evaluate_response(table(), settings_for(**WHOLE), seed=7)


def test_the_report_keeps_the_contract(found):
    report = to_json(found.report)
    keys = {"target", "split", "folds", "majority_accuracy", "models", "best"}
    assert keys | {"ablation", "leakage", "seed_claim"} <= set(report)
    figures = {"accuracy", "balanced_accuracy", "precision", "recall", "f1"}
    figures |= {"roc_auc", "average_precision", "brier", "ece"}
    for model in report["models"].values():
        assert set(model) == figures
        assert all(set(one) == {"mean", "sd", "pooled"} for one in model.values())
    compared = {"a", "b", "metric", "mean", "lower", "upper", "p", "p_adjusted"}
    assert all(set(pair) == compared for pair in report["differences"])
    assert all({"check", "columns", "verdict"} <= set(finding) for finding in report["leakage"])
    assert report["best"] in report["models"]


def test_clean_customers_pass_the_whole_guard(found):
    assert "leak" not in {finding.verdict for finding in found.report["leakage"]}


def test_leaving_income_out_costs_and_the_segment_of_it_adds_nothing(found):
    ablation = found.report["ablation"]
    assert ablation["without income"]["logistic"]["roc_auc"]["difference"]["mean"] < -0.1
    assert abs(ablation["with the segment"]["logistic"]["roc_auc"]["difference"]["mean"]) < 0.05


def test_a_claim_beyond_reach_is_seen_as_such(found):
    claim = found.report["seed_claim"]
    assert claim["share_at_least_claimed"] == 0 and claim["majority"] < claim["median"] < 0.99


def test_responses_hold_each_customers_probability_and_reasons(found):
    cases, probabilities = by_case(found.responses)
    assert cases["customer"].tolist() == list(range(240))
    assert probabilities.shape == (2, 240, 1)
    assert set(found.responses["class"]) == {"1"}
    assert cases["reason"].str.len().min() > 5


def test_the_same_seed_gives_the_same_report_and_model(found):
    again = evaluate_response(table(), settings_for(**WHOLE, workers=2), seed=7)
    assert json.dumps(to_json(again.report)) == json.dumps(to_json(found.report))
    assert to_files(again.model) == to_files(found.model)
    assert again.responses.equals(found.responses)


def test_three_products_are_told_apart():
    bought = table(classes=3)
    bought["answer"] = bought["answer"].map({0: "KP281", 1: "KP481", 2: "KP781"})
    found = evaluate_response(bought, settings_for(**LIGHT), seed=7)
    assert found.report["classes"] == ("KP281", "KP481", "KP781")
    best = found.report["models"][found.report["best"]]["accuracy"]["mean"]
    assert best > found.report["majority_accuracy"]
    _, probabilities = by_case(found.responses)
    assert probabilities.shape == (1, 240, 3)
    assert np.allclose(probabilities.sum(axis=2), 1)


def test_identical_customers_with_different_units_are_kept_together():
    doubled = table().loc[lambda t: t.index.repeat(2)].assign(customer=np.arange(480), unit=np.arange(480))
    report = evaluate_response(doubled, settings_for(**LIGHT, unit="unit"), seed=7).report
    verdicts = {finding.check: finding.verdict for finding in report["leakage"]}
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
    forward = LIGHT | {"folds": 6, "time": "when", "unit": "customer", "leaking": ["paid"]}
    report = evaluate_response(cases, settings_for(**forward), seed=7).report
    verdicts = {finding.check: finding for finding in report["leakage"]}
    assert verdicts["permuted answers"].verdict == "clean"
    assert verdicts["declared"].columns == ("paid",)
    assert "paid reaches ROC AUC 1.000" in verdicts["declared"].evidence
    # The first half of the times is only learned from.
    assert (report["rows"], report["sample"]["rows"]) == (300, 150)


def test_without_a_target_the_tables_have_columns_and_no_rows(found):
    empty = ResponseEvaluation.empty()
    assert empty.report == {"skipped": "the study has no answer to predict"} and empty.model is None
    assert empty.responses.empty and list(empty.responses) == list(found.responses)
    assert {n: list(each) for n, each in empty.curves.items()} == {
        n: list(each) for n, each in found.curves.items()
    }


def test_a_target_with_one_class_is_refused():
    with pytest.raises(PersonaeError, match="target 'answer' has one class only"):
        evaluate_response(table().assign(answer=1), settings_for(), seed=7)


def sampled(rows=600, fit_rows=240, classes=2, **changes):
    people = table(classes, rows).assign(household=np.arange(rows) // 2)
    settings = settings_for(**LIGHT, unit="household", fit_rows=fit_rows, **changes)
    return people, sample_by_hash(people["household"], fit_rows), evaluate_response(people, settings, seed=7)


@pytest.mark.parametrize("classes", [2, 3])
def test_of_many_rows_a_sample_is_validated_and_the_model_predicts_the_others(classes):
    people, drawn, evaluation = sampled(classes=classes)
    assert evaluation.report["sampled"] == {"fit": len(drawn), "of": 600}
    assert evaluation.report["rows"] == evaluation.report["sample"]["rows"] == len(drawn)
    cases, given = by_case(evaluation.responses)
    assert cases["customer"].tolist() == people["customer"].tolist()
    assert cases["target"].tolist() == people["answer"].tolist()
    others = np.setdiff1d(np.arange(600), drawn)
    chances = evaluation.model.predict_proba(people.iloc[others])
    assert (given[0, others] == (chances[:, 1:] if classes == 2 else chances)).all()
    assert (cases["reason"].iloc[others] == "").all()
    households = people["household"].to_numpy()
    numbers = cases["unit"].to_numpy()
    assert len(np.unique(numbers[others])) == len(np.unique(households[others]))
    assert not np.isin(numbers[others], numbers[drawn]).any()
    alone = evaluate_response(
        people.iloc[drawn].reset_index(drop=True), settings_for(**LIGHT, unit="household"), seed=7
    )
    own, out_of_fold = by_case(alone.responses)
    assert (given[:, drawn] == out_of_fold).all()
    assert (numbers[drawn] == own["unit"]).all()


def test_the_past_is_not_predicted_by_a_model_that_knows_the_future():
    people = table(rows=600).assign(household=np.arange(600), day=np.arange(600) % 50)
    settings = settings_for(**LIGHT, unit="household", time="day", folds=5, fit_rows=300)
    _, given = by_case(evaluate_response(people, settings, seed=7).responses)
    drawn = sample_by_hash(people["household"], 300)
    others = np.setdiff1d(np.arange(600), drawn)
    first = people["day"].iloc[drawn[np.isfinite(given[0, drawn, 0])]].min()
    assert (np.isfinite(given[0, others, 0]) == (people["day"].iloc[others] >= first)).all()
    last = people["day"] >= 45
    changed = people.assign(answer=people["answer"].where(~last, 1 - people["answer"]))
    _, again = by_case(evaluate_response(changed, settings, seed=7).responses)
    before = others[(people["day"].iloc[others] >= first) & ~last.iloc[others]]
    assert (again[0, before] == given[0, before]).all()


def test_an_answer_that_no_drawn_row_has_is_named():
    people, drawn, _ = sampled()
    rare = people["answer"].where(np.isin(np.arange(600), drawn) | (np.arange(600) < 590), 2)
    settings = settings_for(**LIGHT, unit="household", fit_rows=240)
    with pytest.raises(PersonaeError, match="the answer 2 is too rare"):
        evaluate_response(people.assign(answer=rare), settings, seed=7)
