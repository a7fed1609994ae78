"""Stage target: out-of-fold responses to a contact list and its profit."""

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import write_json
from personae.core.settings import load, load_seed
from personae.response.settings import Classify
from personae.targeting.choose import Targets, select_targets
from personae.targeting.settings import Target


def main(study: str) -> None:
    path = paths.settings(study, "target")
    classify = load(path, Classify, "classify")
    targets = _choose(study, classify, load(path, Target), load_seed(path))
    chosen = pl.from_pandas(targets.customers)
    tables.write(paths.table(study, "targets"), chosen)
    tables.write_csv(paths.report(study, "targets.csv"), chosen)
    tables.write_csv(paths.report(study, "curves/profit.csv"), pl.from_pandas(targets.curve))
    write_json(paths.report(study, "target.json"), targets.report)


def _choose(study: str, classify: Classify, settings: Target, seed: int) -> Targets:
    """Join responses with their training rows and customers, then choose."""
    responses = tables.read(paths.table(study, "responses"))
    customers = tables.read(paths.table(study, "customers"))
    known = responses.unique("row", keep="first", maintain_order=True).select("customer")
    rows = known
    if classify.table != "customers":
        rows = tables.read(paths.source_table(study, classify.table))
        customers = customers.drop(set(rows.columns) - {"customer"}, strict=False)
    segments = known.join(
        tables.read(paths.table(study, "segments")), on="customer", how="left", maintain_order="left"
    )
    return select_targets(
        responses.to_pandas(),
        rows.join(customers, on="customer", how="left", maintain_order="left").to_pandas(),
        segments["segment"].to_pandas(),
        settings,
        seed=seed,
        time=classify.time,
    )


if __name__ == "__main__":
    run_stage(main)
