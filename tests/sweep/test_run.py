import json
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from tests.scratch import Project
from typer.testing import CliRunner

import personae
from personae.cli.main import app
from personae.core.errors import PersonaeError
from personae.sweep.run import sweep

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
SOURCE = Path(personae.__file__).parents[1]
HERE = Path(__file__).parent
SPACE = ["clusterer=choice(kmeans,mixture)", "segment.k=range(2,8)", "segment.clusterer.n_init=range(1,4)"]
SEGMENT = {"stage": "segment", "space": SPACE, "objectives": ["quality"], "bootstraps": 3}


def trials(root, name):
    """What was tried and found, in order."""
    study = optuna.load_study(study_name=name, storage=f"sqlite:///{root / 'mlruns' / 'optuna.db'}")
    return [(each.number, each.state, each.params, each.values) for each in study.get_trials()]


def runs(root):
    """Runs of the MLflow store by id: tags, params, latest metrics, status."""
    with closing(sqlite3.connect(root / "mlruns" / "mlflow.db")) as database:
        return {
            run: {
                table: dict(database.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", [run]))
                for table in ("tags", "params", "latest_metrics")
            }
            | {"status": status}
            for run, status in database.execute("SELECT run_uuid, status FROM runs").fetchall()
        }


def children(root, outcome):
    return {
        int(run["tags"]["trial"]): (run_id, run)
        for run_id, run in runs(root).items()
        if run["tags"].get("mlflow.parentRunId") == outcome.run_id
    }


def test_a_sweep_ends_with_a_winner_and_one_run_a_trial(project, sweep_file):
    outcome = sweep("campaign", "segment", file=sweep_file("small", **SEGMENT))
    assert (outcome.finished, outcome.trials) == (6, 6)
    parent = runs(project)[outcome.run_id]
    assert parent["status"] == "FINISHED"
    fresh, search = outcome.winner["fresh"]["quality"], outcome.winner["search"]["quality"]
    assert parent["latest_metrics"]["sweep.fresh.quality"] == fresh
    assert parent["latest_metrics"]["sweep.search.quality"] == search
    assert outcome.winner["optimism"]["quality"] == pytest.approx(search - fresh, abs=1e-5)
    assert "segment.silhouette" in parent["latest_metrics"]
    study = optuna.load_study(
        study_name="campaign-segment-small", storage=f"sqlite:///{project}/mlruns/optuna.db"
    )
    by_number = children(project, outcome)
    assert sorted(by_number) == list(range(6))
    for trial in study.get_trials():
        run_id, run = by_number[trial.number]
        assert trial.user_attrs["found"]["run"] == run_id
        assert run["status"] == "FINISHED"
        assert run["params"] == {key: str(value) for key, value in trial.params.items()}
        figures = trial.user_attrs["found"]["figures"]
        assert run["latest_metrics"]["segment.silhouette"] == figures["segment.silhouette"]
        assert run["tags"]["state"] == trial.state.name.lower()
        assert "sweep.seconds" in run["latest_metrics"]
    artifacts = project / "mlruns" / "artifacts" / "campaign" / outcome.run_id / "artifacts"
    kept = {path.relative_to(artifacts).as_posix() for path in artifacts.rglob("*") if path.is_file()}
    wanted = {"history.png", "parallel_coordinates.png", "importance.png", "winner.json"}
    assert kept >= wanted | {"winner/personas.md", "winner/segment.json"}


def test_going_on_counts_what_is_there_and_more_trials_can_be_asked_for(project, sweep_file):
    name = sweep_file("small", **SEGMENT)
    sweep("campaign", "segment", file=name, trials=3)
    first = trials(project, "campaign-segment-small")
    again = sweep("campaign", "segment", file=name, trials=3)
    assert trials(project, "campaign-segment-small") == first
    assert again.winner["trials"] == 3
    assert runs(project)[again.run_id]["status"] == "FINISHED"
    sweep("campaign", "segment", file=name, trials=5)
    longer = trials(project, "campaign-segment-small")
    assert longer[:3] == first
    assert len(longer) == 5


@pytest.mark.parametrize("times", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_a_sweep_that_was_killed_ends_as_one_that_was_not(project, sweep_file, times):
    name = sweep_file(
        "small", **SEGMENT | {"trials": 12, "prune": {"trials": 3, "steps": 1}, "bootstraps": 6}
    )
    calm = sweep("campaign", "segment", file=name, name="calm")
    script = Project(project, SOURCE)
    done = script.run(sys.executable, str(HERE / "killed.py"), name, str(times), "11")
    assert int(done.stdout.splitlines()[-1]) == times
    assert trials(project, f"campaign-segment-{name}") == trials(project, "calm")
    again = sweep("campaign", "segment", file=name)
    assert again.winner["fresh"] == calm.winner["fresh"]
    assert again.winner["number"] == calm.winner["number"]
    by_number = children(project, again)
    assert sorted(by_number) == list(range(12))
    of_sweep = [run for run in runs(project).values() if run["tags"]["sweep"] == f"campaign-segment-{name}"]
    assert [run["status"] for run in of_sweep] == ["FINISHED"] * 13  # one of its own, one a trial
    assert {run["status"] for _, run in by_number.values()} == {"FINISHED"}
    for (_, run), (_, other) in zip(
        (by_number[n] for n in range(12)), (children(project, calm)[n] for n in range(12)), strict=True
    ):
        assert run["params"] == other["params"]
        assert run["tags"]["state"] == other["tags"]["state"]


@pytest.mark.parametrize("tries", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_two_workers_on_a_fresh_database_never_fail(project, tries):
    script = Project(project, SOURCE)
    started = [
        script.start(sys.executable, str(HERE / "competing.py"), str(project / "fresh"), str(tries))
        for _ in range(2)
    ]
    texts = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], texts
    for number in range(tries):
        url = f"sqlite:///{project}/fresh/{number}/optuna.db"
        found = optuna.load_study(study_name="s", storage=url).get_trials()
        assert [each.state for each in found] == [TrialState.COMPLETE] * 5


def test_two_workers_share_a_sweep(project, sweep_file):
    name = sweep_file("small", **SEGMENT | {"trials": 8})
    done = Project(project, SOURCE).run(sys.executable, str(HERE / "together.py"), name, "2")
    found = trials(project, "campaign-segment-small")
    assert [number for number, *_ in found] == list(range(8))
    assert {state for _, state, *_ in found} == {TrialState.COMPLETE}
    assert "of 8 wins" in done.stdout


def test_ctrl_c_ends_after_the_running_trial_and_the_same_command_goes_on(project, sweep_file):
    name = sweep_file("small", **SEGMENT | {"trials": 1000, "sampler": "random"})
    command = (sys.executable, "-m", "personae.cli", "sweep", "campaign", "segment", "--file", name)
    # A process of its own: a stand-in for a forked one would take the signal.
    with Project(project, SOURCE).start(*command, first=os.setsid) as process:
        while ended(project) < 2:
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert "stopping after the running trial" in err
    found = trials(project, "campaign-segment-small")
    assert {state for _, state, *_ in found} == {TrialState.COMPLETE}
    assert out.strip() == f"campaign-segment-small: {len(found)} of 1000 trials; the same command goes on"
    statuses = [run["status"] for run in runs(project).values()]
    assert sorted(statuses) == [*["FINISHED"] * len(found), "KILLED"]
    sweep("campaign", "segment", file=name, trials=len(found) + 1)
    assert trials(project, "campaign-segment-small")[:-1] == found


def ended(root):
    """How many trials are complete."""
    path = root / "mlruns" / "optuna.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=60)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'trials'").fetchone():
            return 0
        return database.execute("SELECT count(*) FROM trials WHERE state = 'COMPLETE'").fetchone()[0]


def test_several_objectives_give_a_pareto_front_with_cards(project, sweep_file):
    both = {"objectives": ["silhouette", "stability"], "trials": 8, "sampler": "random"}
    outcome = sweep("campaign", "segment", file=sweep_file("both", **SEGMENT | both))
    artifacts = project / "mlruns" / "artifacts" / "campaign" / outcome.run_id / "artifacts"
    assert (artifacts / "pareto_front.png").exists()
    for number in outcome.winner["front"]:
        folder = "winner" if number == outcome.winner["number"] else f"trial_{number}"
        assert (artifacts / folder / "personas.md").exists()
    assert set(outcome.winner["optimism"]) == {"silhouette", "stability"}


def test_a_trial_that_fails_says_why_and_the_sweep_goes_on(project, sweep_file):
    space = ["segment.k=choice(2,900)"]
    name = sweep_file("failing", **SEGMENT | {"space": space, "sampler": "random"})
    outcome = sweep("campaign", "segment", file=name)
    assert outcome.winner["params"] == {"segment.k": 2}
    failed = [run for _, run in children(project, outcome).values() if run["tags"]["state"] == "fail"]
    assert failed
    assert "distinct customers" in failed[0]["tags"]["reason"]
    assert failed[0]["status"] == "FAILED"


def test_impute_is_reported_on_customers_held_out(project, sweep_file):
    name = sweep_file(
        "gaps",
        stage="impute",
        space=["imputer=choice(ridge,mean)", "impute.imputer.alpha=tag(log, interval(0.1,100))"],
        objectives=["error"],
        folds=2,
        outer=4,
        trials=4,
    )
    outcome = sweep("campaign", "impute", file=name)
    assert "outer fold" in outcome.winner["source"]
    low, high = outcome.winner["intervals"]["error"]
    assert low < outcome.winner["fresh"]["error"] < high
    assert "impute.columns.Income.unseen.rmse" in runs(project)[outcome.run_id]["latest_metrics"]


def test_classify_is_reported_on_customers_held_out(project, sweep_file):
    name = sweep_file(
        "responses",
        stage="classify",
        space=["classify.models.logistic.C=tag(log, interval(0.001,10))"],
        objectives=["average_precision", "profit"],
        folds=2,
        outer=4,
        trials=3,
    )
    outcome = sweep("campaign", "classify", file=name)
    low, high = outcome.winner["intervals"]["average_precision"]
    assert low <= outcome.winner["fresh"]["average_precision"] <= high
    metrics = runs(project)[outcome.run_id]["latest_metrics"]
    assert "classify.models.logistic.average_precision.mean" in metrics


def test_a_name_that_stands_for_another_sweep_is_refused(project, sweep_file):
    one = SEGMENT | {"trials": 1}
    sweep("campaign", "segment", file=sweep_file("small", **one))
    for changed, what in (({"space": ["segment.k=range(2,5)"]}, "space"), ({"seed": 2}, "search")):
        with pytest.raises(PersonaeError, match=f"exists with another {what}"):
            sweep("campaign", "segment", file=sweep_file("small", **one | changed))


def test_postgresql_holds_the_trials_of_a_sweep_that_goes_on(project, sweep_file, postgres):
    import psycopg

    url = postgres.replace("postgresql:", "postgresql+psycopg:")
    command = ["sweep", "campaign", "segment", "--database", url, "--file", sweep_file("small", **SEGMENT)]
    for count in ("2", "3"):
        done = CliRunner().invoke(app, [*command, "--trials", count], catch_exceptions=False)
        assert (done.exit_code, "s3cret" in done.output) == (0, False)
    with psycopg.connect(postgres) as database:
        assert database.execute("select state, count(*) from trials group by state").fetchall() == [
            ("COMPLETE", 3)
        ]
    kept = [run["tags"]["trial"] for run in runs(project).values() if "trial" in run["tags"]]
    assert sorted(kept) == ["0", "1", "2"]
    assert not (project / "mlruns" / "optuna.db").exists()


def test_the_database_of_mlflow_is_left_to_mlflow(project, sweep_file):
    file = project / "other.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("create table alembic_version (version_num text)")
    content = file.read_bytes()
    with pytest.raises(
        PersonaeError, match=r"other\.db: .* of another program; give sweeps one of their own"
    ):
        sweep("campaign", "segment", file=sweep_file("small", **SEGMENT), url=f"sqlite:///{file}")
    assert file.read_bytes() == content
    assert [each.name for each in project.glob("other.db*")] == ["other.db"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "sqlite:////nowhere/at/all.db"}, "cannot be opened"),
        ({"url": "postgresql://me:secret@nowhere/db"}, r"me:\*\*\*@nowhere"),
        ({"url": "nonsense"}, "cannot be opened"),
        ({"file": "none"}, "no such file; sweeps there are: .*segment"),
        ({"trials": 0}, "trials holds 0"),
        ({"name": "../../x"}, "--name '../../x' is no name"),
        ({"space": ["segment.k=range(3,3)"]}, "is empty"),
    ],
)
def test_bad_input_is_one_line(project, options, message):
    with pytest.raises(PersonaeError, match=message) as caught:
        sweep("campaign", "segment", **options)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_stage_that_cannot_be_swept_is_refused(project):
    with pytest.raises(PersonaeError, match="stage prepare cannot be swept"):
        sweep("campaign", "prepare")


def test_winner_json_is_what_adopt_reads(project, sweep_file):
    outcome = sweep("campaign", "segment", file=sweep_file("small", **SEGMENT | {"trials": 2}))
    artifacts = project / "mlruns" / "artifacts" / "campaign" / outcome.run_id / "artifacts"
    assert json.loads((artifacts / "winner.json").read_text())["values"] == outcome.winner["values"]
