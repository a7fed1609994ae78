import numpy as np
import pandas as pd
import polars as pl
import pytest

from personae.core import tables
from personae.core.errors import PersonaeError
from personae.core.tables import Prepared, names


def test_equal_tables_are_equal_bytes(tmp_path):
    table = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})
    for name in "pq":
        tables.write(tmp_path / name, table)
    assert (tmp_path / "p").read_bytes() == (tmp_path / "q").read_bytes()
    assert tables.read(tmp_path / "p").equals(table)
    with pytest.raises(PersonaeError, match="no such table"):
        tables.read(tmp_path / "r")


def test_figures_for_people_have_six_digits(tmp_path):
    tables.write_csv(tmp_path / "t.csv", pl.DataFrame({"k": [2], "silhouette": [0.123456789]}))
    assert (tmp_path / "t.csv").read_text() == "k,silhouette\n2,0.123457\n"


def test_the_report_has_the_keys_of_the_contract():
    prepared = Prepared(
        tables={"customers": pl.DataFrame({"a": [1, None], "b": [1, 2]})},
        duplicates={"rows": 1},
        repairs=[("rule", "a", 1), ("other rule", "a", 0)],
        rejected={"too old": 0, "too new": 2},
        notes={"days": 3},
    )
    report = prepared.report("sample")
    assert report["missing"] == {"a": {"count": 1, "share": 0.5}}
    assert (report["rows"], report["columns"], report["data"], report["days"]) == (2, 2, "sample", 3)
    assert report["duplicates"] == {"rows": 1, "groups": 0, "conflicting_target_groups": 0}
    assert report["repairs"] == [{"rule": "rule", "column": "a", "rows": 1}]
    assert report["rejected"] == [{"reason": "too new", "rows": 2}]


@pytest.mark.parametrize("values", [[1, 12345671, None], [1.0, 12345671.0, np.nan], [1, 12345671, pd.NA]])
def test_a_whole_number_has_one_name_whatever_its_type(values):
    assert names(values).tolist() == ["1", "12345671", ""]


@pytest.mark.parametrize("values", [[1, 2, None], [True, False, None], ["a", "b", None], [0.5, 1.0, None]])
def test_polars_and_pandas_give_the_same_names(values):
    series = pl.Series(values)
    assert names(series.to_pandas()).tolist() == names(series).tolist()


def test_numbers_that_differ_have_different_names():
    assert len(set(names([0.1 + 0.2, 0.3, 1e16, 1e16 + 2, 1234567.1, 1234567.2]))) == 6
