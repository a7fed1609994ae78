"""The commands on new customers: score, absorb, readout, serve."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from personae.cli.terminal import Study, console, known_study, say
from personae.core import paths
from personae.core.command import in_project
from personae.core.errors import PersonaeError


def score(  # noqa: PLR0917 - typer's options
    study: Study,
    file: Annotated[
        str | None,
        typer.Argument(help="CSV, Excel, Parquet or a folder, or a month of incoming/STUDY/."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day on which customers are described.")
    ] = None,
    reasons: Annotated[int, typer.Option(min=0, max=3, help="Named with each score.")] = 0,
    url: Annotated[str | None, typer.Option(help="Of a database, in place of a file.")] = None,
    query: Annotated[str | None, typer.Option(help="One SELECT; nothing is written there.")] = None,
) -> None:
    """Score new customers, answers not needed: segment, probability, decision."""
    from personae.core.files import read_json
    from personae.onboarding.months import month_of
    from personae.scoring.batch import score_file, score_query
    from personae.scoring.scorer import load_scorer

    with in_project():
        if (file is None) != (url is not None and query is not None):
            raise PersonaeError("score: give a file, a folder or a month, or --url with --query")
        scorer, day = load_scorer(study), as_of.date() if as_of else None
        if file is None:
            output = score_query(scorer, str(url), str(query), day, reasons=reasons)
        else:
            month = month_of(study, file)
            path, last = month or (Path(file), None)
            day = day or (last if scorer.preparation.as_of else None)
            output = score_file(scorer, path, day, reasons=reasons)
        made = read_json(output.with_suffix(".json"))
        say(
            f"{output}: {made['rows']:,} customers, {made['contacts']:,} to contact, "
            f"{made['problems']:,} with a problem"
        )


def absorb(
    study: Annotated[str, typer.Argument(help="One of your own.", callback=known_study)],
    months: Annotated[list[str], typer.Argument(help="Labelled months of incoming/STUDY/.")],
) -> None:
    """Take labelled months into a study's data."""
    from personae.onboarding.months import absorb as take

    with in_project():
        new = take(study, months)
        known = "all of them are there already"
        said = f"{', '.join(new)}: next, `dvc repro track@{study}`" if new else known
        say(f"{paths.raw(study)}: {said}")


def readout(
    study: Study,
    answers: Annotated[Path, typer.Argument(help="Columns customer and response: 1, 0, or empty.")],
    listed: Annotated[
        Path | None, typer.Option("--list", help="As it was sent; default: the study's targets.csv.")
    ] = None,
) -> None:
    """Say what a campaign brought, compared with its random control group."""
    from personae.scoring.campaign import lines_of, read_out_files

    with in_project():
        output, made = read_out_files(study, listed or paths.report(study, "targets.csv"), answers)
        for line in (*lines_of(made), f"{output}: all figures, by segment too"):
            say(line)


def serve(
    study: Annotated[str, typer.Argument(help="A published one.", callback=known_study)],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5001,
) -> None:
    """Serve a study's champion on this machine, in MLflow's scoring protocol."""
    from personae.tracking.serving import serve_command

    with in_project():
        command, environment = serve_command(study, port)
    address = f"http://127.0.0.1:{port}/invocations"
    console.print(f"{study}: POST to {address} (Ctrl-C ends it)", highlight=False, soft_wrap=True)
    os.execve(command[0], command, environment)
