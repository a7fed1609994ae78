"""What commands print."""

from typing import Annotated

import typer
from rich.console import Console

from personae.core import paths
from personae.core.command import one_line_errors
from personae.core.errors import PersonaeError, printable

console = Console()


def known_study(given: str) -> str:
    """Refuse a name that is no study of the project, where there is one."""
    from personae.config.compose import studies
    from personae.config.reading import nearest

    with one_line_errors():
        names = studies(paths.PARAMS) if paths.PARAMS.is_file() else [given]
        if given not in names:
            raise PersonaeError(f"{given}: no study of {paths.PARAMS}{nearest(given, names)}")
    return given


def known_studies(given: list[str] | None) -> list[str]:
    """Refuse a list with a name that is no study of the project."""
    return [known_study(study) for study in given or ()]


Study = Annotated[str, typer.Argument(help="A computed one.", callback=known_study)]


def say(line: str) -> None:
    """Print text that may come from data: no markup, no control characters, no line breaks of our own."""
    console.print(printable(line), highlight=False, markup=False, soft_wrap=True)
