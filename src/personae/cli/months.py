"""The commands on the months after: drift, migration, gate, value, monitor."""

from typing import TYPE_CHECKING, Annotated

import typer

from personae.cli.terminal import Study, known_study, say
from personae.core.command import in_project

if TYPE_CHECKING:
    from personae.monitoring.month import Incoming
    from personae.scoring.scorer import Scorer

Month = Annotated[str | None, typer.Argument(help="Such as 2024-03; default: all of incoming/STUDY/.")]


def drift(study: Study, month: Month = None) -> None:
    """Say whether a month's customers are still those that the study learned from."""
    from personae.monitoring.watch import lines_of, watch

    with in_project():
        scorer, months = _months(study, month)
        for made in watch(study, scorer, months, [month] if month else [each.name for each in months]):
            for line in lines_of(made):
                say(line)


def migration(study: Study, month: Month = None) -> None:
    """Say who moved between segments, and which moves count (needs an anchor)."""
    from personae.monitoring.moves import lines_of, migrate

    with in_project():
        scorer, months = _months(study, month)
        for made in migrate(study, scorer, months):
            if month in (None, made["month"]):
                for line in lines_of(made):
                    say(line)


def gate(
    study: Study,
    promote: Annotated[
        bool, typer.Option("--promote", help="Exchange them if the challenger passes.")
    ] = False,
) -> None:
    """Decide between champion and challenger, on answers that neither has seen."""
    from personae.tracking.promotion import gate as decide
    from personae.tracking.promotion import lines_of

    with in_project():
        for line in lines_of(decide(study, _months(study, None)[1], promote=promote)):
            say(line)


def value(
    study: Annotated[str, typer.Argument(help="One with transactions.", callback=known_study)],
    weeks: Annotated[int, typer.Option(min=1, help="To forecast.")] = 8,
) -> None:
    """Forecast what each customer will spend, by a model only if it beats simple forecasts."""
    from personae.monitoring.forecast import forecast
    from personae.monitoring.value import lines_of

    with in_project():
        path, made = forecast(study, weeks)
        for line in (*lines_of(made), f"{path}: {made['customers']:,} customers"):
            say(line)


def monitor(study: Study) -> None:
    """Write the page of all months, and their figures to MLflow."""
    from personae.monitoring.monitor import metrics, records, write_page
    from personae.tracking.monitor import log_months

    with in_project():
        found = records(study)
        say(f"{write_page(study, found)}: {len(found['drift'])} months, the last answer first")
        say(f"MLflow: run {', '.join(log_months(study, metrics(found)))}")


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
