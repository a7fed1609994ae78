import re

import pytest
from tests.report.fabricated import study

from personae.report.traced import Traced
from personae.report.verdicts import verdicts


def told(findings):
    return verdicts({name: Traced(content, f"{name}.json#") for name, content in findings.reports.items()})


def test_where_everything_is_refused_nothing_is_supported():
    assert "supported" not in {verdict.level for verdict in told(study(refused=True))}


def test_verdict_of_the_segments_is_the_reports_own():
    for refused, level in ((False, "supported"), (True, "not supported")):
        first = told(study(refused=refused))[0]
        assert (first.level, first.evidence.key) == (level, "segment.json#")


def test_the_number_of_natural_groups_comes_first():
    findings = study(4)
    headline = "2 natural groups; the 4 segments cut them further"
    findings.reports["segment"] |= {
        "verdict": "weak",
        "headline": headline,
        "reason": f"{headline}; no gap between segments 0 and 1",
    }
    [first] = [each for each in told(findings) if each.evidence.key == "segment.json#"]
    assert first.text.startswith(f"{headline}: 300 customers, silhouette")
    assert first.text.endswith("Weak: no gap between segments 0 and 1.")


@pytest.mark.parametrize(
    ("interval", "level"), [([100, 300], "supported"), ([-50, 300], "weak")], ids=["sure", "unsure"]
)
def test_profit_is_supported_where_its_interval_beats_doing_nothing(interval, level):
    findings = study()
    findings.reports["target"]["profit"] |= {"model": 200.0, "model_ci": interval}
    assert [each.level for each in told(findings) if each.evidence.key.startswith("target")] == [level]


def test_a_leak_is_told():
    assert any("cannot be trusted" in verdict.text for verdict in told(study(refused=True)))


def test_what_could_not_be_measured_is_refused_with_the_reason():
    findings = study(1)
    [column] = findings.reports["impute"]["columns"].values()
    column["unseen"] |= {"verdict": "refuse", "rmse": None, "r2": None, "reason": "4 users: too few to tell"}
    [verdict] = [each for each in told(findings) if each.evidence.key.startswith("impute")]
    assert verdict.level == "not supported"
    assert verdict.text == "Income of customers without a value stays missing: 4 users: too few to tell."


@pytest.mark.parametrize("verdict", ["baseline", "refuse"])
def test_why_a_method_is_not_used_is_the_reason_and_not_its_error(verdict):
    findings = study(1)
    [column] = findings.reports["impute"]["columns"].values()
    why = "better than the baseline where it can be checked, but 77% lie inside the training range"
    column["unseen"] |= {"verdict": verdict, "reason": why}
    [sentence] = [each for each in told(findings) if each.evidence.key.startswith("impute")]
    assert why in sentence.text
    assert "does not beat" not in sentence.text


def test_a_merge_names_the_margins():
    findings = study(2)
    findings.reports["compare"]["merge"][0] |= {
        "verdict": "merge",
        "reason": "within its margin (age 3 years)",
    }
    [sentence] = [each for each in told(findings) if each.evidence.key.startswith("compare")]
    assert "age 3 years" in sentence.text


def test_what_rests_on_a_leaking_model_is_not_supported():
    findings = study()
    findings.reports["classify"]["leakage"][0]["verdict"] = "leak"
    doubted = {each.level for each in told(findings) if each.evidence.key.startswith(("classify", "target"))}
    assert doubted == {"not supported"}


def test_many_pairs_are_one_sentence_with_counts():
    texts = [verdict.text for verdict in told(study(12)) if verdict.evidence.key.startswith("compare")]
    assert texts == ["66 pairs of segment: 66 keep."]


@pytest.mark.parametrize("name", ["merge", "inconclusive"])
def test_pairs_are_named_with_their_verdict(name):
    findings = study(2)
    findings.reports["compare"]["merge"][0]["verdict"] = name
    [verdict] = [each for each in told(findings) if each.evidence.key.startswith("compare")]
    assert "group 0 and group 1" in verdict.text
    assert (verdict.level == "supported") == (name == "merge")


@pytest.mark.parametrize(
    ("decision", "said"),
    [("merge", "they are counted as one is a decision"), ("keep", "they stay apart is a decision")],
)
def test_of_an_inconclusive_pair_the_sentence_says_that_the_settings_decided(decision, said):
    findings = study(2, refused=True)
    findings.reports["compare"]["merge"][0]["decision"] = decision
    [verdict] = [each for each in told(findings) if each.evidence.key.startswith("compare")]
    assert f"{said} of the settings (on_inconclusive: {decision})." in verdict.text


@pytest.mark.parametrize(
    ("verdict", "who"),
    [("inconclusive", "the settings (on_inconclusive: merge)"), ("merge", "the verdict on them")],
)
def test_what_predicts_merged_classes_says_so_and_who_merged_them(verdict, who):
    findings = study(2)
    findings.reports["compare"]["merge"][0] |= {"a": "yes", "b": "maybe", "verdict": verdict}
    said = f"Response can be predicted after yes and maybe were counted as one by {who}: ROC AUC"
    assert any(said in each.text for each in told(findings))


def test_classes_that_stayed_as_they_were_need_no_word():
    findings = study(2)
    findings.reports["classify"]["groups"] = {"yes": "yes", "no": "no"}
    assert any("Response can be predicted: ROC AUC" in each.text for each in told(findings))


def test_without_reports_there_is_no_verdict():
    assert verdicts({}) == []


def test_a_model_of_few_rows_of_an_answer_is_too_few_to_say_however_good():
    findings = study(2)
    findings.reports["classify"] |= {"rows": 14, "majority_accuracy": 8 / 14}
    found = [each for each in told(findings) if each.evidence.key.startswith("classify")]
    assert {each.level for each in found} == {"not supported"}
    assert all("too few to say, about 6 rows of the rarest answer" in each.text for each in found)


def test_columns_are_called_by_their_labels():
    findings = study(2)
    [name] = findings.reports["impute"]["columns"]
    reports = {name: Traced(content, f"{name}.json#") for name, content in findings.reports.items()}
    assert any(
        each.text.startswith("Yearly income of") for each in verdicts(reports, {name: "yearly income"})
    )


def test_too_few_rows_have_the_interval_over_rows_and_no_spread_of_zero():
    findings = study(2)
    classify = findings.reports["classify"]
    classify |= {"rows": 14, "majority_accuracy": 8 / 14, "sample": {"roc_auc_ci": [0.54, 1.0]}}
    classify["models"]["xgboost"] = {
        name: {"mean": 1.0, "sd": 0.0, "pooled": 1.0} for name in classify["models"]["xgboost"]
    }
    said = " ".join(re.sub(r"<[^>]+>", "", each.text) for each in told(findings))
    assert "ROC AUC 1.00 (0.54 to 1.00) over folds of 14 rows" in said
    assert "± 0.0" not in said
