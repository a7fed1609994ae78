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


@pytest.mark.parametrize(
    ("interval", "level"), [([100, 300], "supported"), ([-50, 300], "weak")], ids=["sure", "unsure"]
)
def test_profit_is_supported_where_its_interval_beats_doing_nothing(interval, level):
    findings = study()
    findings.reports["target"]["profit"] |= {"model": 200.0, "model_ci": interval}
    assert [each.level for each in told(findings) if each.evidence.key.startswith("target")] == [level]


def test_a_leak_is_told():
    assert any("cannot be trusted" in verdict.text for verdict in told(study(refused=True)))


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


def test_without_reports_there_is_no_verdict():
    assert verdicts({}) == []
