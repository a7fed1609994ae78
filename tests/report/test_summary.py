"""Promises of the main figures: one selection for table, DVC and MLflow; a dash for what is not there."""

from personae.report.summary import as_metrics, headline, headlines, summary

CAMPAIGN = {
    "prepare": {"data": "sample", "rows": 120},
    "segment": {"k": 5, "silhouette": 2.4, "verdict": "weak", "stability": {"min_jaccard": 0.8}},
    "target": {"listed": {"contacts": 30, "expected_profit": 412.4}},
}
AEROFIT = {
    "prepare": {"data": "sample", "rows": 60},
    "segment": {"k": 2, "silhouette": 3.0, "verdict": "weak"},
}


def response(rows, auc):
    """Report on a response model; one answer in five is the event."""
    best = {"roc_auc": {"mean": auc, "sd": 0.012}}
    return {"best": "svm", "rows": rows, "target": "paid", "classes": [0, 1], "majority_accuracy": 0.8} | {
        "models": {"svm": best},
        "selection": {"figures": best},
    }


def test_studies_stand_beside_each_other():
    campaign = CAMPAIGN | {"classify": response(1000, 0.9)}
    lines = summary({"campaign": campaign, "aerofit": AEROFIT}).splitlines()
    assert lines[0].split() == ["campaign", "aerofit"]
    assert ["customers", "120", "60"] in [line.split() for line in lines]
    assert ["silhouette", "2.400", "3.000"] in [line.split() for line in lines]
    assert ["ROC", "AUC", "0.900", "+-", "0.012", "-"] in [line.split() for line in lines]
    assert lines[-1].split() == ["expected", "profit", "412", "-"]


def test_what_no_result_has_is_left_out_of_headlines():
    names = ["data", "customers", "segments", "silhouette", "segments verdict"]
    assert [row[0] for row in headlines([AEROFIT])] == names


def test_metrics_are_single_figures_and_the_answer_s_words():
    metrics = as_metrics(headline(CAMPAIGN | {"classify": response(1000, 0.9), "promotions": [1, 2]}))
    assert metrics["segments_verdict"] == "take with care"
    assert (metrics["roc_auc"], metrics["contacts"], metrics["promotions"]) == (0.9, 30, 2)


def test_a_figure_on_too_few_cases_is_no_metric():
    metrics = headline(CAMPAIGN | {"classify": response(20, 1.0)})
    assert metrics["response_verdict"] == "too few to say"
    assert "roc_auc" not in metrics
