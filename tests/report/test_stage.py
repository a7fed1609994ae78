import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.report.fabricated import study

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.report.results import REPORTS, TABLES
from personae.sources.exploration import explore
from personae.stages import report

COMPOSED = Path("resolved/campaign")
LEFT_OUT = ("compare", "target", "promotions", "impute", "segment_days", "anomalies", "prescription")
FINDINGS = study(1, without=LEFT_OUT)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout in which the other stages have run for study `shop`."""
    shutil.copytree(COMPOSED, tmp_path / paths.resolved("shop"))
    monkeypatch.chdir(tmp_path)
    made = [name for name in REPORTS if name in FINDINGS.reports]
    reports = {paths.report("shop", f"{name}.json"): json.dumps(FINDINGS.reports[name]) for name in made}
    files = reports | {paths.origin("shop"): '{"data": "sample"}'}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths.report("shop", "curves").mkdir()
    for name in set(TABLES) & set(FINDINGS.tables):
        pl.DataFrame(FINDINGS.tables[name]).write_csv(paths.report("shop", f"{name}.csv"))
    spend = np.random.default_rng(1).normal(size=50)
    customers = pl.DataFrame({"customer": range(50), "spend": spend})
    tables.write(paths.table("shop", "customers"), customers)
    write_json(paths.exploration("shop"), explore(customers))
    return tmp_path / "reports" / "shop"


def test_report_is_written_with_its_pictures_the_figures_behind_them_and_cards(project):
    report.main("shop")
    page = (project / "report.html").read_text()
    for section in ("personas", "choice", "stability", "classify", "data", "reproduce"):
        assert f'<section id="{section}">' in page
    assert (project / "pictures/roc.png").exists()
    assert json.loads((project / "pictures/exploration.json").read_text())["rows"] == 50
    assert {path.name for path in (project / "cards").iterdir()} == {"segmenter.md", "classifier.md"}


def test_page_names_the_hash_of_its_settings_and_a_study_without_answers_has_one_card(project, monkeypatch):
    monkeypatch.setattr(report, "pictures", lambda *_: [])
    report.main("shop")
    before = (project / "report.html").read_text().splitlines()
    for card in (project / "cards").iterdir():
        card.unlink()
    for stage in ("classify", "target"):
        paths.settings("shop", stage).unlink()
    report.main("shop")
    after = (project / "report.html").read_text().splitlines()
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert ["settings" in line for line in changed] == [True]
    assert [path.name for path in (project / "cards").iterdir()] == ["segmenter.md"]


def test_without_the_figures_of_its_tables_the_error_says_what_to_do(project):
    paths.exploration("shop").unlink()
    with pytest.raises(PersonaeError, match=r"exploration.json: no such file; `dvc repro` makes it"):
        report.main("shop")
