"""One German table read from text, a database and with gaps: what becomes of each column, or one line."""

import datetime

import numpy as np
import polars as pl
import pytest
from tests.onboarding.scratch_study import scratch
from tests.planted.odd import GERMAN_ROWS as ROWS
from tests.planted.odd import NAMES, german, text, typed

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.onboarding import new_study
from personae.onboarding.new_study import write_study, write_study_of_query
from personae.onboarding.study_file import Known
from personae.stages import compose, prepare


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("files")
        scratch(root, patch)
        yield root


def customers(name, file, **known):
    write_study(name, [file], Known(**known))
    compose.main(name)
    prepare.main(name)
    return tables.read(paths.table(name, "customers"))


@pytest.fixture(scope="module")
def plain(folder):
    (folder / "plain.csv").write_text(text(german()), encoding="utf-8")
    return customers("plain", folder / "plain.csv")


def test_what_the_first_file_says(plain):
    table = german()
    assert plain["customer"].to_list() == table[NAMES[0]].to_list()
    assert plain[NAMES[5]].sum() == (table[NAMES[5]] == "ja").sum()
    assert plain[NAMES[3]].sum() == pytest.approx(typed(table)[NAMES[3]].sum())
    assert "01067" in plain[NAMES[6]].to_list()
    assert NAMES[7] not in plain.columns
    notes = read_json(paths.report("plain", "prepare.json"))
    assert notes["event"]["text"] == "Gekündigt: ja"
    assert NAMES[4] in notes["days_before"]


def test_numbers_with_points_between_commas_are_the_same_table(folder, plain):
    typed(german()).write_csv(folder / "english.csv")
    assert customers("english", folder / "english.csv").equals(plain)


def test_a_query_of_postgresql_gives_the_same_table(folder, plain, postgres, monkeypatch):
    import psycopg

    types = dict(
        zip(NAMES, ["text", "text", "numeric", "numeric", "date", "text", "text", "text"], strict=True)
    )
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create table german (number serial, {columns})")
        listed = ", ".join(f'"{name}"' for name in NAMES)
        with connection.cursor().copy(f"copy german ({listed}) from stdin") as copy:
            for row in typed(german()).rows():
                copy.write_row(row)
    monkeypatch.setattr(new_study, "remember", lambda *_: None)  # there is no pointer without DVC
    query = f"select {listed} from german order by number"
    _, shown = write_study_of_query("database", postgres, query)
    assert any("exact decimal, read as a number" in line for line in shown)
    compose.main("database")
    prepare.main("database")
    assert tables.read(paths.table("database", "customers")).equals(plain)


def test_answers_flags_and_times_with_words_for_missing(folder):
    third = pl.int_range(ROWS) % 3 == 0
    table = german().with_columns(
        pl.when(third).then(pl.lit("N/A")).otherwise(NAMES[5]).alias(NAMES[5]),
        pl.when(third).then(pl.lit("?")).otherwise(pl.lit("ja")).alias("Karte"),
        pl.when(third)
        .then(pl.lit("nein"))
        .when(third.shift(1))
        .then(pl.lit("?"))
        .otherwise(pl.lit("ja"))
        .alias("App"),
        pl.concat_str(NAMES[4], pl.lit(" 08:15")).alias("Zuletzt"),
    )
    (folder / "gaps.csv").write_text(text(table), encoding="utf-8")
    found = customers("gaps", folder / "gaps.csv", target=NAMES[5])
    assert found[NAMES[5]].null_count() == ROWS // 3
    assert found["App"].drop_nulls().unique().sort().to_list() == [0, 1]
    assert found["App"].null_count() == ROWS // 3
    assert "Karte" not in found.columns  # all that is left of it is one word
    assert found["Zuletzt"].to_list() == found[NAMES[4]].to_list()
    notes = read_json(paths.report("gaps", "prepare.json"))
    assert (notes["unanswered"], notes["event"]["text"]) == (ROWS // 3, "Gekündigt: ja")


def test_of_a_workbook_or_database_times_of_day_are_text_and_spans_are_days(folder):
    spans = [datetime.timedelta(hours=12 * row) for row in range(ROWS)]
    clock = [datetime.time(row % 24, 30) for row in range(ROWS)]
    german().with_columns(span=pl.Series(spans), clock=pl.Series(clock)).write_parquet(
        folder / "spans.parquet"
    )
    found = customers("spans", folder / "spans.parquet")
    assert found["span"].max() == (ROWS - 1) / 2
    assert found["clock"].dtype == pl.String
    german().with_columns(bought=pl.Series([[1, 2]] * ROWS)).write_parquet(folder / "nested.parquet")
    with pytest.raises(PersonaeError, match=r"nested.parquet: column bought holds List\(Int64\); expected"):
        write_study("nested", [folder / "nested.parquet"])


def test_without_an_answer_to_predict_there_are_no_models(folder):
    (folder / "none.csv").write_text(text(german()), encoding="utf-8")
    path, _ = write_study("none", [folder / "none.csv"], Known(target="none"))
    settings = path.read_text()
    assert "target:" not in settings
    assert "event:" not in settings
    assert f'flags: ["{NAMES[5]}"]' in settings


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,0,0,1\n1,1,1,0\n", "the first line looks like values, not names: 0, 0, 0, 1"),
        ("\x8d\xff", "is not text in cp1252, see byte 0"),
    ],
)
def test_what_is_no_table_is_one_line(folder, content, message):
    (folder / "empty.csv").write_text(content, encoding="latin-1")
    with pytest.raises(PersonaeError, match=message):
        write_study("empty", [folder / "empty.csv"])
    assert not (folder / "data/empty").exists()


def test_columns_called_like_those_of_counts_are_read(folder):
    names = {NAMES[1]: "count", NAMES[5]: "len", NAMES[6]: "answers", NAMES[2]: "level", NAMES[3]: "word"}
    table = german().rename(names).with_columns(level=pl.lit("n. bek."), index=pl.col("len"))
    (folder / "counts.csv").write_text(text(table), encoding="utf-8")
    assert {"count", "len", "answers"} <= set(
        customers("counts", folder / "counts.csv", target="len").columns
    )


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"identifier": "nr"}, "column nr is missing; it has Kundennummer"),
        ({"identifier": NAMES[1]}, "column Anrede repeats"),
        (
            {"target": NAMES[5], "event": "yes"},
            "column Gekündigt never holds the event 'yes'; it has ja, nein",
        ),
        ({"source": "lines"}, "--source holds 'lines'; expected table or transactions"),
        ({"source": "transactions"}, "no column of item, time is found; name it by --item, --time"),
        ({"columns": {"item": "nr"}}, "column nr is missing"),
    ],
)
def test_what_is_said_is_checked_and_nothing_written(folder, known, message):
    (folder / "said.csv").write_text(text(german()), encoding="utf-8")
    with pytest.raises(PersonaeError, match=message):
        write_study("said", [folder / "said.csv"], Known(**known))
    assert not (folder / "conf/study/said.yaml").exists()


def test_texts_alone_and_files_of_other_columns_are_one_line(folder):
    (folder / "texts.csv").write_text(text(german().select(NAMES[0], NAMES[7])), encoding="utf-8")
    with pytest.raises(PersonaeError, match="all columns are text or identifiers; nothing to describe"):
        write_study("texts", [folder / "texts.csv"])
    (folder / "all.csv").write_text(text(german()), encoding="utf-8")
    with pytest.raises(PersonaeError, match="differ from those of .*all.csv: Anrede is missing"):
        write_study("texts", [folder / "all.csv", folder / "texts.csv"])


def test_lines_of_a_till_are_known_by_beleg_or_by_what_is_said(folder):
    rng = np.random.default_rng(5)
    names = ["Kunde", "Belegnummer", "Artikel", "Datum", "Menge", "Preis", "Kasse"]
    cells = [rng.integers(1, 40, 300), rng.integers(1, 150, 300), rng.integers(1, 9, 300)]
    days = [f"2024-{1 + day % 12:02d}-11" for day in range(300)]
    lines = pl.DataFrame(dict(zip(names, [*cells, days, *cells[2:], *cells[2:], *cells[2:]], strict=True)))
    lines.write_csv(folder / "till.csv")
    _, shown = write_study("till", [folder / "till.csv"])
    assert "Belegnummer: taken as basket" in shown
    assert "Kasse: left out" in shown
    lines.rename(dict(zip(names, "abcdefg", strict=True))).write_csv(folder / "odd.csv")
    parts = {"basket": "b", "item": "c", "time": "d", "quantity": "e"}
    path, shown = write_study("odd", [folder / "odd.csv"], Known(identifier="a", columns=parts))
    assert "columns: {id: a, basket: b, item: c, time: d, quantity: e}" in path.read_text()
    assert [line for line in shown if "left out" in line] == ["f: left out", "g: left out"]
    assert any("--price" in line for line in shown)
