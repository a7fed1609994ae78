"""The overview page: each study's verdicts with a link to its report."""

from collections.abc import Mapping
from typing import Any

from personae.report.page import environment, is_sample
from personae.report.traced import Traced
from personae.report.verdicts import verdicts


def overview(studies: Mapping[str, Mapping[str, Any]]) -> str:
    """Write `reports/index.html`.

    Parameters
    ----------
    studies
        Contents of the JSON reports of each study, by name without ending.
    """
    lines = []
    for study, contents in studies.items():
        reports = {name: Traced(content, f"{study}/{name}.json#") for name, content in contents.items()}
        lines.append((study, reports, verdicts(reports), is_sample(contents)))
    sample = any(is_sample(contents) for contents in studies.values())
    return environment().get_template("overview.html.j2").render(lines=lines, sample=sample)
