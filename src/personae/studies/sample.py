"""The sample data: every study's tables in the publisher's layout, synthetic and always the same."""

from collections.abc import Callable, Mapping
from pathlib import Path

from personae.core.files import replacing, write_json, write_text
from personae.studies.aerofit import simulate as aerofit
from personae.studies.campaign import simulate as campaign
from personae.studies.fitbit import simulate as fitbit
from personae.studies.grocery import simulate as grocery

SEED = 20


def write_sample(raw: Path) -> list[str]:
    """Write the tables of every simulated study below `raw`, and give the studies' names."""
    for study, write in _WRITERS.items():
        write(raw / study)
        write_json(raw / study / "origin.json", {"data": "sample"})
    # The tables of journey come with a package: they are real wherever it is installed.
    write_json(raw / "journey" / "origin.json", {"data": "original"})
    return list(_WRITERS)


def _campaign(directory: Path) -> None:
    write_text(directory / "marketing_campaign.csv", campaign.to_text(campaign.simulate(1200, SEED).table))


def _aerofit(directory: Path) -> None:
    write_text(directory / "aerofit_treadmill.csv", aerofit.to_text(aerofit.simulate(180, SEED).table))


def _fitbit(directory: Path) -> None:
    _write_files(directory, fitbit.simulate(24, 14, SEED).files)


def _grocery(directory: Path) -> None:
    _write_files(directory, grocery.simulate(2000, 10_000, SEED).files())


def _write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        with replacing(directory / name) as partial:
            partial.write_bytes(content)


_WRITERS: Mapping[str, Callable[[Path], None]] = {
    "campaign": _campaign,
    "aerofit": _aerofit,
    "fitbit": _fitbit,
    "grocery": _grocery,
}
