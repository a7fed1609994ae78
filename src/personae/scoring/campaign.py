"""A campaign's list and answers, read from files, and what the contact brought."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors as cs

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.core.settings import load
from personae.response.settings import Classify
from personae.sources.files import read_file
from personae.sources.values import identifiers, is_wrong, plain_number
from personae.targeting.next_list import RESPONSE, next_list
from personae.targeting.readout import LIST, read_out

TEXTS = ("customer", "decision", "segment")


def read_out_files(study: str, listed: Path | str, answers: Path | str) -> tuple[Path, dict[str, Any]]:
    """Estimate what a campaign brought, see `targeting.readout.read_out`, and write it down.

    Parameters
    ----------
    listed
        The list as it was sent: `targets.csv` or `targets.parquet` of the study's stage target.
    answers
        CSV of any kind, Excel or Parquet: customer and response (1, 0, or empty where it is not known).

    Returns
    -------
    The JSON file with the readout, `scores/<study>/<name of the answers>-readout.json`, and its content.
    Where a model of the effect ranks better than the response model beyond chance, `...-next.csv` is the
    next list.

    Raises
    ------
    PersonaeError
        If a file cannot be read, or with file, column and value of what does not fit.
    """
    sent = read_columns(Path(listed), LIST)
    came = read_columns(Path(answers), ("customer", "response"))
    made: dict[str, Any] = {"study": study, "list": Path(listed).name, "answers": Path(answers).name}
    made |= {"answers_left_out": came.height - came.join(sent, on="customer", how="semi").height}
    if made["answers_left_out"] == came.height:
        raise PersonaeError(f"{answers}: no customer is on the list {listed}; is it of another campaign?")
    made |= read_out(sent.to_pandas(), came.to_pandas())
    name = Path(answers).name.partition(".")[0]
    if "gain" in made:
        made["next_list"] = _next_list(study, sent, came, paths.scores(study, f"{name}-next.csv"))
    output = paths.scores(study, f"{name}-readout.json")
    write_json(output, made)
    return output, made


def read_columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Read some columns of a list or of answers, numbers where they are none of `TEXTS`.

    Raises
    ------
    PersonaeError
        With file, row, column and value of what does not fit.
    """
    if not path.is_file():
        raise PersonaeError(f"{path}: no such file")
    file = read_file(path)
    missing = [name for name in columns if name not in file.table.columns]
    if missing:
        raise PersonaeError(f"{path}: column {missing[0]} is missing; expected {', '.join(columns)}")
    table = file.table.select(identifiers(file.table[name]) for name in columns)
    empty = table["customer"].is_null().arg_true()
    if len(empty):
        raise PersonaeError(f"{path}: column customer is empty in row {file.lines[empty[0]]}")
    for name in set(columns) - {*TEXTS}:
        wrong = table.select(is_wrong(pl.col(name))).to_series().arg_true()
        if len(wrong):
            row = file.lines[wrong[0]]
            raise PersonaeError(
                f"{path}: column {name} holds {table[name][wrong[0]]!r} in row {row}; expected a number"
            )
    return table.with_columns(plain_number(pl.col(name)) for name in columns if name not in TEXTS)


def _next_list(study: str, sent: pl.DataFrame, came: pl.DataFrame, output: Path) -> dict[str, Any]:
    """Say what the next list is ranked by, and write it if that is the uplift."""
    table, settings = paths.table(study, "customers"), paths.settings(study, "classify")
    described = load(settings, Classify, "classify") if settings.exists() and table.exists() else None
    if described is None or described.table != "customers":
        return {"rank_by": RESPONSE, "reason": "the customers of the list are not described in this project"}
    key = pl.col("customer").cast(pl.String)
    customers = tables.read(table).with_columns(key)
    features = [name for name in described.features if name in customers.columns]
    rows = (
        sent.filter(pl.col("decision").is_in(["contact", "control"]))
        .join(came.with_columns(key).drop_nulls("response"), on="customer", how="inner")
        .join(customers.select("customer", *features), on="customer", how="inner")
    )
    inputs = rows.select(features).to_dummies(cs.string(), drop_first=True).cast(pl.Float64).to_numpy()
    report, listed = next_list(rows.to_pandas(), inputs)
    if listed is not None:
        tables.write_csv(output, pl.from_pandas(listed))
    return report


def lines_of(readout: dict[str, Any]) -> list[str]:
    """Write the main figures of a readout for the terminal."""
    told = [f"{readout['verdict']}; {readout['profit_verdict']}"]
    if readout["reason"]:
        told = [f"{readout['verdict']}: {readout['reason']}"]
    if readout["answers_left_out"]:
        told.append(
            f"{readout['answers_left_out']:,} answers are of customers who are not on the list; left out"
        )
    for name, words in (("contact", "contacted"), ("control", "held out")):
        arm = readout[name]
        told.append(f"{arm['customers']:,} {words}: {arm['responses']:,} of {arm['known']:,} responded")
    if "gain" not in readout:
        return told
    gain, profit, promised = readout["gain"], readout["profit"], readout["promised"]
    told.append(f"gain in response {gain['mean']:.1%} (95 % interval {_range(gain['ci'], '.1%')})")
    told.append(
        f"profit {profit['mean']:,.0f} ({_range(profit['ci'], ',.0f')}), promised {promised['profit']:,.0f}"
    )
    share = f"{promised['observed_to_expected']:.2f} ({_range(promised['ci'], '.2f')})"
    told.append(f"responses came per one that the model promised: {share}")
    if "next_list" in readout:
        told.append(f"next list by {readout['next_list']['rank_by']}: {readout['next_list']['reason']}")
    return told


def _range(interval: Sequence[float], form: str) -> str:
    low, high = interval
    return "too few responses for an interval" if math.isnan(low) else f"{low:{form}} to {high:{form}}"
