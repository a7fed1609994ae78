from pathlib import Path

import jupytext
import nbclient
import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_core.utils import run_sync

from personae.core.errors import PersonaeError
from personae.notebook import open_study

NOTEBOOKS = sorted(Path("notebooks").glob("*.py"))
DATA = pytest.mark.skipif(not Path("data/aerofit/origin.json").exists(), reason="no data: `make data`")


@pytest.fixture(scope="module")
def kernel():
    """A kernel for all notebooks, which imports what takes longest once."""
    manager = AsyncKernelManager(kernel_name="python3")
    yield manager
    run_sync(manager.shutdown_kernel)(now=True)


@DATA
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end_in_the_figures_of_the_report(path, kernel):
    """Started in its own folder, as an analyst's editor does, without what others left; nothing is written."""
    notebook = jupytext.read(path)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    where = {"metadata": {"path": path.parent.as_posix()}}
    client = nbclient.NotebookClient(notebook, km=kernel, timeout=300, resources=where)
    client.execute()
    client.kc.stop_channels()
    shown = [
        output["data"]["text/plain"]
        for cell in notebook.cells
        if "study.agree(" in cell.source
        for output in cell.get("outputs", ())
        if output["output_type"] == "execute_result"
    ]
    assert len(shown) >= 3
    assert all(text.startswith("{'here': ") and "'report': " in text for text in shown)


@DATA
def test_a_figure_that_is_not_the_reports_stops_with_both():
    study = open_study("aerofit")
    assert study.agree(180, "prepare", "rows") == {"here": 180.0, "report": 180}
    with pytest.raises(PersonaeError, match=r"prepare.json#/rows is 180, here 181: `dvc repro`"):
        study.agree(181, "prepare", "rows")
    with pytest.raises(PersonaeError, match="aerofit: no response model 'oracle'"):
        study.response_model("oracle")


def test_outside_the_project_the_error_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PersonaeError, match="no dvc.yaml here or above"):
        open_study("aerofit")
