import numpy as np
import pytest

from personae.core.pooling import pooled_rates


def test_a_small_groups_rate_is_drawn_to_the_mean_and_a_large_ones_is_not():
    found = pooled_rates([0, 12, 400, 150, 90], [20, 48, 2000, 1500, 1800])
    assert found[0]["raw"] == 0 and 0.02 < found[0]["rate"] < 0.12
    assert found[1]["rate"] < found[1]["raw"] - 0.01
    assert abs(found[2]["rate"] - 0.2) < 0.005
    assert all(each["ci"][0] < each["rate"] < each["ci"][1] for each in found)


def test_groups_without_a_difference_share_one_rate_and_intervals_hold_the_truth():
    rng = np.random.default_rng(1)
    equal = pooled_rates(rng.binomial(100, 0.1, 8), np.full(8, 100))
    assert np.ptp([each["rate"] for each in equal]) < 0.05
    held = 0
    for _ in range(60):
        truth = rng.beta(4, 36, 12)
        sizes = rng.integers(30, 400, 12)
        rows = pooled_rates(rng.binomial(sizes, truth), sizes)
        held += sum(low <= p <= high for p, (low, high) in zip(truth, (r["ci"] for r in rows), strict=True))
    assert 0.90 <= held / 720 <= 0.98


@pytest.mark.parametrize(
    ("events", "rows", "least"), [([3, 4], [48, 50], 0.1), ([0, 0], [48, 50], 0.01), ([2], [48], 0.1)]
)
def test_few_groups_that_look_alike_are_not_taken_for_known(events, rows, least):
    for each in pooled_rates(events, rows):
        low, high = each["ci"]
        assert least < high - low < 0.2 and low <= each["rate"] <= high


def test_one_group_is_estimated_from_its_own_rows():
    [alone] = pooled_rates([300], [3000])
    assert alone["rate"] == pytest.approx(0.1, abs=0.001)
    assert alone["ci"] == pytest.approx((0.0898, 0.1113), abs=0.002)
