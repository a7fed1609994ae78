"""Stage days: kinds of user-days, unusual ones with reasons, and actions to users within a budget."""

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json
from personae.core.settings import Frozen, load
from personae.days.anomalies import Rules, find_anomalies
from personae.days.settings import Anomalies, Days, Prescribe
from personae.features.describe import whole_days
from personae.segmentation.study import segment_study
from personae.targeting.actions import Action, actions_called_for, prescribe

SKIPPED = {"skipped": "the study has no user-days"}


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    days: Days | None


def main(study: str) -> None:
    keys = load(study, Keys)
    segments = tables.read(paths.table(study, "segments"))
    if keys.days is None:
        reports: dict[str, object] = dict.fromkeys(("segment_days", "anomalies", "prescription"), SKIPPED)
        kinds, prescribed = segments.clear(), segments.select("customer", "segment").clear()
    else:
        days = tables.read(paths.completed(study, "days")).filter("worn")
        found = segment_study(days.to_pandas(), keys.days.segment, anchor={}, seed=keys.seed)
        labels = pl.from_pandas(found.customers)
        kinds = pl.concat([days.select("customer", "date"), labels], how="horizontal")
        prescription, prescribed = _prescribe(study, segments, keys.days.prescribe)
        unusual = _anomalies(study, keys.days.anomalies, keys.seed)
        reports = {"segment_days": found.report, "anomalies": unusual, "prescription": prescription}
    tables.write(paths.table(study, "day_segments"), kinds)
    tables.write_csv(paths.report(study, "prescription.csv"), prescribed)
    for name, report in reports.items():
        write_json(paths.report(study, f"{name}.json"), report)


def _anomalies(study: str, settings: Anomalies, seed: int) -> object:
    days = whole_days(tables.read(paths.further(study, "days"))).to_pandas()
    rules = Rules(**settings.rules.model_dump())
    return find_anomalies(days, settings.features, rules, roots=settings.roots, seed=seed)


def _prescribe(study: str, segments: pl.DataFrame, settings: Prescribe) -> tuple[object, pl.DataFrame]:
    actions = [Action(**action.model_dump()) for action in settings.actions]
    personas = read_json(paths.report(study, "personas.json"))
    wanted = actions_called_for(segments["segment"].to_list(), personas, actions)
    found = prescribe(wanted, actions, budget=settings.budget, gain=settings.gain)
    names = [actions[index].name if index >= 0 else None for index in found.chosen]
    chosen = pl.Series("action", names, dtype=pl.String)
    return found.report, segments.select("customer", "segment", chosen)


if __name__ == "__main__":
    run_stage(main)
