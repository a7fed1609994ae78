"""The overview page: each study's answer with a link to its report."""

from collections.abc import Mapping
from typing import Any

from personae.report.answer import answer
from personae.report.page import environment, is_sample
from personae.report.statements import Words, shown_personas
from personae.report.traced import Traced


def overview(studies: Mapping[str, Mapping[str, Any]], words: Mapping[str, Words] | None = None) -> str:
    """Write `reports/index.html`.

    Parameters
    ----------
    studies
        Contents of the JSON reports of each study, by name without ending.
    words
        Each study's own words.
    """
    lines = []
    for study, contents in studies.items():
        reports = {name: Traced(content, f"{study}/{name}.json#") for name, content in contents.items()}
        own = (words or {}).get(study, Words())
        lines.append(
            (
                study,
                answer(reports, own),
                reports,
                own.unit_name,
                shown_personas(reports),
                is_sample(contents),
            )
        )
    sample = any(is_sample(contents) for contents in studies.values())
    return environment().get_template("overview.html.j2").render(lines=lines, sample=sample)
