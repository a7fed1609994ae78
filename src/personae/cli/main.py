"""The `personae` command; each subcommand calls one function elsewhere."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from personae.cli.customers import absorb, readout, score, serve
from personae.cli.data import data
from personae.cli.months import drift, gate, migration, monitor, value
from personae.cli.terminal import Study, console, known_studies, known_study, say
from personae.core import paths
from personae.core.command import in_project, one_line_errors, pin_arithmetic
from personae.core.errors import PersonaeError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(data, name="data")


def _version(asked: bool) -> None:
    if asked:
        print(version("personae"))
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Customer segments, personas and response models that survive scrutiny."""
    pin_arithmetic()


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="New, empty, or without files of a project.")],
) -> None:
    """Create a project where the package is installed without a checkout."""
    from personae.onboarding.project import init as make

    with one_line_errors():
        make(directory)
    console.print(f"{directory}: next, in it, `personae new-study NAME FILE...`", highlight=False)


@app.command("new-study")
def new_study(  # noqa: PLR0917 - typer's options
    name: Annotated[str, typer.Argument(help="Of the study: lower-case letters, digits, underscores.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV of any kind, Excel or Parquet, .gz or not; parts of one table."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Of a database, in place of files: SQLAlchemy's.")] = None,
    query: Annotated[str | None, typer.Option(help="One SELECT; nothing is written there.")] = None,
    password_variable: Annotated[
        str | None, typer.Option(help="Of the environment; default: NAME_PASSWORD.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column with the answers to predict, or none.")] = None,
    event: Annotated[str | None, typer.Option(help="The answer that is the event, spelt as in it.")] = None,
    identifier: Annotated[str | None, typer.Option("--id", help="Column that identifies a customer.")] = None,
    after: Annotated[
        str | None, typer.Option(help="Columns known only after the answer: names with commas, or none.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="table (a row a customer) or transactions (lines of baskets).")
    ] = None,
    item: Annotated[str | None, typer.Option(help="Of transactions: column with what was bought.")] = None,
    time: Annotated[str | None, typer.Option(help="Column with its day.")] = None,
    basket: Annotated[str | None, typer.Option(help="Column with the receipt's number.")] = None,
    quantity: Annotated[str | None, typer.Option(help="Column with the pieces.")] = None,
    price: Annotated[str | None, typer.Option(help="Column with the price of a piece.")] = None,
    amount: Annotated[str | None, typer.Option(help="Or column with that of the line.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take every default without questions.")] = False,
) -> None:
    """Create a study from your own files and guess its settings."""
    from personae.onboarding.new_study import write_study, write_study_of_query
    from personae.onboarding.study_file import Known

    asked = None if yes or not sys.stdin.isatty() else typer.prompt
    with one_line_errors():
        parts = {"item": item, "time": time, "basket": basket, "quantity": quantity}
        parts |= {"price": price, "amount": amount}
        columns = {part: column for part, column in parts.items() if column is not None}
        known = Known(target, event, identifier, after, source, columns)
        if (url is None) != (query is None) or (url is not None and files):
            raise PersonaeError("new-study: give files, or --url with --query")
        written, lines = (
            write_study(name, files or [], known, asked)
            if url is None or query is None
            else write_study_of_query(name, url, query, known, asked, variable=password_variable)
        )
    for line in lines:
        say(f"  {line}")
    if asked is None and not yes:
        console.print("No terminal: every default was taken.", highlight=False)
    console.print(f"{written}: read it, then `dvc repro track@{name}`", highlight=False)


@app.command()
def repro(
    study: Annotated[
        list[str] | None, typer.Argument(help="By default all studies whose data is here.")
    ] = None,
) -> None:
    """Run the graph, study after study, and say where it is."""
    from personae.config.compose import studies
    from personae.core.lock import check_lock
    from personae.graph.repro import repro as run
    from personae.graph.repro import with_data

    with in_project():
        check_lock()
        counts = run(study or with_data(studies(paths.PARAMS), say), say)
        if counts["computed"] or counts["cached"] or not paths.OVERVIEW.exists():
            _write_overview()


@app.command()
def experiments() -> None:
    """Tabulate the DVC experiments of the last commit: settings changed, main figures."""
    from personae.graph.experiments import experiments as listed

    with in_project():
        for line in listed():
            say(line)


@app.command()
def summary(
    study: Annotated[
        list[str] | None, typer.Argument(help="By default all that have run.", callback=known_studies)
    ] = None,
) -> None:
    """Show answer and main figures of every computed study."""
    from personae.core.lock import LOCK, read_lock, unfinished
    from personae.report.answer import answered
    from personae.report.summary import summary as figures

    with one_line_errors():
        reports = {name: own for name, own in _reports().items() if own and (not study or name in study)}
        if not reports:
            console.print("Nothing has run yet: `dvc repro` computes the studies.")
            return
        behind = unfinished(read_lock()) if LOCK.exists() else {}
        for name, own in reports.items():
            for line in answered(name, own, _words(name)):
                say(line)
            if name in behind:
                say(f"{name}: a run was not finished; of an earlier one are {', '.join(behind[name])}\n")
        console.print(figures(reports), highlight=False, soft_wrap=True)
        tool = "make ui" if Path("Makefile").exists() else "personae ui"
        console.print(f"\n`{tool}` opens the runs in MLflow.")


@app.command()
def overview() -> None:
    """Write reports/index.html, one page over all studies that have run."""
    with one_line_errors():
        _write_overview()


@app.command()
def anchor(study: Study) -> None:
    """Keep today's segment ids and names for later runs."""
    from personae.core.settings import load
    from personae.personas.anchor import anchor as keep
    from personae.personas.settings import Profile

    with one_line_errors():
        described = load(paths.settings(study, "profile"), Profile).of
        personas = paths.report(study, "personas.json") if described == "segments" else None
        count = keep(paths.model(study, "segmenter"), paths.anchor(study), personas)
    console.print(f"{paths.anchor(study)}: {count} segments anchored; commit it", highlight=False)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5000) -> None:
    """Open what was tracked in the MLflow UI, on this machine only."""
    from personae.tracking.store import Store

    with one_line_errors():
        store = Store.here()
        command, pages = store.ui(port), store.pages(port)
    for study, page in pages:
        say(f"{study:10} {page}")
    home = f"http://127.0.0.1:{port}/#/experiments?workflowType=machine_learning"
    console.print(f"MLflow on {home} (Ctrl-C ends it)", highlight=False, soft_wrap=True)
    os.execv(command[0], command)


@app.command("app")
def explore(
    port: Annotated[int, typer.Option(help="Port on the address.")] = 8501,
    address: Annotated[str, typer.Option(help="Other than 127.0.0.1 only with --open.")] = "127.0.0.1",
    everyone: Annotated[
        bool, typer.Option("--open", help="Let whoever reaches the address read all.")
    ] = False,
) -> None:
    """Explore personas, lists and rules in the browser (extra `app`)."""
    from personae.history.explorer import explorer_command

    with in_project():
        command = explorer_command(port, address, everyone=everyone)
    console.print(f"Personae on http://{address}:{port} (Ctrl-C ends it)")
    os.execv(command[0], command)


@app.command()
def sweep(  # noqa: PLR0917 - typer's options
    study: Annotated[str, typer.Argument(help="Name of the study.", callback=known_study)],
    stage: Annotated[str, typer.Argument(help="impute, segment or classify.")],
    space: Annotated[
        list[str] | None, typer.Argument(help="In place of the file's: 'segment.k=range(2,10)' ...")
    ] = None,
    file: Annotated[str | None, typer.Option(help="conf/sweep/FILE.yaml; default: the stage's.")] = None,
    name: Annotated[str | None, typer.Option(help="Of the sweep; default: STUDY-STAGE.")] = None,
    trials: Annotated[int | None, typer.Option(help="In all, earlier calls counted.")] = None,
    database: Annotated[str | None, typer.Option(help="URL; default: mlruns/optuna.db.")] = None,
) -> None:
    """Search the settings of a stage; resumable, several processes may share it."""
    with one_line_errors():
        from personae.sweep.run import sweep as search

        outcome = search(study, stage, space=space or (), file=file, name=name, trials=trials, url=database)
        for line in outcome.lines():
            say(line)


@app.command()
def adopt(
    sweep: Annotated[str, typer.Argument(help="Name of a sweep that has ended.")],
    database: Annotated[str | None, typer.Option(help="URL; default: mlruns/optuna.db.")] = None,
) -> None:
    """Write the winner of a sweep into params.yaml."""
    with one_line_errors():
        from personae.sweep.adopt import adopt as write

        change = write(sweep, url=database)
        console.print(change or "params.yaml holds these settings already", highlight=False, markup=False)


@app.command()
def restore(
    run: Annotated[str, typer.Argument(help="Id of a published run in MLflow.")],
    into: Annotated[Path | None, typer.Option(help="New folder; default: build/restored/RUN.")] = None,
    cached: Annotated[bool, typer.Option(help="Trust DVC's cache instead of computing.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show every metric, identical ones too.")] = False,
) -> None:
    """Bring back a run's code, data and settings and compute it again."""
    from personae.history.restore import restore as again

    with one_line_errors():
        restored = again(run, into, cached=cached)
        for line in restored.lines(every=every):
            say(line)
        if restored.different:
            count = f"{len(restored.different)} of {len(restored.rows)} figures and verdicts"
            raise PersonaeError(f"run {run}: {count} are different: {restored.different[0]} ...")


@app.command()
def compare(
    results: Annotated[
        list[str],
        typer.Argument(help="MLflow run ids, DVC experiments, git revisions; the first is the reference."),
    ],
    study: Annotated[str | None, typer.Option(help="Where revisions hold several.")] = None,
    output: Annotated[Path | None, typer.Option(help="Page; default: in build/compare.")] = None,
) -> None:
    """Compare parameters, figures, segments, data and code of results."""
    from personae.history.changes import compare_results

    with one_line_errors():
        changes, path = compare_results(results, study, output)
        for line in (*changes.lines(), "", f"Full comparison: {path}"):
            say(line)


for command in (score, absorb, readout, serve, drift, migration, gate, value, monitor):
    app.command()(command)


def _write_overview() -> None:
    from personae.core.files import write_text
    from personae.report.overview import overview as page

    reports = {study: own for study, own in _reports().items() if own}
    write_text(paths.OVERVIEW, page(reports, {study: _words(study) for study in reports}))
    console.print(f"{paths.OVERVIEW}: all studies on one page", highlight=False)


def _reports() -> dict[str, dict[str, Any]]:
    """Read the JSON reports of every study."""
    from personae.config.compose import studies
    from personae.report.results import read_reports

    return {study: read_reports(paths.report(study, "")) for study in studies(paths.PARAMS)}


def _words(study: str) -> Any:
    from personae.core.settings import read
    from personae.report.statements import Words

    return Words.of(read(paths.resolved(study)))
