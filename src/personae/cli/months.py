"""The commands on the months after: drift, migration, gate, value, monitor."""

from typing import TYPE_CHECKING, Annotated

import typer

from personae.cli.terminal import say
from personae.core.command import in_project

if TYPE_CHECKING:
    from personae.monitoring.month import Incoming
    from personae.scoring.scorer import Scorer

Study = Annotated[str, typer.Argument(help="A computed one.")]
Month = Annotated[str | None, typer.Argument(help="Such as 2024-03; default: all of incoming/STUDY/.")]


def drift(study: Study, month: Month = None) -> None:
    """Say whether a month's customers are still those that the study learned from."""
    from personae.monitoring.watch import lines_of, watch

    with in_project():
        scorer, months = _months(study, month)
        for made in watch(study, scorer, months, [month] if month else [each.name for each in months]):
            for line in lines_of(made):
                say(line)


def _months(study: str, last: str | None) -> "tuple[Scorer, list[Incoming]]":
    """The study's scorer, and its months up to one, by default all."""
    from personae.monitoring.month import Incoming
    from personae.onboarding.months import month_of, months_of
    from personae.scoring.scorer import load_scorer

    scorer, made = load_scorer(study), []
    for name in months_of(study, last):
        found = month_of(study, name)
        assert found is not None
        made.append(Incoming(name, found[0], found[1] if scorer.preparation.as_of else None))
    return scorer, made
