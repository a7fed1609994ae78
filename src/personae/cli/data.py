"""The commands `personae data ...`: the raw tables of the studies."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from personae.cli.terminal import say
from personae.core import paths
from personae.core.command import in_project, one_line_errors

if TYPE_CHECKING:
    from personae.studies.originals import Imported

data = typer.Typer(
    help="Which raw tables the studies start from: the sample or the originals.", no_args_is_help=True
)


@data.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="Directory with one folder a study: campaign/, fitbit/, ...")
    ],
) -> None:
    """Replace the sample by the publishers' original files, study by study."""
    from personae.studies.originals import import_originals

    with in_project():
        _tell(import_originals(source, paths.RAW))


@data.command()
def fetch() -> None:
    """Download the originals that Kaggle serves (extra `kaggle`), then import them."""
    from personae.studies.originals import fetch_originals

    with in_project():
        _tell(fetch_originals(paths.RAW))


@data.command()
def sample() -> None:
    """Generate the synthetic sample again, the same bytes each time."""
    from personae.studies.sample import write_sample

    with in_project():
        for study in write_sample(paths.RAW):
            say(f"{paths.raw(study)}: synthetic sample")


@data.command()
def months() -> None:
    """Write three simulated months of campaign's sample into incoming/campaign/."""
    from personae.studies.sample import write_months

    with in_project():
        for path in write_months():
            say(f"{path}: synthetic sample")
        if not paths.report("campaign", "targets.csv").exists():
            say("answers to the list follow once there is one: `personae repro campaign`, then this again")


@data.command()
def pull(study: Annotated[str, typer.Argument(help="One whose rows come from a database.")]) -> None:
    """Pull the rows of a study's query again, read-only."""
    from personae.onboarding.query import pull as again

    with one_line_errors():
        taken = again(study)
    say(f"{paths.raw(study)}: {taken.rows:,} rows of {taken.url}, {taken.time}")


def _tell(imported: "Iterable[Imported]") -> None:
    for each in imported:
        say(f"{each.study}: {len(each.files)} original files")
        for remark in each.remarks:
            say(f"  {remark}")
    say("Now `dvc repro` runs the graph on them.")
