import numpy as np
import pandas as pd
import polars as pl
import pytest

from personae.core.tables import names


@pytest.mark.parametrize("values", [[1, 12345671, None], [1.0, 12345671.0, np.nan], [1, 12345671, pd.NA]])
def test_a_whole_number_has_one_name_whatever_its_type(values):
    assert names(values).tolist() == ["1", "12345671", ""]


@pytest.mark.parametrize("values", [[1, 2, None], [True, False, None], ["a", "b", None], [0.5, 1.0, None]])
def test_polars_and_pandas_give_the_same_names(values):
    series = pl.Series(values)
    assert names(series.to_pandas()).tolist() == names(series).tolist()


def test_numbers_that_differ_have_different_names():
    assert len(set(names([0.1 + 0.2, 0.3, 1e16, 1e16 + 2, 1234567.1, 1234567.2]))) == 6
