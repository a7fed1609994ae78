import numpy as np
import polars as pl
import pytest

from personae.monitoring.migration import hysteresis, steps


def times(*rows):
    """A time each: segment and margin by customer; who is left out is away."""
    return [
        pl.DataFrame(
            [(name, *at) for name, at in time.items()],
            schema={"customer": pl.String, "segment": pl.Int64, "margin": pl.Float64},
            orient="row",
        )
        for time in rows
    ]


def test_a_customer_on_a_border_stays_where_they_were():
    made = hysteresis(times({"a": (0, 0.9)}, {"a": (1, 0.09)}, {"a": (1, 0.1)}, {"a": (0, 0.01)}))
    assert [each["segment"][0] for each in made] == [0, 0, 1, 1]
    assert [each["margin"][0] for each in made] == [0.9, 0.09, 0.1, 0.01]


def test_who_was_away_comes_back_to_the_segment_that_held():
    made = hysteresis(times({"a": (0, 0.9), "b": (1, 0.5)}, {"b": (1, 0.5)}, {"a": (1, 0.05), "b": (1, 0.5)}))
    assert made[2].rows_by_key("customer", named=False)["a"][0][1 - 1] == 0


def test_moves_are_counted_among_those_in_both():
    first, second, third = times(
        {"a": (0, 1), "b": (0, 1), "c": (1, 1), "gone": (1, 1)},
        {"a": (1, 1), "b": (0, 1), "c": (0, 1), "new": (0, 1)},
        {"a": (0, 1), "b": (0, 1), "c": (0, 1)},
    )
    one, two = steps([first, second, third])
    assert one["moved"] == pytest.approx(2 / 3)
    assert [tuple(each.values()) for each in one["moves"]] == [(0, 0, 1), (0, 1, 1), (1, 0, 1)]
    assert np.isnan(one["undone"])
    assert two["undone"] == 0.5  # a is back, c stayed where it went
    assert steps(times({"a": (0, 1)}, {"b": (0, 1)}))[0]["moves"] == []
