"""Stage prescribe: persona actions to users, within a weekly budget."""

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import read_json, write_json
from personae.prescription import Action, actions_called_for, prescribe
from personae.schema.base import Frozen
from personae.schema.fitbit import Prescribe
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    prescribe: Prescribe


def main(study: str) -> None:
    settings = load(study, Keys).prescribe
    segments = tables.read(paths.table(study, "segments"))
    actions = [Action(**action.model_dump()) for action in settings.actions]
    personas = read_json(paths.report(study, "personas.json"))
    found = prescribe(
        actions_called_for(segments["segment"].to_list(), personas, actions),
        actions,
        budget=settings.budget,
        gain=settings.gain,
    )
    names = [action.name for action in actions]
    chosen = pl.Series("action", [names[i] if i >= 0 else None for i in found.chosen], dtype=pl.String)
    tables.write_csv(paths.report(study, "prescription.csv"), segments.select("customer", "segment", chosen))
    write_json(paths.report(study, "prescription.json"), found.report)


if __name__ == "__main__":
    run_stage(main)
