"""A campaign's list and answers, read from files, and what the contact brought."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.sources.files import read_file
from personae.sources.values import is_wrong, plain_number
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

    Raises
    ------
    PersonaeError
        If a file cannot be read, or with file, column and value of what does not fit.
    """
    sent = read_columns(Path(listed), LIST)
    came = read_columns(Path(answers), ("customer", "response"))
    made = {"study": study, "list": Path(listed).name, "answers": Path(answers).name}
    made |= read_out(sent.to_pandas(), came.to_pandas())
    output = paths.scores(study, f"{Path(answers).name.partition('.')[0]}-readout.json")
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
    table = file.table.select(pl.col(name).cast(pl.String) for name in columns)
    for name in set(columns) - {*TEXTS}:
        wrong = table.select(is_wrong(pl.col(name))).to_series().arg_true()
        if len(wrong):
            row = file.lines[wrong[0]]
            raise PersonaeError(
                f"{path}: column {name} holds {table[name][wrong[0]]!r} in row {row}; expected a number"
            )
    return table.with_columns(plain_number(pl.col(name)) for name in columns if name not in TEXTS)


def lines_of(readout: dict[str, Any]) -> list[str]:
    """Write the main figures of a readout for the terminal."""
    told = [f"{readout['verdict']}; {readout['profit_verdict']}"]
    if readout["reason"]:
        told = [f"{readout['verdict']}: {readout['reason']}"]
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
    return told


def _range(interval: Sequence[float], form: str) -> str:
    low, high = interval
    return "too few responses for an interval" if math.isnan(low) else f"{low:{form}} to {high:{form}}"
