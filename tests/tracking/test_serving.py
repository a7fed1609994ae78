"""Wrong bodies of a scoring request: none ends in a 5xx, tells a trace, a path or another customer's cells."""

import json

import polars as pl
import pytest

from personae.scoring.scorer import load_scorer
from personae.studies.campaign.source import FILE
from personae.tracking import serving
from personae.tracking.serving import respond

JSON = "application/json"
DROPPED = object()


@pytest.fixture(scope="module")
def scorer(scored_project):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(scored_project)
        yield load_scorer("campaign")


@pytest.fixture(scope="module")
def customers(scored_project):
    """Rows as a client would send them: numbers as numbers, without the answer."""
    rows = pl.read_csv(scored_project / "data/campaign" / FILE, separator="\t").drop("Response")
    return rows.filter(pl.col("Income") < 200_000, pl.col("Year_Birth") > 1945).to_dicts()


def ask(scorer, given, content_type=JSON):
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    status, text = respond(scorer, body, content_type)
    assert status < 500
    for told in ("Traceback", 'File "', "/tmp", "site-packages", "<script>"):
        assert told not in text
    return status, json.loads(text)


def one(scorer, customers, **cells):
    row = {name: cell for name, cell in (customers[0] | cells).items() if cell is not DROPPED}
    status, answer = ask(scorer, {"dataframe_records": [row]})
    assert status == 200
    (found,) = answer["predictions"]
    return found


def good(scorer, customers):
    found = one(scorer, customers)
    assert found["problem"] is None
    assert 0 < found["probability"] < 1
    return found


PROBLEMS = {
    "income in words": ({"Income": "lots"}, "column Income holds 'lots'; expected a number"),
    "unseen degree": ({"Education": "Doctor"}, "column Education holds 'Doctor'; expected one of"),
    "no degree": ({"Education": None}, "column Education holds None"),
    "degree in figures": ({"Education": 3}, "column Education holds '3'; expected one of"),
    "ISO date": ({"Dt_Customer": "2013-05-01"}, "expected day-month-year such as"),
    "half a child": ({"Kidhome": 1.5}, "column Kidhome holds '1.5'; expected a whole number"),
    "negative wine": ({"MntWines": -5}, "column MntWines holds -5"),
    "very negative wine": ({"MntWines": -20000}, "column MntWines holds -20000"),
    "income beyond all": ({"Income": 1e308}, "column Income holds"),
    "recency beyond all": ({"Recency": 1e308}, "column Recency holds"),
    "far recency": ({"Recency": 1e17}, "column Recency holds"),
    "endless income": ({"Income": float("inf")}, "expected a finite number"),
    "a list for a number": ({"Income": [1, 2]}, "column Income holds '[1, 2]'"),
    "an object for a word": ({"Education": {"a": 1}}, "column Education holds"),
    "truth for a number": ({"Income": True}, ""),
    "no identifier": ({"ID": None}, "column ID has no value"),
}
ANSWERED = {
    "income null": ({"Income": None}, "Income: missing"),
    "income not a number": ({"Income": float("nan")}, "Income: missing"),
    "income as text": ({"Income": "52000"}, ""),
    "identifier in words": ({"ID": "x"}, ""),
    "identifier beyond 64 bits": ({"ID": 2**63}, ""),
    "surplus column": ({"surplus": "<script>"}, ""),
    "no revenue": ({"Z_Revenue": 0}, ""),
}
REFUSED = {
    "as_of is a number": ({"params": {"as_of": 7}}, 400, "param as_of holds 7"),
    "as_of is no day": ({"params": {"as_of": "soon"}}, 400, "param as_of holds 'soon'"),
    "unknown param": ({"params": {"asof": "2015-01-01"}}, 400, "param 'asof' is unknown"),
    "too many reasons": ({"params": {"reasons": 99}}, 400, "param reasons holds 99"),
    "params are a list": ({"params": [1]}, 400, "params is no object"),
    "unknown key": ({"rows": []}, 400, "key 'rows' is unknown"),
    "no rows": ({"dataframe_records": []}, 400, "there is no row"),
    "rows are no objects": ({"dataframe_records": [1]}, 400, "no list of objects"),
    "both formats": ({"dataframe_split": {}}, 400, "expected an object with one of"),
}
BODIES = {
    "broken": (b"{", JSON, 400),
    "empty": (b"", JSON, 400),
    "no object": (b"[1]", JSON, 400),
    "wrong key": (b'{"rows": []}', JSON, 400),
    "split without data": (b'{"dataframe_split": {"columns": ["ID"]}}', JSON, 400),
    "split of other widths": (b'{"dataframe_split": {"columns": ["ID"], "data": [[1, 2]]}}', JSON, 400),
    "not UTF-8": (b'{"dataframe_records": [{"ID": "\xff"}]}', JSON, 400),
    "deeply nested": (b"[" * 100_000, JSON, 400),
    "as plain text": (b'{"dataframe_records": [{}]}', "text/plain", 415),
    "in another encoding": (b"{}", "application/json; charset=latin-1", 415),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_cell_that_does_not_fit_is_its_rows_problem(scorer, customers, case):
    cells, message = PROBLEMS[case]
    found = one(scorer, customers, **cells)
    if message:
        assert message in found["problem"]
        assert found["decision"] == "none"
        others = {
            str(cell)
            for name, cell in customers[0].items()
            if name not in cells and cell not in {0, 1, 3, 11}
        }
        assert not [cell for cell in others if f"'{cell}'" in found["problem"]]


@pytest.mark.parametrize("case", ANSWERED)
def test_an_unusual_cell_is_answered_and_told(scorer, customers, case):
    cells, flags = ANSWERED[case]
    found = one(scorer, customers, **cells)
    assert (found["problem"], found["flags"]) == (None, flags)
    assert found["customer"] == str(cells.get("ID", customers[0]["ID"]))


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_cannot_be_meant_is_refused(scorer, customers, case):
    changes, status, message = REFUSED[case]
    found, answer = ask(scorer, {"dataframe_records": customers[:1]} | changes)
    assert (found, message in answer["message"]) == (status, True)


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_cannot_be_read_is_refused(scorer, case):
    body, kind, status = BODIES[case]
    found, answer = ask(scorer, body, kind)
    assert found == status
    assert set(answer) == {"error_code", "message"}


def test_a_missing_column_is_named_and_a_missing_cell_flagged(scorer, customers):
    status, answer = ask(
        scorer, {"dataframe_records": [{k: v for k, v in customers[0].items() if k != "Income"}]}
    )
    assert (status, answer["message"]) == (400, "column Income is missing")
    second = {name: cell for name, cell in customers[1].items() if name != "Income"}
    status, answer = ask(scorer, {"dataframe_records": [customers[0], second]})
    assert [row["flags"] for row in answer["predictions"]] == ["", "Income: missing"]


def test_no_revenue_is_minus_the_cost(scorer, customers):
    found = one(scorer, customers, Z_Revenue=0)
    assert (found["expected_profit"], found["decision"]) == (-3.0, "none")


def test_params_are_meant_and_said_in_every_row(scorer, customers):
    asked = {"dataframe_records": customers[:2], "params": {"as_of": "2015-01-01", "reasons": 2}}
    status, answer = ask(scorer, asked)
    assert status == 200
    assert {row["as_of"] for row in answer["predictions"]} == {"2015-01-01"}
    assert all(row["reason_2"] and row["reason_3"] is None for row in answer["predictions"])


def test_split_rows_are_the_same_as_records(scorer, customers):
    names = list(customers[0])
    split = {"columns": names, "data": [[row[name] for name in names] for row in customers[:3]]}
    assert ask(scorer, {"dataframe_split": split}) == ask(scorer, {"dataframe_records": customers[:3]})


def test_one_bad_row_in_a_thousand_leaves_the_others_their_answers(scorer, customers):
    rows = [customers[at % len(customers)] | {"ID": at} for at in range(1000)]
    rows[500] |= {"Income": "lots"}
    status, answer = ask(scorer, {"dataframe_records": rows})
    found = answer["predictions"]
    assert (status, len(found)) == (200, 1000)
    assert [row["customer"] for row in found if row["problem"]] == ["500"]
    assert sum(row["probability"] is not None for row in found) == 999
    assert good(scorer, customers)["probability"] == pytest.approx(found[0]["probability"], abs=1e-12)


def test_more_than_can_be_answered_at_once_is_refused(scorer, customers, monkeypatch):
    monkeypatch.setattr(serving, "MOST_ROWS", 2)
    status, answer = ask(scorer, {"dataframe_records": customers[:3]})
    assert (status, answer["message"]) == (413, "3 rows; at most 2")
    monkeypatch.setattr(serving, "MOST_BYTES", 10)
    assert ask(scorer, {"dataframe_records": customers[:1]})[0] == 413


def test_what_nobody_foresaw_tells_nothing(scorer, customers, monkeypatch):
    monkeypatch.setattr(serving, "answer", lambda *_: 1 / 0)
    status, text = respond(scorer, json.dumps({"dataframe_records": customers[:1]}).encode(), JSON)
    assert (status, json.loads(text)["message"]) == (500, "the request could not be answered")
