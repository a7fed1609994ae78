"""Every odd table and odd file: a study and its customers, or one line; never a traceback."""

import pytest
from tests.onboarding.scratch_study import scratch
from tests.planted import odd

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.onboarding.new_study import write_study
from personae.onboarding.study_file import Known
from personae.stages import compose, prepare

WORD = {"rule": "'n. bek.' taken as missing", "column": odd.NAMES[2], "rows": 6}
# What new-study says, its file, the table of customers or the stage's notes must hold; or the one line.
STUDIES = {
    "text_identifiers": lambda study: (
        "id: kd" in study.settings and study.customers["customer"][0] == "K0001"
    ),
    "no_answer": lambda study: "target" not in study.settings,
    "only_categories": lambda study: "categories: [sex, region]" in study.settings,
    "three_columns": lambda study: "target: bought" in study.settings and "spend" in study.customers.columns,
    "foreign_names": lambda study: {"Größe", odd.FOREIGN} < set(study.customers.columns),
    "markup": lambda study: odd.MARKUP in study.customers.columns,
    "own_names": lambda study: {"segment (column)", "far"} < set(study.customers.columns),
    "ten_rows": lambda study: "10 rows tell little" in study.shown,
    "date": lambda study: study.notes["days_before"] == {"since": "2023-09-18"},
    "answers_missing": lambda study: study.notes["unanswered"] == study.customers["bought"].null_count() > 0,
    "numbers_missing": lambda study: study.customers["spend"].null_count() > 0,
    "category_missing": lambda study: "(missing)" in study.customers["sex"].to_list(),
    "constant": lambda study: "club: constant, left out" in study.shown,
    "negative": lambda study: "spend" in study.settings.partition("numbers:")[2].partition("]")[0],
    "twice": lambda study: "kd repeats K0238: no identifier; rows are numbered" in study.shown,
    "three_answers": lambda study: study.customers["bought"].n_unique() == 3,
    "wide": lambda study: study.customers.width > 200,
    "many_levels": lambda study: study.notes["repairs"][0]["rule"] == "rare levels pooled as (other)",
    "repeated.csv": lambda study: "no identifier; rows are numbered" in study.shown,
    "categories.csv": lambda study: study.customers[odd.NAMES[1]].n_unique() == 3,
    "ten.csv": lambda study: "10 rows tell little" in study.shown and f"id: {odd.NAMES[0]}" in study.settings,
    "numbers.csv": lambda study: study.customers.height == 500,
    "words.csv": lambda study: study.notes["repairs"] == [WORD],
    "quoted.csv": lambda study: study.customers.height == 3,
}
LINES = {
    "infinite": r"infinite.csv: column spend holds 'inf' in line 19; expected a finite number",
    "empty.csv": "empty.csv: the file is empty",
    "header.csv": "header.csv: a header and no rows",
    "ragged.csv": "2 cells in line 3",
    "names.csv": "column a is there twice",
}
SAME = [
    "mark.csv",
    "windows.csv",
    "unicode.csv",
    "workbook.xlsx",
    "column_file.parquet",
    "tab.tsv",
    "packed.csv.gz",
]


class Study:
    """A file brought in and prepared."""

    def __init__(self, folder, case, **known):
        name = f"s_{case.partition('.')[0]}"
        file = folder / (case if "." in case else f"{case}.csv")
        path, shown = write_study(name, [file], Known(**known))
        compose.main(name)
        prepare.main(name)
        self.shown, self.settings = "\n".join(shown), path.read_text(encoding="utf-8")
        self.customers = tables.read(paths.table(name, "customers"))
        self.notes = read_json(paths.report(name, "prepare.json"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("odd")
        odd.write(root)
        scratch(root, patch)
        yield root


def test_the_list_is_whole():
    assert {*STUDIES, *LINES, *SAME, "plain.csv"} == {*odd.tables(), *odd.files()}
    assert (len(odd.tables()), len(odd.files())) == (19, 18)


@pytest.mark.parametrize("case", STUDIES)
def test_a_study_that_says_what_was_done(folder, case):
    assert STUDIES[case](Study(folder, case))


@pytest.mark.parametrize("case", LINES)
def test_one_line(folder, case):
    with pytest.raises(PersonaeError, match=LINES[case]):
        Study(folder, case)


def test_forms_of_one_file_are_the_same_table(folder):
    plain = Study(folder, "plain.csv").customers
    assert [case for case in SAME if not Study(folder, case).customers.equals(plain)] == []


def test_an_identifier_that_is_said_and_repeats_is_one_line(folder):
    with pytest.raises(PersonaeError, match="column kd repeats K0238, K0239, K0240"):
        write_study("said", [folder / "twice.csv"], Known(identifier="kd"))
