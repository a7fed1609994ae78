"""Stage days: kinds of user-days, anomalies, and actions within a budget."""

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json
from personae.core.settings import load, load_seed
from personae.days.anomalies import find_anomalies
from personae.days.settings import AnomalySettings, Days, Prescribe
from personae.features.describe import whole_days
from personae.segmentation.segment import segment_customers
from personae.targeting.actions import prescribe, recommended_actions


def main(study: str) -> None:
    path = paths.settings(study, "days")
    settings, seed = load(path, Days), load_seed(path)
    days = tables.read(paths.imputed_table(study, "days")).filter("worn")
    segmentation = segment_customers(days.to_pandas(), settings.segment, seed=seed)
    labels = pl.from_pandas(segmentation.customers)
    kinds = pl.concat([days.select("customer", "date"), labels], how="horizontal")
    prescription, prescribed = _prescribe(study, settings.prescribe)
    unusual = _anomalies(study, settings.anomalies, seed)
    reports = {"segment_days": segmentation.report, "anomalies": unusual, "prescription": prescription}
    tables.write(paths.table(study, "day_segments"), kinds)
    tables.write_csv(paths.report(study, "prescription.csv"), prescribed)
    for name, report in reports.items():
        write_json(paths.report(study, f"{name}.json"), report)


def _anomalies(study: str, settings: AnomalySettings, seed: int) -> object:
    days = whole_days(tables.read(paths.extra_table(study, "days"))).to_pandas()
    return find_anomalies(days, settings, seed=seed)


def _prescribe(study: str, settings: Prescribe) -> tuple[object, pl.DataFrame]:
    segments = tables.read(paths.table(study, "segments"))
    personas = read_json(paths.report(study, "personas.json"))
    recommended = recommended_actions(segments["segment"].to_list(), personas, settings.actions)
    report, chosen = prescribe(recommended, settings)
    names = [settings.actions[index].name if index >= 0 else None for index in chosen]
    return report, segments.select("customer", "segment", pl.Series("action", names, dtype=pl.String))


if __name__ == "__main__":
    run_stage(main)
