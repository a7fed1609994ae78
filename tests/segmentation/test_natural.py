import numpy as np

from personae.segmentation.natural import kind_of, supported_k

GAP = {"a": 0, "b": 1, "p_value": 1e-4, "dip_p": 1e-4, "depth": 0.1, "local_depth": 0.1}
NEARLY = {**GAP, "p_value": 0.15, "dip_p": 0.15, "depth": 0.78}
CUT = {**GAP, "p_value": 0.6, "dip_p": 0.9, "depth": 1.1, "local_depth": 1.2}
LABELS = {2: np.repeat([0, 1], 50), 3: np.repeat([0, 1, 2, 2], 25)}


def supported(two, three, jaccard=(0.9, 0.9)):
    return supported_k(LABELS, dict(zip((2, 3), jaccard, strict=True)), {2: two, 3: three}.__getitem__)


def test_the_largest_number_with_gaps_everywhere_is_supported():
    assert supported([GAP], [GAP, GAP]) == (3, "")
    assert supported([CUT], [CUT])[0] is None


def test_one_cut_or_one_segment_that_does_not_come_back_is_enough_against_a_number():
    between = {**GAP, "a": 1, "b": 2}
    assert supported([GAP], [between, CUT])[0] == 2
    assert supported([GAP], [between, between], jaccard=(0.9, 0.6))[0] == 2


def test_a_larger_number_that_nearly_has_gaps_leaves_it_undecided():
    k, reason = supported([GAP], [GAP, NEARLY])
    assert k is None
    assert "3 nearly" in reason


def test_a_gap_through_a_segment_leaves_it_undecided_even_where_the_finer_partition_is_unstable():
    k, reason = supported([GAP], [GAP], jaccard=(0.9, 0.2))
    assert k is None
    assert "falls apart" in reason


def test_a_column_that_falls_in_two_within_a_segment_leaves_it_undecided():
    asked = []

    def within(k):
        asked.append(k)
        return "spend"

    k, reason = supported_k(LABELS, {2: 0.9, 3: 0.2}, {2: [GAP], 3: [CUT]}.__getitem__, within)
    assert (k, asked) == (None, [2])
    assert reason.endswith("falls apart in spend")


def test_kinds_of_segmentation():
    assert kind_of(0.01, 0.9, [GAP]) == "natural"
    assert kind_of(0.01, 0.9, [GAP, CUT]) == "reproducible"
    assert kind_of(0.5, 0.9, [GAP]) == "reproducible"
    assert kind_of(0.01, 0.7, [GAP]) == "constructive"
