import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from personae.config.compose import compose
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.report.page import Findings, render
from personae.response.evaluate import evaluate_response
from personae.response.merged_classes import failures, merge_classes
from personae.response.model import from_files, to_files
from personae.response.published import single_split
from personae.response.settings import Classify, Guard, Logistic, Merging
from personae.studies.aerofit import source as aerofit
from personae.studies.aerofit.settings import AerofitPrepare
from personae.studies.aerofit.simulate import simulate

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
FEATURES = ["Age", "Gender", "Education", "MaritalStatus", "Usage", "Fitness", "Income", "Miles"]
MERGING = Merging(model="logistic", repeats=2, published=0.6389, test_share=0.2, random_state=42)
MERGED = {"KP281": "KP281+KP481", "KP481": "KP281+KP481", "KP781": "KP781"}
STUDY = compose("aerofit", Path("conf"), None)  # with standard effort, whatever the sample is run with
OWN = STUDY["classify"]
SETTINGS = Classify(
    target="Product",
    features=FEATURES,
    models={"logistic": Logistic(max_iter=1000)},
    merging=MERGING,
    unit=None,
    calibrations=["none"],
    select="roc_auc",
    folds=4,
    repeats=2,
    workers=1,
    shuffles=1,
    guard=Guard(permutations=1),
)


@pytest.fixture(scope="module")
def buyers():
    return simulate(180, seed=20).to_pandas().assign(customer=np.arange(180) + 1)


def merge(buyers, groups):
    """The part of the evaluation that compares both sets of classes."""
    return merge_classes(buyers, SETTINGS, MERGING, groups, seed=3)


@pytest.fixture(scope="module")
def evaluation(buyers):
    return evaluate_response(buyers, SETTINGS, MERGED, seed=3)


@pytest.fixture(scope="module")
def merged(evaluation):
    return evaluation.report


def test_the_saved_model_knows_which_values_of_the_file_were_merged(evaluation):
    assert from_files(to_files(evaluation.model)).merged == MERGED


def test_the_equal_products_are_confused_and_the_merge_ends_it(merged):
    before, after = merged["before"], merged["after"]
    pairs = merged["failures"]["pairs"]
    assert {pairs[0]["a"], pairs[0]["b"]} == {"KP281", "KP481"}
    assert pairs[0]["share"] > 0.8
    assert before["models"]["logistic"]["accuracy"]["mean"] < 0.75
    assert after["models"]["logistic"]["accuracy"]["mean"] > 0.9
    assert (before["majority_accuracy"], after["majority_accuracy"]) == pytest.approx((4 / 9, 7 / 9))
    assert (before["folds"], before["repeats"]) == (4, 2)
    assert merged["models"]["logistic"]["accuracy"]["mean"] > 0.9
    assert merged["classes"] == ("KP281+KP481", "KP781")
    assert merged["groups"] == MERGED


def test_three_classes_have_prediction_sets_and_two_have_none(merged):
    sets = merged["before"]["prediction_sets"]
    assert set(sets["classes"]) == set(MERGED)
    assert sets["coverage_ci"][1] >= sets["level"] == 0.9
    # The two that are bought alike stand in the sets of each other, the third alone.
    assert sets["classes"]["KP281"]["mean_size"] > sets["classes"]["KP781"]["mean_size"]
    assert "prediction_sets" not in merged["after"]
    assert "prediction_sets" not in merged


def test_the_published_split_stands_beside_the_folds(merged):
    claim = merged["seed_claim"]
    assert (claim["claimed"], claim["splits"]) == (0.6389, 8)
    assert claim["lower"] <= claim["median"] <= claim["upper"]
    assert claim["after"]["accuracy"] > claim["before"]["accuracy"]
    assert set(claim["after"]["precision"]) == {"KP281+KP481", "KP781"}


def test_failures_of_the_merged_classes_name_rows(merged):
    found = merged["failures_after"]
    assert sum(sum(row.values()) for row in found["confusion"].values()) == pytest.approx(180)
    assert all(row["wrong"] > 0.5 and row["actual"] != row["predicted"] for row in found["rows"])


def test_a_merge_of_all_classes_leaves_what_was_found_before_it_and_says_why_there_is_no_more(buyers):
    found = evaluate_response(buyers, SETTINGS, dict.fromkeys(MERGED, "all"), seed=3)
    reason = "the merge leaves one class of Product, all: nothing to predict"
    assert found.model is None
    assert found.responses.empty
    assert found.report["after"] == found.report["models"] == {"skipped": reason}
    assert found.report["before"]["models"]["logistic"]["accuracy"]["mean"] < 0.75
    assert found.report["failures"]["pairs"]
    page = render(Findings("gym", to_json({"classify": found.report})))
    for text in (
        reason,
        "Before groups were merged",
        "before the merge",
        "Where logistic fails",
        "Prediction sets by",
    ):
        assert text in page
    assert "after the merge" not in page


def test_rows_that_were_not_compared_are_left_out_with_the_reason(buyers):
    odd = buyers.assign(Product=buyers["Product"].mask(buyers.index < 2, "KP999").mask(buyers.index == 9))
    kept = buyers.drop(index=[0, 1, 9])
    (rows, report), (_, clean) = (merge(each, MERGED) for each in (odd, kept))
    assert [(left["name"], left["rows"]) for left in report["left_out"]] == [("", 1), ("KP999", 2)]
    missing, few = (left["reason"] for left in report["left_out"])
    assert missing == "Product is missing"
    assert "fewer rows than compare.rules.min_group" in few
    assert clean["left_out"] == []
    assert repr(report | {"left_out": []}) == repr(clean)
    assert not {1, 2, 10} & set(rows["customer"])


def test_a_table_of_which_nothing_was_compared_is_refused(buyers):
    with pytest.raises(PersonaeError, match="column Product holds 'KP281'; compared were red, blue"):
        evaluate_response(buyers, SETTINGS, {"red": "a", "blue": "a"}, seed=3)


def test_numeric_classes_are_found_under_the_names_they_were_compared_by(buyers):
    codes = {"KP281": 12345671, "KP481": 12345672, "KP781": 12345673}
    groups = {str(code): MERGED[name] for name, code in codes.items()}
    coded = buyers.assign(Product=buyers["Product"].map(codes).astype(float))
    rows, report = merge(coded, groups)
    assert set(rows["Product"]) == set(report["after"]["classes"]) == {"KP281+KP481", "KP781"}
    assert set(report["failures"]["confusion"]) == set(groups)
    coded.loc[0, "Product"] = np.nan
    rows, report = merge(coded, groups)
    assert [left["rows"] for left in report["left_out"]] == [1]
    assert set(rows["Product"]) == {"KP281+KP481", "KP781"}


def test_failures_are_the_confusion_matrix_of_each_repeat():
    rng = np.random.default_rng(0)
    target, probabilities = rng.integers(0, 3, 60), rng.dirichlet([1, 1, 1], (4, 60))
    found = failures("m", target, probabilities, ["a", "b", "c"], range(60))
    expected = np.mean([confusion_matrix(target, one.argmax(axis=1)) for one in probabilities], axis=0)
    np.testing.assert_allclose([list(row.values()) for row in found["confusion"].values()], expected)
    assert sum(pair["rows"] for pair in found["pairs"]) == pytest.approx(expected.sum() - np.trace(expected))
    assert sum(pair["share"] for pair in found["pairs"]) == pytest.approx(1)
    wrong = (probabilities.argmax(axis=2) != target).mean(axis=0)
    assert [row["customer"] for row in found["rows"]] == np.flatnonzero(wrong > 0.5).tolist()
    assert [row["wrong"] for row in found["rows"]] == wrong[wrong > 0.5].tolist()


needs_originals = pytest.mark.skipif(
    not (ORIGINALS / "aerofit").is_dir(), reason="the original files are not there"
)


@pytest.mark.originals
@needs_originals
def test_the_published_split_is_reproduced_on_the_original_file():
    table = pd.read_csv(ORIGINALS / "aerofit" / "aerofit_treadmill.csv", encoding="utf-8-sig")
    split = {"target": "Product", "columns": FEATURES, "merging": MERGING}
    two = table.assign(Product=table["Product"].map(MERGED))
    assert single_split(table, **split)["accuracy"] == pytest.approx(23 / 36)
    after = single_split(two, **split)
    assert after["accuracy"] == pytest.approx(34 / 36)
    assert (after["precision"]["KP781"], after["recall"]["KP781"]) == pytest.approx((1.0, 7 / 9))
    assert single_split(two, **split, encoding="integer codes")["accuracy"] == pytest.approx(35 / 36)


@pytest.mark.originals
@needs_originals
@pytest.mark.parametrize(
    ("repeats", "apart"),
    [
        pytest.param(3, 0.03, id="sample"),
        # As much as another seed changes: folds and forests are drawn again.
        pytest.param(20, 0.02, id="full", marks=pytest.mark.slow),
    ],
)
def test_repeated_folds_on_the_original_file_are_as_measured(repeats, apart):
    light = {
        "merging": OWN["merging"] | {"repeats": repeats},
        "calibrations": ["none"],
        "repeats": 1,
        "shuffles": 1,
        "guard": {"suspicious_auc": 0.98, "permutations": 1},
    }
    products = AerofitPrepare(source="aerofit", products=list(MERGED))
    buyers = aerofit.prepare(ORIGINALS / "aerofit", products).tables["customers"].to_pandas()
    settings = Classify.model_validate_json(json.dumps(OWN | light))
    found = evaluate_response(buyers, settings, MERGED, seed=STUDY["seed"]).report
    for figures, majority, mean, sd in [
        (found["before"], 4 / 9, 0.645, 0.070),
        (found["after"], 7 / 9, 0.970, 0.028),
    ]:
        assert (figures["folds"], figures["repeats"]) == (5, repeats)
        assert figures["majority_accuracy"] == pytest.approx(majority)
        accuracy = figures["models"]["random_forest"]["accuracy"]
        assert accuracy["mean"] == pytest.approx(mean, abs=apart)
        assert accuracy["sd"] == pytest.approx(sd, abs=apart)
