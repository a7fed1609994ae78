import pytest

from personae.segmentation.verdict import judge


@pytest.mark.parametrize(
    ("p", "jaccard", "freely", "verdict"),
    [
        (0.05, 0.75, True, "supported"),
        (0.05, 0.74, True, "weak"),
        (0.05, 0.9, False, "weak"),
        (0.051, 0.9, True, "not supported"),
        (float("nan"), 0.9, True, "not supported"),
    ],
)
def test_the_verdict_follows_the_rule_and_says_why(p, jaccard, freely, verdict):
    judged, reason = judge(p, jaccard, freely)
    assert judged == verdict
    assert reason
