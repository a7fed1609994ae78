"""Promises of the public face: all of it can be called from the wheel, and costs nothing until it is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import personae

README = Path("README.md").read_text()
ANYWHERE, IN_A_CHECKOUT, FINISHED, *_ = re.findall(
    r"```python\n(.*?)```", README.partition("## From Python")[2], re.DOTALL
)
# Calls of the example, and what makes them quick; in one process, for to start more takes longer than what they would do.
LITTLE_EFFORT = {
    "predictors=features[1:])": ", folds=3, repeats=1, resamples=200",
    "k=2)": ", workers=1, effort={'bootstraps': 10, 'splits': 2, 'null_tables': 19, 'null_bootstraps': 2}",
    "repeats=1)": ", workers=1, folds=3, shuffles=1, guard={'permutations': 1}",
    "revenue=11.0)": ", resamples=100",
    "Promote()": "workers=1, search={'max_length': 2, 'shuffles': 20, 'resamples': 100}",
}
CHECKS = """
assert (found.report.k, len(cards), len(contacts)) == (2, 2, len(customers))
assert filled.scorecard["columns"]["Income"]["unseen"]["verdict"] in ("impute", "baseline", "refuse")
assert set(pairs["verdict"]) <= {"merge", "keep", "inconclusive"}
assert response.report["best"] in response.report["models"]
assert len(promotions) > 0 and rules.height >= len(promotions)
assert "campaign" in str(error_) and "four" in str(error_)
print(personae.__file__)
"""


def test_what_a_user_may_call_is_listed_and_there():
    assert dir(personae) == sorted(personae.__all__)
    assert 12 <= len(personae.__all__) <= 26
    assert all(getattr(personae, name).__doc__ for name in personae.__all__)
    with pytest.raises(AttributeError, match="module 'personae' has no attribute 'segment'"):
        personae.segment  # noqa: B018


def test_readme_shows_all_of_it():
    shown = README.partition("## From Python")[2]
    assert [name for name in personae.__all__ if not re.search(rf"\b{name}\b", shown)] == []


def test_importing_it_imports_nothing_but_the_standard_library():
    code = "import sys; before = set(sys.modules); import personae; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {name.partition(".")[0] for name in done.stdout.split()}
    assert names - sys.stdlib_module_names == {"personae"}


def test_the_readmes_example_runs_from_the_wheel_outside_of_the_checkout(installed, tmp_path):
    code = ANYWHERE.replace("print(error)", "error_ = error") + CHECKS
    for call, effort in LITTLE_EFFORT.items():
        assert code.count(call) == 1
        code = code.replace(call, f"{call[:-1]}{effort})")
    done = subprocess.run(
        [installed, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env={}
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed.parents[1])
    assert list(tmp_path.iterdir()) == []
