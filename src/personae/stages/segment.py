"""Stage segment: completed customers to segments, with the evidence for them."""

import polars as pl

from personae.core import archive, paths, tables
from personae.core.command import run_stage
from personae.core.errors import printable
from personae.core.files import read_json, to_json, write_json
from personae.core.settings import load, load_effort, load_seed
from personae.segmentation.segment import segment_customers
from personae.segmentation.settings import SegmentSettings


def main(study: str) -> None:
    path = paths.settings(study, "segment")
    settings, seed = load(path, SegmentSettings), load_seed(path)
    customers = tables.read(paths.table(study, "complete"))
    anchor = read_json(paths.composed_anchor(study))
    segmentation = segment_customers(customers.to_pandas(), settings, anchor=anchor, seed=seed)
    archive.save(segmentation.segmenter, paths.model(study, "segmenter"))
    for name, other in segmentation.also.items():
        archive.save(other.segmenter, paths.model(study, "segmenter") / name)
    tables.write(
        paths.table(study, "segments"),
        pl.concat([customers.select("customer"), pl.from_pandas(segmentation.customers)], how="horizontal"),
    )
    tables.write_csv(paths.report(study, "dendrogram.csv"), pl.from_pandas(segmentation.dendrogram))
    tables.write_csv(paths.report(study, "candidates.csv"), pl.from_pandas(segmentation.candidates))
    report = to_json(segmentation.report) | {"effort": load_effort(path)}
    write_json(paths.report(study, "segment.json"), report)
    print(*(printable(f"{study}, {line}") for line in segmentation.report.lines()), sep="\n")


if __name__ == "__main__":
    run_stage(main)
