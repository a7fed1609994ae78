"""Stage segment: customers to segments with their evidence, and the model that scores new ones."""

import polars as pl

from personae import models, paths, tables
from personae.command import run_stage
from personae.files import read_json, write_json, write_text
from personae.schema.base import Frozen
from personae.schema.segment import Segment
from personae.segmentation.study import segment_study
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    segment: Segment


def main(study: str) -> None:
    keys = load(study, Keys)
    customers = tables.read(paths.table(study, "complete"))
    anchor = read_json(paths.anchor(study)) if paths.anchor(study).exists() else None
    found = segment_study(customers.to_pandas(), keys.segment, anchor=anchor, seed=keys.seed, label=study)
    identifiers = customers.select("customer")
    for name, segmentation in found.items():
        tables.write(
            paths.table(study, name),
            identifiers.hstack(pl.from_pandas(segmentation.customers).get_columns()),
        )
        models.save(segmentation.segmenter, paths.model(study, name))
