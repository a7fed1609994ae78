"""Promises of the documentation site: it builds without a warning, asks no other host, and names keys that are there."""

import re
from pathlib import Path

import pytest
from tests.report.fabricated import study

from personae.core.files import read_json
from personae.report.answer import as_json
from personae.report.statements import Words

KEYS = re.findall(r"^\| (`\w+\.json#.*?`) \|", Path("docs/keys.md").read_text(), re.MULTILINE)


FINDINGS = study(2)
INVENTED = {**FINDINGS.reports, "answer": as_json(FINDINGS.answer(), Words())}


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
