"""Stage impute: customers with gaps to a completed table, the imputer and its scorecard."""

import polars as pl

from personae import models, paths, tables
from personae.command import run_stage
from personae.files import write_json
from personae.imputation.completion import Completion, complete
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
    customers = tables.read(paths.table(study, "customers"))
    if keys.impute.table == "customers":
        completion, completed = _complete(customers, keys)
        customers, further = completed, {}
    else:
        days = tables.read(paths.further(study, keys.impute.table))
        completion, completed = _complete(days.filter("measured"), keys)
        unmeasured = days.filter(~pl.col("measured"))
        both = pl.concat([unmeasured, completed], how="diagonal_relaxed")
        customers = describe(both, tables.read(paths.further(study, "hours")))
        further = {keys.impute.table: completed}
    tables.write(paths.table(study, "complete"), customers)
    for name, table in further.items():
        tables.write(paths.completed(study, name), table)
    write_json(paths.completed_rows(study), {name: table.height for name, table in further.items()})
    models.save(completion.imputer, paths.model(study, "imputer"))
    write_json(paths.report(study, "impute.json"), completion.scorecard)


def _complete(table: pl.DataFrame, keys: Keys) -> tuple[Completion, pl.DataFrame]:
    settings, chosen = keys.impute, keys.impute.imputer
    completion = complete(
        table.to_pandas(),
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
    return completion, table.with_columns(changed.get_columns())


if __name__ == "__main__":
    run_stage(main)
