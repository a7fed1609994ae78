import json

import numpy as np
import polars as pl
import pytest
from tests.report.fabricated import study

from personae import paths
from personae.errors import PersonaeError
from personae.stages import overview, report

SETTINGS = (
    "seed: 7\nsegment: {clusterer: {name: kmeans}}\nclassify: {features: [age], models: {xgboost: {}}}\n"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout in which the other stages have run for study `shop`."""
    monkeypatch.chdir(tmp_path)
    findings = study(1, without=("compare", "target", "promotions", "impute", "days"))
    rng = np.random.default_rng(1)
    files = {
        paths.resolved("shop"): SETTINGS,
        paths.origin("shop"): '{"data": "sample"}',
        **{
            paths.report("shop", f"{name}.json"): json.dumps(content)
            for name, content in findings.reports.items()
            if "/" not in name
        },
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths.report("shop", "curves").mkdir()
    for name, rows in findings.tables.items():
        pl.DataFrame(rows).write_csv(paths.report("shop", f"{name}.csv"))
    customers = pl.DataFrame(
        {"customer": range(50), "age": rng.integers(18, 80, 50), "spend": rng.normal(size=50)}
    )
    paths.table("shop", "customers").parent.mkdir(parents=True)
    customers.write_parquet(paths.table("shop", "customers"))
    return tmp_path


def test_report_is_written_with_its_pictures_and_the_figures_behind_them(project):
    report.main("shop")
    page = paths.report("shop", "report.html").read_text()
    for section in ("personas", "choice", "stability", "classify", "data", "reproduce"):
        assert f'<section id="{section}">' in page
    assert (project / "reports/shop/pictures/roc.png").exists()
    assert {path.name for path in (project / "reports/shop/cards").iterdir()} == {
        "segmenter.md",
        "classifier.md",
    }
    behind = json.loads((project / "reports/shop/pictures/exploration.json").read_text())
    assert behind["rows"] == 50


def test_page_changes_with_settings_and_names_their_hash(project):
    report.main("shop")
    before = paths.report("shop", "report.html").read_text()
    paths.resolved("shop").write_text(SETTINGS.replace("7", "8"))
    report.main("shop")
    after = paths.report("shop", "report.html").read_text()
    changed = [
        pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]
    ]
    assert len(changed) == 1
    assert "settings" in changed[0][0]


def test_without_a_customer_table_the_error_says_what_to_do(project):
    paths.table("shop", "customers").unlink()
    with pytest.raises(PersonaeError, match=r"customers.parquet: no such table; `dvc repro` makes it"):
        report.main("shop")


def test_cards_are_written_for_the_models_that_a_study_has(project):
    paths.resolved("shop").write_text(SETTINGS.partition("classify")[0] + "classify: null\n")
    report.main("shop")
    assert [path.name for path in (project / "reports/shop/cards").iterdir()] == ["segmenter.md"]


def test_overview_links_every_study(project):
    overview.main(["shop"])
    assert 'href="shop/report.html"' in paths.OVERVIEW.read_text()
