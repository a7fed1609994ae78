"""Promises of the documentation site: it builds without a warning, asks no other host, and names keys that are there."""

import json
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from tests.report.fabricated import study

from personae.core.files import read_json, write_files
from personae.report.answer import as_json
from personae.report.statements import Words
from personae.sources.files import read_file

KEYS = re.findall(r"^\| (`\w+\.json#.*?`) \|", Path("docs/keys.md").read_text(), re.MULTILINE)


MADE = {"settings": "class GymPrepare", "source": "def prepare", "simulate": "def simulate"}
FINDINGS = study(2)
SAMPLED = FINDINGS.reports["classify"] | {"sample": {"rows": 300}}
INVENTED = {**FINDINGS.reports, "answer": as_json(FINDINGS.answer(), Words()), "classify": SAMPLED}
# No committed result is of more rows than are fitted.
for name in ("impute", "classify", "segment"):
    INVENTED[name] = INVENTED[name] | {"sampled": {"fit": 120, "of": 300}}


def resolved(value, steps):
    """All that a key leads to, `*` and `[]` standing for each."""
    if not steps:
        return [value]
    first, *rest = steps
    if first in ("*", "[]"):
        each = value.values() if isinstance(value, dict) else value
        return [found for one in each or () for found in resolved(one, rest)]
    return resolved(value[first], rest) if isinstance(value, dict) and first in value else []


@pytest.mark.parametrize("row", KEYS, ids=lambda row: row[:40])
def test_every_key_on_the_page_of_keys_is_in_a_report(row):
    file, before = "", ""
    for key in re.findall(r"`(.+?)`", row):
        if "#/" in key:
            file, _, pointer = key.partition("#/")
            before = pointer.rpartition("/")[0]
        else:
            pointer = f"{before}{key}" if before else key[1:]
        reports = [read_json(path) for path in Path("reports").glob(f"*/{file}")]
        # A list that is empty in all committed results, or a result that is not committed, is invented.
        reports.append(INVENTED.get(file.removesuffix(".json")))
        assert any(resolved(report, pointer.split("/")) for report in reports), key


def test_the_study_that_contributing_adds_simulates_what_it_reads(tmp_path, monkeypatch):
    section = Path("CONTRIBUTING.md").read_text().partition("## Add a study")[2]
    blocks = [textwrap.dedent(each) for each in re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)]
    package = "personae.studies.gym"
    monkeypatch.setitem(sys.modules, package, ModuleType(package))
    for block in blocks:
        name = next((each for each in MADE if MADE[each] in block), None)
        if name is not None:
            module = ModuleType(f"{package}.{name}")
            monkeypatch.setitem(sys.modules, module.__name__, module)
            exec(compile(block, f"{name}.py", "exec"), vars(module))
    gym = {name: sys.modules[f"{package}.{name}"] for name in MADE}
    table = gym["simulate"].simulate(50, 1)
    write_files(tmp_path, gym["simulate"].to_files(table))
    prepared = gym["source"].prepare(tmp_path, gym["settings"].GymPrepare())
    assert prepared.tables["customers"].drop("customer", "unit").equals(table)
    described = yaml.safe_load(next(block for block in blocks if block.startswith("# @package")))
    assert {described["target"], *described["columns"]} == {*table.columns}
    gaps = {each.name for each in table if each.null_count()}
    assert gaps == {name for name, entry in described["columns"].items() if "gaps" in entry}
    preparation = gym["source"].Preparation.model_validate_json(json.dumps(prepared.learned))
    alone = preparation.apply(read_file(*preparation.raw(tmp_path)))
    assert alone.drop("customer").equals(table.drop(described["target"]))


def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path):
    commands = pytest.importorskip("mkdocs.commands.build")
    config = pytest.importorskip("mkdocs.config").load_config(
        "mkdocs.yml", site_dir=str(tmp_path), strict=True
    )
    commands.build(config)
    pages = list(tmp_path.rglob("*.html"))
    assert {"index.html", "reading.html", "verdicts.html", "keys.html", "python.html"} <= {
        p.name for p in pages
    }
    asked = [
        link
        for page in pages
        for link in re.findall(
            r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']?(https?://[^"'> ]+)""", page.read_text()
        )
    ]
    assert asked == []
    assert "segment_customers" in (tmp_path / "python.html").read_text()
    assert "personae new-study bank" in (tmp_path / "own-table.html").read_text()
    assert "share of a segment found again" in (tmp_path / "reading.html").read_text()
