"""Value of a study's customers, from its files: what `personae value` writes."""

from pathlib import Path
from typing import Any, get_type_hints

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.core.settings import read
from personae.monitoring.value import value
from personae.sources.by_name import find_source


def forecast(study: str, weeks: int) -> tuple[Path, dict[str, Any]]:
    """Forecast each customer's spend, and write `scores/<study>/value.csv` and `value.json`.

    Raises
    ------
    PersonaeError
        If the study's source has no transactions, or they are too few.
    """
    settings = read(paths.resolved(study))["prepare"]
    source = find_source(settings["source"])
    if not hasattr(source, "purchases"):
        raise PersonaeError(
            f"{study}: source {settings['source']} has no transactions, so no spend over time"
        )
    kind = get_type_hints(source.purchases)["settings"]
    report, customers = value(source.purchases(paths.raw(study), kind.model_validate(settings)), weeks)
    path = paths.scores(study, "value.csv")
    tables.write_csv(path, customers)
    write_json(path.with_suffix(".json"), {"study": study} | report)
    return path, report
