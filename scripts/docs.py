"""Hooks of the documentation site: text that stands elsewhere in the repository is included, not repeated.

A page may hold `{{ file: PATH }}` for a whole Markdown file, `{{ readme: HEADING }}` for a section of README,
`{{ readme }}` for what stands above its sections, `{{ public }}` for the public functions,
`{{ glossary }}` for the words of the reports.
"""

import re
from pathlib import Path
from typing import Any

import personae
from personae.report.glossary import as_markdown

ROOT = Path(__file__).parent.parent
INCLUDE = re.compile(r"^\{\{ (file|readme|public|glossary)(?:: (.+?))? \}\}$", re.MULTILINE)
# Links of the repository's own files, as the pages of the site have them.
LINKS = {
    "](docs/": "](",
    "](CONTRIBUTING.md": "](contributing.md",
    "](CONTRIBUTING)": "](contributing.md)",
    "](CHANGELOG.md": "](changelog.md",
    "](benchmarks/README.md": "](benchmarks.md",
    "](../../benchmarks/README.md": "](../benchmarks.md",
    "](decisions)": "](decisions/1-configuration.md)",
}


def on_config(config: Any) -> Any:
    """Append the decisions and the changelog to the contents."""
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"), key=lambda path: int(path.name.split("-")[0]))
    config["nav"].append({"Decisions": [f"decisions/{path.name}" for path in decisions]})
    config["nav"].append({"Changes": "changelog.md"})
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace includes, then links to files that are pages here."""
    text = INCLUDE.sub(lambda found: _included(found[1], found[2] or ""), markdown)
    for link, page in LINKS.items():
        text = text.replace(link, page)
    return text


def _included(kind: str, name: str) -> str:
    if kind == "file":
        return (ROOT / name).read_text(encoding="utf-8")
    if kind == "glossary":
        return as_markdown()
    if kind == "public":
        homes = {each: f"personae.{home}.{each}" for each, home in personae._HOMES.items()}
        return "\n\n".join(f"::: {path}" for path in homes.values())
    sections = re.split(r"^## (.+)$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = {"": sections[0].partition("\n")[2], **dict(zip(sections[1::2], sections[2::2], strict=True))}
    if name not in texts:
        raise KeyError(f"README.md has no section {name!r}; it has {', '.join(texts)}")
    return texts[name]
