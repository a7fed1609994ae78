import numpy as np
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.inference.values import (
    design_matrix,
    is_number,
    known,
    one_row_a_unit,
    read_column,
    read_groups,
)


@pytest.mark.parametrize("ages", [[20.0, None, 40.0], [20.0, float("nan"), 40.0], [20, None, 40]])
def test_a_missing_value_stays_visible(ages):
    table = pl.DataFrame({"age": ages, "sex": ["m", None, "f"], "member": [True, False, True]})
    age, sex, member = (read_column(table, name) for name in ("age", "sex", "member"))
    assert [is_number(values) for values in (age, sex, member)] == [True, False, False]
    np.testing.assert_array_equal(age, [20, np.nan, 40])
    np.testing.assert_array_equal(sex, ["m", "", "f"])
    assert known(age).tolist() == known(sex).tolist() == [True, False, True]
    assert known(member).all()


def test_infinite_numbers_and_unknown_columns_are_refused():
    table = pl.DataFrame({"age": [1.0, float("inf")]})
    with pytest.raises(PersonaeError, match="column age holds an infinite number"):
        read_column(table, "age")
    with pytest.raises(PersonaeError, match="column Age is not in the table; it has age"):
        read_column(table, "Age")


def test_every_feature_weighs_the_same():
    rng = np.random.default_rng(0)
    columns = [
        rng.normal(50_000, 10_000, 300),
        rng.choice(["m", "f"], 300),
        rng.choice(list("abcdef"), 300),
        np.ones(300),
    ]
    matrix = design_matrix(columns, np.ones(300, dtype=bool))
    assert matrix.var(axis=0)[0] == pytest.approx(1)
    assert matrix.var(axis=0)[1:3].sum() == pytest.approx(1)
    assert matrix.var(axis=0)[3:9].sum() == pytest.approx(1)
    assert matrix[:, 9].tolist() == [0] * 300


def test_a_unit_counts_once():
    days = pl.DataFrame(
        {
            "user": [1, 1, 2, 3],
            "segment": ["a", "a", "b", "b"],
            "steps": [1.0, 3.0, 5.0, 7.0],
            "sex": ["m", "m", "f", "f"],
            "weekday": ["mo", "tu", "mo", "mo"],
        }
    )
    users, varying = one_row_a_unit(days, "user", "segment")
    assert users["steps"].to_list() == [2, 5, 7]
    assert users["sex"].to_list() == ["m", "f", "f"]
    assert varying == ["weekday"]


def test_a_unit_in_two_groups_is_refused():
    days = pl.DataFrame({"user": [1, 1], "segment": ["a", "b"], "steps": [1, 2]})
    with pytest.raises(PersonaeError, match="a user has rows in several groups"):
        one_row_a_unit(days, "user", "segment")


def test_group_codes_that_a_float_cannot_hold_are_refused():
    assert read_groups(pl.DataFrame({"code": [2**53 - 1]}), "code").tolist() == [str(2**53 - 1)]
    with pytest.raises(PersonaeError, match="column code holds group codes beyond 2\\^53"):
        read_groups(pl.DataFrame({"code": [2**53 + 1]}), "code")


def test_groups_that_are_numbers_stay_with_their_units():
    days = pl.DataFrame({"user": [1, 1, 2], "segment": [0, 0, 1], "steps": [1, 3, 5]})
    users, _ = one_row_a_unit(days, "user", "segment")
    assert read_groups(users, "segment").tolist() == ["0", "1"]
