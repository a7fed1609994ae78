"""Synthetic sample data of every study, in the publisher's layout."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import polars as pl

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_files, write_json, write_text
from personae.studies.aerofit import simulate as aerofit
from personae.studies.campaign import simulate as campaign
from personae.studies.fitbit import simulate as fitbit
from personae.studies.grocery import simulate as grocery
from personae.studies.originals import ORIGIN, is_published, replace_folder

SEED, CAMPAIGN = 20, 1200
# By study, its files: name below the study's folder to content.
SAMPLES: Mapping[str, Callable[[], Mapping[str, bytes]]] = {
    "campaign": lambda: campaign.to_files(campaign.simulate(CAMPAIGN, SEED)[0]),
    "aerofit": lambda: aerofit.to_files(aerofit.simulate(180, SEED)),
    "fitbit": lambda: fitbit.simulate(24, 14, SEED)[0],
    "grocery": lambda: grocery.to_files(grocery.simulate(2000, 10_000, SEED)[0]),
}


def write_sample(raw: Path) -> list[str]:
    """Write the tables of all simulated studies; return their names."""
    for study, files in SAMPLES.items():
        origin = json.dumps({"data": "sample"}, indent=2) + "\n"
        replace_folder(raw / study, {**files(), ORIGIN: origin.encode()}, partial(is_published, study))
    # The tables of journey come with a package: they are real wherever it is installed.
    write_json(raw / "journey" / "origin.json", {"data": "original"})
    return list(SAMPLES)


def write_months() -> list[Path]:
    """Write three simulated months of campaign into `incoming/campaign/`, each with its answers in the file.

    Where the study's list holds a control group, the answers to it are simulated, too, in
    `incoming/campaign/list-answers.csv`.

    Raises
    ------
    PersonaeError
        If campaign's data is not the sample: real customers would be mixed with invented ones.
    """
    data = read_json(paths.origin("campaign"), missing={"data": "other"})["data"]
    if data != "sample":
        raise PersonaeError(
            f"{paths.raw('campaign')}: the data is not the sample, which the months go on from"
        )
    written = []
    for month, table in campaign.simulate_months(CAMPAIGN, SEED).items():
        write_files(paths.incoming("campaign", month), campaign.to_files(table))
        written.append(paths.incoming("campaign", month))
    listed = paths.report("campaign", "targets.csv")
    if listed.exists():
        answers = campaign.simulate_answers(pl.read_csv(listed), SEED)
        written.append(paths.incoming("campaign", "list-answers.csv"))
        write_text(written[-1], answers.write_csv())
    return written
