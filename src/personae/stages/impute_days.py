"""Stage impute_days: user-days with gaps to completed days and users, the imputer and its scorecard."""

import polars as pl

from personae import models, paths, tables
from personae.command import run_stage
from personae.files import write_json
from personae.imputation.completion import complete
from personae.imputation.scorecard import Rules
from personae.imputation.scoring import Design
from personae.schema.base import Frozen
from personae.schema.impute import Impute
from personae.settings import load
from personae.wearable.people import describe


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    impute: Impute


def main(study: str) -> None:
    keys = load(study, Keys)
    settings, chosen = keys.impute, keys.impute.imputer
    days = tables.read(paths.further(study, "days"))
    hours = tables.read(paths.further(study, "hours"))
    measured = days.filter("measured")
    completion = complete(
        measured.to_pandas(),
        columns=settings.columns,
        predictors=settings.predictors,
        method=chosen.method,
        options=chosen.model_dump(exclude={"method"}),
        others=[(other.method, other.model_dump(exclude={"method"})) for other in settings.others],
        customer="customer",
        unit="unit",
        leaky=settings.leaky,
        structural=settings.structural,
        rules=Rules(**settings.rules.model_dump()),
        design=Design(settings.folds, settings.repeats, settings.resamples, keys.seed),
    )
    changed = pl.from_pandas(completion.table[completion.changed])
    completed = measured.with_columns(changed.get_columns())
    users = describe(pl.concat([days.filter(~pl.col("measured")), completed], how="diagonal_relaxed"), hours)
    tables.write(paths.table(study, "complete_days"), completed)
    tables.write(paths.table(study, "complete"), users)
    models.save(completion.imputer, paths.model(study, "imputer"))
    write_json(paths.report(study, "impute.json"), completion.scorecard)


if __name__ == "__main__":
    run_stage(main)
