"""Stage segment_days: completed user-days to kinds of days, with the evidence for them."""

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import write_json
from personae.schema.base import Frozen
from personae.schema.segment import Segment
from personae.segmentation.study import segment_study
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    segment_days: Segment


def main(study: str) -> None:
    keys = load(study, Keys)
    days = tables.read(paths.table(study, "complete_days")).filter("worn")
    found = segment_study(days.to_pandas(), keys.segment_days, anchor={}, seed=keys.seed)
    tables.write(
        paths.table(study, "day_segments"),
        pl.concat([days.select("customer", "date"), pl.from_pandas(found.customers)], how="horizontal"),
    )
    write_json(paths.report(study, "segment_days.json"), found.report)


if __name__ == "__main__":
    run_stage(main)
