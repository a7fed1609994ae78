"""`new-study`: all or nothing, over nothing that is there, few questions, any name of a column."""

import shutil

import numpy as np
import polars as pl
import pytest
from tests.onboarding.scratch_study import ROOT, scratch

from personae.config.compose import compose
from personae.core.errors import PersonaeError
from personae.onboarding import new_study
from personae.onboarding.new_study import write_study
from personae.onboarding.study_file import Known

NAMES = [
    "Größe (cm)",
    "Umsatz, €: netto",
    'the "best"',
    "it's",
    "yes",
    "No",
    "null",
    "~",
    "1",
    "2.5e3",
    "- a",
    "? b",
    "a: b",
    "c #d",
    "[e]",
    "{f}",
    "*g",
    "&h",
    "!i",
    "${j}",
    "k\\l",
    "???",
    "log m",
    "%n",
    "@o",
    "`p`",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    scratch(tmp_path, monkeypatch)
    return tmp_path


def table(rows=120, **columns):
    rng = np.random.default_rng(0)
    plain = {"kd": [f"K{row}" for row in range(rows)], "age": rng.integers(18, 80, rows)}
    return pl.DataFrame({**plain, **columns, "bought": rng.choice(["yes", "no"], rows)})


def file(folder, **columns):
    table(**columns).write_csv(folder / "own.csv")
    return folder / "own.csv"


def composed(folder):
    return compose("own", folder / "conf", folder / "params.yaml")


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_any_name_of_a_column_survives(folder):
    rng = np.random.default_rng(1)
    columns = {name: rng.normal(size=120).round(3) for name in NAMES}
    path, _ = write_study("own", [file(folder, **columns)])
    found = composed(folder)
    assert set(NAMES) <= found["prepare"]["kinds"].keys()
    assert set(NAMES) <= set(found["classify"]["features"])
    assert found["prepare"]["event"] == "yes"
    assert len(path.read_text().splitlines()) <= 25


@pytest.mark.parametrize("target", ["yes", "null", "a: b", "Größe, €", "customer"])
def test_any_name_of_the_answer_survives(folder, target):
    table().rename({"bought": target}).write_csv(folder / "own.csv")
    write_study("own", [folder / "own.csv"], Known(target=target))
    found = composed(folder)
    assert found["prepare"]["target"] == target
    assert found["classify"]["target"] == ("customer (column)" if target == "customer" else target)


@pytest.mark.parametrize("step", ["_copy", "_add_to_graph", "_check"])
def test_where_a_step_fails_nothing_is_left(folder, monkeypatch, step):
    own = file(folder)
    before = contents(folder)
    copy = new_study._copy

    def fail(*given):
        if step == "_copy":
            copy(*given)
        raise PersonaeError("no disk")

    monkeypatch.setattr(new_study, step, fail)
    with pytest.raises(PersonaeError, match="no disk"):
        write_study("own", [own])
    assert contents(folder) == before
    assert not (folder / "data/own").exists()


def test_where_dvc_fails_one_line_and_nothing_is_left(tmp_path, monkeypatch):
    real = new_study._copy
    scratch(tmp_path, monkeypatch)
    monkeypatch.setattr(new_study, "_copy", real)
    own = file(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(PersonaeError, match="dvc add"):
        write_study("own", [own])
    assert contents(tmp_path) == before


@pytest.mark.parametrize("taken", ["conf/study/own.yaml", "data/own/mine.csv", "data/own.dvc", "params.yaml"])
def test_never_over_something_that_is_there(folder, taken):
    own = file(folder)
    (folder / taken).parent.mkdir(parents=True, exist_ok=True)
    (folder / taken).write_text("own: {}\n")
    before = contents(folder)
    with pytest.raises(PersonaeError, match="already.* remove the study: .*own"):
        write_study("own", [own])
    assert contents(folder) == before


@pytest.fixture
def written(folder):
    """A study as a call leaves it that was killed after its last change."""
    own = file(folder)
    write_study("own", [own])
    (folder / "data/own.dvc").write_text("outs: []\n")  # DVC's, which `_copy` writes
    shutil.copytree(folder / "conf/study", folder / "data/.own.new.partial/made/conf/study")
    return own


def test_a_call_killed_after_its_last_change_says_that_the_study_is_there(folder, written):
    before = {path: each for path, each in contents(folder).items() if ".partial" not in str(path)}
    path, shown = write_study("own", [written])
    assert path.name == "own.yaml"
    assert shown == ["own is there already, of the same files and settings: nothing was changed"]
    assert contents(folder) == before


@pytest.mark.parametrize("other", ["cell", "name", "answer", "settings", "graph"])
def test_another_study_of_a_name_is_never_taken_for_the_same(folder, written, other):
    known = Known(target="none") if other == "answer" else None
    if other == "cell":
        written.write_text(written.read_text().replace("K7,", "K777,", 1))
    elif other == "name":
        written = written.rename(folder / "mine.csv")
    elif other == "settings":
        with (folder / "conf/study/own.yaml").open("a") as settings:
            settings.write("# mine\n")
    elif other == "graph":
        shutil.copy(ROOT / "dvc.yaml", folder)
    with pytest.raises(PersonaeError, match="own.yaml is there already"):
        write_study("own", [written], known)


@pytest.mark.parametrize("name", ["Own", "my study", "null", "yes", "3d", "../own"])
def test_a_name_that_yaml_or_a_path_takes_otherwise_is_refused(folder, name):
    with pytest.raises(PersonaeError, match="is no name for a study"):
        write_study(name, [file(folder)])


def test_five_questions_at_most_each_with_a_default(folder):
    rng = np.random.default_rng(2)
    asked = []

    def ask(question, default):
        asked.append(question)
        return default

    columns = {
        "zip": rng.integers(10_000, 99_999, 120),
        "days": rng.choice([-1, 3, 5, 9, 12, 15], 120),
        "duration": rng.normal(size=120).round(2),
    }
    write_study("own", [file(folder, **columns)], ask=ask)
    assert 3 <= len(asked) <= 5
    asked_for = composed(folder)
    assert asked_for["classify"]["leaking"] == ["duration"]
    assert asked_for["prepare"]["missing"] == {"days": ["-1"]}


def test_ten_rows_tell_little(folder):
    table(10).write_csv(folder / "own.csv")
    _, shown = write_study("own", [folder / "own.csv"])
    assert any("10 rows tell little" in line for line in shown)


def test_a_column_called_like_a_flag_of_gaps_is_kept_beside_it(folder):
    rng = np.random.default_rng(3)
    income = [None if row % 9 == 0 else float(row) for row in rng.permutation(120)]
    write_study("own", [file(folder, income=income, income_missing=rng.normal(size=120).round(3))])
    found = composed(folder)
    assert "income_missing (column)" in found["classify"]["features"]
    assert "income_missing" in found["prepare"]["kinds"]


def test_rows_of_one_person_stay_together_and_their_number_is_no_amount(folder):
    persons = np.repeat(np.arange(1_503_960_366, 1_503_960_366 + 30), 20)
    pl.DataFrame({"Id": persons, "steps": np.arange(600) % 97, "minutes": np.arange(600) % 31}).write_csv(
        folder / "days.csv"
    )
    path, shown = write_study("own", [folder / "days.csv"])
    assert "unit: Id" in path.read_text()
    assert "Id: names whose rows they are, so these stay together (roles.unit)" in shown
    assert "Id" not in composed(folder)["segment"]["space"]["columns"]


def test_a_killed_call_is_undone_by_the_next_one(folder):
    """The state after a kill is that of a call whose every write was done but the last."""
    before = {name: (folder / name).read_bytes() for name in ("params.yaml", "dvc.yaml")}
    with new_study._all_or_nothing("shop"):
        kept = folder / "data" / ".shop.new.partial"
        shutil.copytree(kept, folder / "killed")
    shutil.move(folder / "killed", kept)
    (folder / "data" / "shop").mkdir()
    (folder / "conf" / "study" / "shop.yaml").write_text("half")
    (folder / "params.yaml").write_text("shop: {}\n")
    assert new_study._undo_killed("shop") == [
        "an earlier new-study shop did not end: what it had written was taken back"
    ]
    assert {name: (folder / name).read_bytes() for name in before} == before
    left = [path.name for path in (folder / "data").iterdir()]
    assert "shop" not in left
    assert ".shop.new.partial" not in left
    assert not (folder / "conf" / "study" / "shop.yaml").exists()
    assert new_study._undo_killed("shop") == []
