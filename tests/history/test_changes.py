"""Promises of `compare`: runs, experiments and revisions alike, on one page that needs nothing else."""

import json
import re

import pytest
from tests.report.fabricated import SCRIPT, study
from tests.report.test_browser import CHROMIUM, browser, opened  # noqa: F401 - a fixture

from personae.history.changes import _event, comparison, differences, kind_of
from personae.history.result import StoredResult

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
LOCK = "stages:\n  segment@shop:\n    outs: [{path: reports/shop/segment.json, md5: a}]\n"


def rows(done):
    return [re.split(r"  +", line) for line in done.stdout.splitlines()]


@pytest.mark.graph
def test_runs_experiments_and_revisions_are_compared_with_each_other(user):
    [run] = [each["id"] for each in user.runs()]
    user.dvc("exp", "run", "--temp", "--name", "threes", "-S", "campaign.segment.k=3", "track@campaign")
    done = user.personae("compare", run, "threes", "HEAD", "--study", "campaign")
    assert rows(done)[0] == ["campaign", run[:8], "threes", "HEAD"]
    assert ["segment.k", "5", "3", "5"] in rows(done)
    assert ["silhouette", "2.400", "4.000", "2.400"] in rows(done)
    page = user.root / "build" / "compare" / f"campaign-{run[:8]}-threes-HEAD.html"
    assert f"Full comparison: {page.relative_to(user.root)}" in done.stdout
    text = page.read_text()
    assert "segment.silhouette" in text
    assert "The stages ran the same code." in text
    assert user.run("git", "status", "--short").stdout == ""
    both = user.typed("compare", run, "threes", "--output", str(user.root / "page.html"))
    assert (user.root / "page.html").exists()
    assert rows(both)[0] == ["campaign", run[:8], "threes"]
    other = [each["id"] for each in user.runs() if each["id"] != run]
    assert ["segment.k", "5", "3"] in rows(user.typed("compare", run, *other))


@pytest.mark.graph
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["HEAD", "HEAD~1"], "several studies are possible: --study aerofit or campaign"),
        (["HEAD", "nowhere"], "nowhere: is no MLflow run id, DVC experiment or git revision"),
        (["0" * 32, "HEAD"], "0000: is no MLflow run id"),
        (["HEAD", "--study", "campaign"], "two or more different"),
        (["HEAD", "HEAD~1", "--study", "journey"], "HEAD: the revision holds no result of journey"),
        (["RUN", "HEAD", "--study", "aerofit"], "is of study campaign; expected aerofit"),
    ],
)
def test_bad_input_is_one_line(user, arguments, message):
    [run] = [each["id"] for each in user.runs()]
    done = user.typed("compare", *(run if each == "RUN" else each for each in arguments))
    assert done.exit_code == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def result(label, params=(), **changes):
    reports = json.loads(json.dumps(study(3, **changes).reports))
    return StoredResult(label, "run", "shop", "c" * 40, False, dict(params), LOCK, reports)


def trial(label, params, metrics):
    return StoredResult(label, "run", "shop", "c" * 40, False, params, metrics=metrics)


def test_a_difference_beyond_noise_is_told_from_one_within():
    before, after = result("a"), result("b")
    before.reports["segment"] |= {"silhouette": 0.2, "silhouette_ci": [0.18, 0.22], "inertia": 5.0}
    after.reports["segment"] |= {"silhouette": 0.3, "silhouette_ci": [0.28, 0.32], "inertia": 6.0}
    before.reports["target"]["profit"] |= {"model": 100.0, "model_ci": [50.0, 150.0]}
    after.reports["target"]["profit"] |= {"model": 110.0, "model_ci": [60.0, 160.0]}
    figures = comparison([before, after]).figures
    found = {name: kind_of(differences(each)) for name, each in figures.items()}
    assert found["segment.silhouette"] == "exceeds noise"
    assert found["target.profit.model"] == "within noise"
    assert found["segment.inertia"] == "no interval"
    assert set(found) == {"segment.silhouette", "target.profit.model", "segment.inertia"}


def test_a_trial_of_a_sweep_differs_only_in_what_it_chose_and_found():
    whole = result("a", params={"seed": "0", "segment.k": "2"})
    found = comparison([whole, trial("b", {"segment.k": "3"}, {"segment.silhouette": 9.0})])
    assert list(found.settings) == ["segment.k"]
    assert list(found.figures) == ["segment.silhouette"]
    assert found.verdicts == {}
    lines = [line.split() for line in found.lines()]
    assert ["segment.k", "2", "3"] in lines


def test_two_trials_differ_in_what_only_one_of_them_was_asked_for():
    found = comparison(
        [trial("a", {"clusterer": "kmeans"}, {}), trial("b", {"clusterer": "mixture", "x": "1"}, {})]
    )
    assert found.settings == {
        "clusterer": ("kmeans", "mixture"),
        "x": (None, "1"),
    }


def test_personas_answer_in_the_studys_own_words():
    reports = {"prepare": {"event": {"column": "churn", "answer": "yes", "text": "churn: yes"}}}
    own = [
        StoredResult("a", "run", "shop", "c" * 40, False, params, LOCK, reports)
        for params in ({"report.event": "left us"}, {})
    ]
    assert _event(own) == "left us"
    assert _event(own[1:]) == "churn: yes"
    assert _event([StoredResult("a", "run", "shop", "c" * 40, False, {}, LOCK, {})]) == "responded"


def test_a_number_is_the_same_however_it_is_written():
    found = comparison(
        [result("a", params={"k": "3", "rate": "1e-2"}), result("b", params={"k": "3.0", "rate": "0.01"})]
    )
    assert found.settings == {}


def test_on_the_page_names_from_the_data_are_never_markup_and_nothing_is_loaded():
    results = [result("a", {"x": SCRIPT}, hostile=True), result("b", {"x": "1"})]
    page = comparison(results).page()
    assert SCRIPT not in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=.https?:", page)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_and_the_console_is_silent(browser, tmp_path, width, scheme):  # noqa: F811
    first, second = result("a", {"x": "1"}), result("b", {"x": "long " * 300}, long_names=True)
    second.reports["segment"] |= {"silhouette": 0.9, "silhouette_ci": [0.88, 0.92]}
    (tmp_path / "page.html").write_text(comparison([first, second]).page())
    page, said = opened(browser, (tmp_path / "page.html").as_uri(), width, scheme)
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()
