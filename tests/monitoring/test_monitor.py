import copy

import pytest

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.monitoring.monitor import actions, metrics, page, records
from personae.report.statements import Words
from personae.tracking.monitor import log_months
from personae.tracking.store import Store

MONTH = {
    "month": "2024-02",
    "model_version": "abc",
    "customers": 400,
    "verdict": "drift",
    "level": 0.05 / 36,
    "tests": [
        {"test": "joint change", "p": 0.0005, "effect": 0.64, "ci": [0.57, 0.7], "word": "drift"},
        {"test": "calibration", "word": "too few", "came": 3, "expected": 4.0},
    ],
    "columns": [
        {
            "column": "<b>income",
            "p_holm": 0.2,
            "effect": 0.1,
            "ci": [0.0, 0.2],
            "psi": 0.3,
            "psi_by_chance": 0.2,
        }
    ],
}
MOVES = {
    "month": "2024-02",
    "margin": 0.1,
    "names": {"0": "<i>few", "1": "many"},
    "raw": {"customers": 100, "moved": 0.08, "undone": None, "moves": []},
    "counted": {"customers": 100, "moved": 0.03, "moves": [{"before": 0, "now": 1, "customers": 3}]},
}
FOUND = {
    "drift": [MONTH | {"month": "2024-01", "verdict": "stable"}, MONTH],
    "migration": [MOVES],
    "readout": [],
    "gate": {"verdict": "promote", "reason": "z", "units": 900, "promoted": False},
    "value": {},
}


def test_the_answer_is_first_and_text_is_escaped():
    text = page("shop", FOUND, Words(), sample=True)
    assert text.index("What to do") < text.index("The evidence")
    assert "personae gate shop --promote" in text
    assert "&lt;b&gt;income" in text
    assert "<b>income" not in text
    assert "<i>few" not in text
    assert "Synthetic sample data" in text
    assert "3 from &lt;i&gt;few to many" in text


def test_without_migration_and_gate_the_page_says_so():
    found = {"drift": [MONTH], "migration": [], "readout": [], "gate": {}, "value": {}}
    text = page("shop", found, Words())
    assert "needs an anchor" in text
    assert "Champion" not in text


def test_each_word_has_its_action():
    calm = copy.deepcopy(FOUND) | {"gate": {}, "migration": []}
    calm["drift"][-1]["verdict"] = "stable"
    assert actions("shop", calm) == ["Nothing: the list can be made with the model as it is."]
    calm["drift"][-1]["verdict"] = "watch"
    assert "next month" in actions("shop", calm)[0]
    assert len(actions("shop", FOUND)) == 3


@pytest.mark.filterwarnings("ignore")
def test_months_are_steps_of_one_run_a_version(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "mlruns")
    monkeypatch.setattr(Store, "here", classmethod(lambda cls: store))
    given = metrics(FOUND)
    assert [step for *_, step in given] == [202401, 202402]
    assert given[1][1]["moved.counted"] == 0.03
    (run,) = log_months("shop", given)
    assert log_months("shop", given) == [run]
    history = store.client().get_metric_history(run, "joint_change.effect")
    assert [(each.step, each.value) for each in history] == [(202401, 0.64), (202402, 0.64)]


def test_months_that_were_watched_are_read_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PersonaeError, match="no month was watched yet; `personae drift shop` does"):
        records("shop")
    write_json(paths.scores("shop", "2024-02-drift.json"), MONTH)
    found = records("shop")
    assert (len(found["drift"]), found["gate"], found["migration"]) == (1, {}, [])
