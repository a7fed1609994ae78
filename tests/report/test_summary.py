"""Promises of the summary: the main figures of each study in columns, a dash for what is not there."""

from personae.report.summary import headlines, summary

CAMPAIGN = {
    "prepare": {"data": "sample", "rows": 120},
    "segment": {"k": 5, "silhouette": 2.4, "verdict": "weak"},
    "classify": {"best": "svm", "models": {"svm": {"roc_auc": {"mean": 0.9, "sd": 0.012}}}},
}
AEROFIT = {"prepare": {"data": "sample", "rows": 60}, "segment": {"k": 2, "silhouette": 3.0}}


def test_studies_stand_beside_each_other():
    lines = summary({"campaign": CAMPAIGN, "aerofit": AEROFIT}).splitlines()
    assert lines[0].split() == ["campaign", "aerofit"]
    assert ["customers", "120", "60"] in [line.split() for line in lines]
    assert ["silhouette", "2.400", "3.000"] in [line.split() for line in lines]
    assert "ROC AUC              0.900 +- 0.012  -" in lines
    assert lines[-1].split() == ["profit", "by", "the", "model", "-", "-"]


def test_what_no_result_has_is_left_out_of_headlines():
    assert [row[0] for row in headlines([AEROFIT])] == ["data", "customers", "segments", "silhouette"]
