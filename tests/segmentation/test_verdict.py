import pytest

from personae.segmentation.verdict import judge

GAP, CUT = {"a": 0, "b": 1, "gap": True}, {"a": 1, "b": 2, "gap": False}


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
    judged, reason = judge(p, jaccard, freely, k=2, supported_k=2, borders=[GAP])
    assert judged == verdict
    assert reason


@pytest.mark.parametrize(
    ("k", "supported_k", "borders", "reason"),
    [
        (
            3,
            2,
            [GAP, CUT],
            "2 natural groups; the 3 segments cut them further; no gap between segments 1 and 2",
        ),
        (3, None, [GAP, CUT], "no gaps; no gap between segments 1 and 2"),
        (2, 3, [GAP], "3 natural groups; the 2 segments join some of them"),
        (2, None, [GAP], "no gaps"),
        (2, None, [], "no gaps; no border could be judged"),
    ],
)
def test_cuts_and_other_numbers_than_the_supported_one_are_weak(k, supported_k, borders, reason):
    assert judge(0.01, 0.9, k=k, supported_k=supported_k, borders=borders, why="no gaps") == ("weak", reason)
