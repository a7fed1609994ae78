"""Stage anomalies: days that are unusual for their user or for anyone, with reasons and a control."""

from personae import paths, tables
from personae.anomalies import Rules, find_anomalies
from personae.command import run_stage
from personae.files import write_json
from personae.schema.base import Frozen
from personae.schema.fitbit import Anomalies
from personae.settings import load
from personae.wearable.people import whole_days


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    anomalies: Anomalies


def main(study: str) -> None:
    keys = load(study, Keys)
    settings = keys.anomalies
    found = find_anomalies(
        whole_days(tables.read(paths.further(study, "days"))).to_pandas(),
        settings.features,
        Rules(**settings.rules.model_dump()),
        roots=settings.roots,
        seed=keys.seed,
    )
    write_json(paths.report(study, "anomalies.json"), found)


if __name__ == "__main__":
    run_stage(main)
