import numpy as np
import pytest

from personae.segmentation.dip import dip, dip_p_value, is_heaped

# Ages of statisticians at a faculty, the example of Hartigan and Hartigan; their own figure is 0.0595.
FACULTY = [
    30,
    33,
    35,
    36,
    37,
    37,
    39,
    39,
    39,
    39,
    39,
    40,
    40,
    40,
    40,
    41,
    42,
    43,
    43,
    43,
    44,
    44,
    45,
    45,
    46,
    47,
    47,
    48,
    48,
    48,
    49,
    50,
    50,
    51,
    52,
    52,
    53,
    53,
    53,
    53,
    53,
    54,
    54,
    57,
    57,
    59,
    60,
    60,
    60,
    61,
    61,
    61,
    61,
    62,
    62,
    62,
    62,
    63,
    66,
    70,
    72,
    72,
]


@pytest.mark.parametrize(
    ("values", "doubled"),
    [
        ([0, 0, 0, 0, 1, 1, 1, 1], 4),
        ([0, 0, 0, 1, 1, 1, 1, 2, 2], 3),
        ([0, 1, 1, 1, 1, 1, 2], 1),
        ([0, 0, 0, 1, 2, 2, 2, 2], 3),
        ([0, 0, 1, 1, 2, 2, 3, 3], 2),
    ],
)
def test_dip_of_tied_values_is_that_of_the_reference_implementation(values, doubled):
    assert dip(np.array(values, float)) * 2 * len(values) == pytest.approx(doubled)


def test_dip_of_the_reference_implementation_on_a_known_sample():
    assert dip(np.array(FACULTY, float)) == pytest.approx(0.06048387096774194)


def test_dip_knows_no_unit_and_no_direction():
    values = np.random.default_rng(0).normal(size=80)
    assert dip(values) == pytest.approx(dip(-1000 * values + 3))


@pytest.mark.parametrize("rows", [15, 150])
def test_p_values_of_the_uniform_law_are_uniform(rows):
    rng = np.random.default_rng(rows)
    p = np.array([dip_p_value(rng.random(rows)) for _ in range(600)])
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.027)
    assert (p <= 0.2).mean() == pytest.approx(0.2, abs=0.05)


def test_two_humps_are_seen_and_one_is_not():
    rng = np.random.default_rng(1)
    one = rng.normal(size=200)
    assert dip_p_value(one) > 0.2
    assert dip_p_value(np.r_[one, rng.normal(5, 1, 200)]) < 0.001


def test_a_value_that_many_have_is_a_heap():
    assert is_heaped(np.r_[np.zeros(10), np.arange(1, 100)])
    assert not is_heaped(np.arange(100.0))
