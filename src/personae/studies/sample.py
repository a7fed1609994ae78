"""Synthetic sample data of every study, in the publisher's layout."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from personae.core.files import write_json
from personae.studies.aerofit import simulate as aerofit
from personae.studies.campaign import simulate as campaign
from personae.studies.fitbit import simulate as fitbit
from personae.studies.grocery import simulate as grocery
from personae.studies.originals import ORIGIN, is_published, replace_folder

SEED = 20
# By study, its files: name below the study's folder to content.
SAMPLES: Mapping[str, Callable[[], Mapping[str, bytes]]] = {
    "campaign": lambda: campaign.to_files(campaign.simulate(1200, SEED)[0]),
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
