"""A customer table in any form is one customer table, and a row alone is the row in its file."""

import datetime
import gzip

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.files import TableFile, read_file
from personae.sources.settings import TablePrepare
from personae.sources.table import MISSING, OTHER, Preparation, fit, prepare

ROWS = 60
NAMES = ["Kundennummer", "Anrede", "Größe", "Jahresumsatz", "Eintritt", "gekündigt", "PLZ"]
VALUES = [
    [
        f"K{i:05d}",
        ["Frau", "Herr", "Divers"][i % 3],
        150 + i / 2,
        1000.25 * (1 + i),
        datetime.date(2010 + i % 10, 1 + i % 12, 1 + i % 28),
        ["ja", "nein", "nein"][i % 3],
        f"{i * 1237 % 100000:05d}",
    ]
    for i in range(ROWS)
]
KINDS = {
    "Anrede": "category",
    "Größe": "number",
    "Jahresumsatz": "number",
    "Eintritt": "date",
    "PLZ": "category",
}


def german(value):
    if isinstance(value, float):
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    return value.strftime("%d.%m.%Y") if isinstance(value, datetime.date) else value


def settings(**changes):
    return TablePrepare(
        **{
            "source": "table",
            "files": ["a.csv"],
            "id": "Kundennummer",
            "target": "gekündigt",
            "event": "ja",
            "kinds": KINDS,
        }
        | changes
    )


TEXT = "\n".join(";".join([*map(german, row)]) for row in [NAMES, *VALUES]) + "\n"
FORMS = {
    "a.csv": TEXT.encode(),
    "bom.csv": b"\xef\xbb\xbf" + TEXT.encode(),
    "cp1252.csv": TEXT.encode("cp1252"),
    "utf16.csv": TEXT.encode("utf-16"),
    "tab.csv": TEXT.replace(";", "\t").encode(),
    "comma.csv": "\n".join(",".join(map(str, row)) for row in [NAMES, *VALUES]).encode(),
    "a.csv.gz": gzip.compress(TEXT.encode()),
}


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("german")
    (folder / "a.csv").write_bytes(FORMS["a.csv"])
    return prepare(folder, settings()).tables["customers"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_gives_the_same_customers(tmp_path, customers, form):
    (tmp_path / form).write_bytes(FORMS[form])
    assert prepare(tmp_path, settings(files=[form])).tables["customers"].equals(customers)


def test_parquet_gives_the_same_customers(tmp_path, customers):
    pl.DataFrame(VALUES, schema=NAMES, orient="row").write_parquet(tmp_path / "a.parquet")
    assert prepare(tmp_path, settings(files=["a.parquet"])).tables["customers"].equals(customers)


def test_values_are_what_the_file_means(customers):
    first = customers.row(0, named=True)
    assert (first["customer"], first["unit"]) == ("K00000", 0)
    assert (first["Größe"], first["Jahresumsatz"], first["gekündigt"]) == (150.0, 1000.25, 1)
    newest = max(row[4] for row in VALUES)
    assert first["Eintritt"] == (newest - datetime.date(2010, 1, 1)).days


def test_a_row_alone_is_the_row_in_its_file(tmp_path, customers):
    (tmp_path / "a.csv").write_bytes(FORMS["a.csv"])
    file = read_file(tmp_path / "a.csv")
    saved = fit(file, settings()).model_dump_json()
    learned = Preparation.model_validate_json(saved)
    for row in (0, 7, ROWS - 1):
        alone = TableFile(file.path, file.table[row : row + 1], file.lines[row : row + 1])
        assert learned.apply(alone).equals(customers[row : row + 1].drop("unit"))


def test_scoring_needs_no_answer(tmp_path, customers):
    (tmp_path / "a.csv").write_bytes(FORMS["a.csv"])
    file = read_file(tmp_path / "a.csv")
    without = TableFile(file.path, file.table.drop("gekündigt"), file.lines)
    scored = fit(file, settings()).apply(without)
    assert scored.equals(customers.drop("gekündigt", "unit"))
    without.table.write_csv(tmp_path / "a.csv", separator=";")
    with pytest.raises(PersonaeError, match="column gekündigt is missing"):
        prepare(tmp_path, settings())


def write(folder, text, **changes):
    (folder / "a.csv").write_text(text)
    given = {"source": "table", "files": ["a.csv"], "id": "kd"} | changes
    return prepare(folder, TablePrepare(**given))


def test_rare_levels_are_pooled_and_missing_ones_are_a_level(tmp_path):
    rows = "\n".join(f"{i},{'' if i == 0 else f'level{i % 30}' if i % 2 else 'a'}" for i in range(200))
    found = write(tmp_path, f"kd,c\n{rows}\n", kinds={"c": "category"}, levels=5)
    levels = found.tables["customers"]["c"].unique().to_list()
    assert len(levels) == 6
    assert {MISSING, OTHER, "a"} <= set(levels)
    assert [(rule, column) for rule, column, _ in found.repairs] == [("rare levels pooled as (other)", "c")]


def test_answers_that_are_missing_stay_so_and_are_counted(tmp_path):
    found = write(tmp_path, "kd,x,y\n1,2,0\n2,3,\n3,4,1\n", kinds={"x": "number"}, target="y")
    assert found.tables["customers"]["y"].to_list() == [0, None, 1]
    assert found.notes["unanswered"] == 1


def test_what_counts_as_the_absence_of_an_event_is_told(tmp_path):
    text = "kd,x,y\n1,2,yes\n2,3,null\n3,4,no\n4,1,no\n"
    options = {"kinds": {"x": "number"}, "target": "y", "event": "yes"}
    assert write(tmp_path, text, **options).notes["event"]["others"] == ["no", "null"]
    found = write(tmp_path, text, **options, missing={"y": ["null"]})
    assert "others" not in found.notes["event"]
    assert found.notes["unanswered"] == 1


def test_the_event_is_needed_unless_answers_are_0_and_1(tmp_path):
    text = "kd,x,y\n1,2,stayed\n2,3,churned\n"
    with pytest.raises(PersonaeError, match=r"'churned' and 'stayed'; prepare.event says which"):
        write(tmp_path, text, kinds={"x": "number"}, target="y")
    found = write(tmp_path, text, kinds={"x": "number"}, target="y", event="churned")
    assert found.tables["customers"]["y"].to_list() == [0, 1]
    assert found.notes["event"] == {"column": "y", "answer": "churned", "text": "y: churned"}
    with pytest.raises(PersonaeError, match="never holds the event 'gone'"):
        write(tmp_path, text, kinds={"x": "number"}, target="y", event="gone")


@pytest.mark.parametrize(
    "text, reason",
    [
        ("kd,x\n1,2\n1,3\n2,4\n", "column kd repeats 1; expected each customer once"),
        ("kd,x\n1,2\n,3\n", "column kd is empty in line 3"),
        ("kd,x\n1,2\n2,abc\n", "column x holds 'abc' in line 3; expected a number"),
        ("kd,x\n1,2\n2,inf\n", "column x holds 'inf' in line 3; expected a finite number"),
        ("kd,x\n1,2\n2,9223372036854775808\n", "x holds '9223372036854775808' in line 3; .* up to 9,007,"),
        ("kd,z\n1,2\n", "column x is missing; it has kd, z"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(tmp_path, text, reason):
    with pytest.raises(PersonaeError, match=reason):
        write(tmp_path, text, kinds={"x": "number"})


def test_a_new_number_a_thousand_times_the_largest_is_a_slip(tmp_path):
    kinds = {"x": "number", "zero": "number"}
    found = write(tmp_path, "kd,x,zero\n1,-80,0\n2,\u00205,0\n", kinds=kinds)
    learned = Preparation.model_validate(found.learned)
    assert learned.largest == {"x": 80_000}
    (tmp_path / "b.csv").write_text("kd,x,zero\n1,80000,7\n2,-80001,7\n")
    new = read_file(tmp_path / "b.csv")
    assert learned.apply(TableFile(new.path, new.table[:1], new.lines))["x"].to_list() == [80_000]
    with pytest.raises(PersonaeError, match="x holds '-80001' in line 3; expected a number up to 80,000"):
        learned.apply(new)


def test_flags_are_0_and_1_whatever_their_words(tmp_path):
    text = "kd,a,b,c\n1,Yes,1,m\n2,No,0,f\n3,Yes,1,\n"
    found = write(tmp_path, text, kinds={"a": "flag", "b": "flag", "c": "flag"}).tables["customers"]
    assert found.select("a", "b", "c").to_dict(as_series=False) == {
        "a": [1, 0, 1],
        "b": [1, 0, 1],
        "c": [1, 0, None],
    }


def test_columns_called_as_the_customer_table_calls_its_own_are_renamed(tmp_path):
    found = write(
        tmp_path,
        "kd,unit,segment,far\n1,5,2,3\n2,6,3,4\n",
        kinds=dict.fromkeys(["unit", "segment", "far"], "number"),
    )
    assert found.tables["customers"].columns == [
        *("customer", "unit (column)", "segment (column)", "far", "unit")
    ]


def test_dates_count_back_from_so_many_days_later(tmp_path, customers):
    (tmp_path / "a.csv").write_bytes(FORMS["a.csv"])
    file = read_file(tmp_path / "a.csv")
    learned = fit(file, settings())
    later = learned.apply(file, learned.as_of + datetime.timedelta(days=30))
    assert (later["Eintritt"] - customers["Eintritt"]).unique().to_list() == [30]
    with pytest.raises(PersonaeError, match=r"column Eintritt holds .*expected a day up to .*\(as_of\)"):
        learned.apply(file, learned.as_of - datetime.timedelta(days=1))
