"""Labelled months become further parts of a study's data, or nothing changes."""

import pytest
import yaml
from tests.onboarding.scratch_study import scratch

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.onboarding import months
from personae.onboarding.months import absorb, months_of
from personae.onboarding.new_study import write_study
from personae.onboarding.study_file import Known

ROWS = [f"c{row},{20 + row % 50},{row * 7 % 900},{'yes' if row % 3 else 'no'}" for row in range(120)]
HEADER = "id,age,spend,bought"


def text(rows):
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    scratch(tmp_path, monkeypatch)
    (tmp_path / "first.csv").write_text(text(ROWS[:100]))
    write_study("gym", [tmp_path / "first.csv"], Known("bought", "yes", "id", "none"))
    tracked = []
    monkeypatch.setattr(months, "track", tracked.append)
    return tracked


def incoming(month, content):
    folder = paths.incoming("gym", month)
    folder.mkdir(parents=True)
    (folder / "new.csv").write_text(content)


def files():
    return yaml.safe_load((paths.CONF / "study" / "gym.yaml").read_text())["prepare"]["files"]


def test_a_labelled_month_is_a_further_part_of_the_table(project):
    incoming("2024-03", text(ROWS[100:]))
    assert absorb("gym", ["2024-03"]) == ["2024-03-new.csv"]
    assert files() == ["first.csv", "2024-03-new.csv"]
    assert (paths.raw("gym") / "2024-03-new.csv").read_text() == text(ROWS[100:])
    assert project == [paths.incoming("gym", "2024-03"), paths.raw("gym")]
    assert absorb("gym", ["2024-03"]) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (text(ROWS[:5]), "column id repeats c0"),
        ("id,age,spend\nx1,30,5\n", "bought is missing"),
        (text(["x1,old,5,yes"]), "holds 'old'"),
        (
            text(["x1,9223372036854775808,5,yes"]),
            "age holds '9223372036854775808' in line 2; .* up to 69,000",
        ),
        (text(["x1,30,700000,yes"]), "spend holds '700000' in line 2; expected a number up to 693,000"),
    ],
    ids=["customers known already", "no answers", "a value that does not fit", "no number", "a slip"],
)
def test_a_month_that_does_not_fit_changes_nothing(project, content, reason):
    incoming("2024-03", content)
    with pytest.raises(PersonaeError, match=f"data/gym: nothing is absorbed: .*{reason}"):
        absorb("gym", ["2024-03"])
    assert files() == ["first.csv"]
    assert [path.name for path in paths.raw("gym").iterdir()] == ["first.csv"]


def test_what_is_no_month_of_a_study_of_ones_own_is_refused(project):
    with pytest.raises(PersonaeError, match="'march' is no month"):
        absorb("gym", ["march"])
    with pytest.raises(PersonaeError, match="incoming/gym/2024-04: no such folder"):
        absorb("gym", ["2024-04"])
    with pytest.raises(PersonaeError, match="campaign: its file is the publisher's"):
        absorb("campaign", ["2024-03"])


def test_a_folder_that_dvc_would_push_is_put_under_dvc_again(project):
    incoming("2024-03", text(ROWS[100:]))
    pointer = paths.incoming("gym", "2024-03").with_suffix(".dvc")
    pointer.write_text("outs:\n- path: 2024-03\n")  # killed before the pointer said that nothing is pushed
    assert months.month_of("gym", "2024-03") is not None
    pointer.write_text("outs:\n- path: 2024-03\n  push: false\n")
    assert months.month_of("gym", "2024-03") is not None
    assert project == [paths.incoming("gym", "2024-03")]


def test_months_are_listed_in_order_up_to_one(project):
    with pytest.raises(PersonaeError, match="incoming/gym: holds no month, such as incoming/gym/2024-03"):
        months_of("gym")
    for month in ("2024-03", "2024-02", "notes"):
        incoming(month, text(ROWS[:2]))
    assert months_of("gym") == ["2024-02", "2024-03"]
    assert months_of("gym", "2024-02") == ["2024-02"]
    with pytest.raises(PersonaeError, match="incoming/gym/2024-04: no month; there are 2024-02, 2024-03"):
        months_of("gym", "2024-04")
