"""Stage impute: customers with gaps to a completed table, the imputer and its scorecard."""

from personae import models, paths, tables
from personae.command import run_stage
from personae.files import write_json
from personae.imputation.study import complete_study
from personae.schema.base import Frozen
from personae.schema.impute import Impute
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    impute: Impute


def main(study: str) -> None:
    keys = load(study, Keys)
    further = () if keys.impute.table == "customers" else ("hours",)
    given = {name: tables.read(paths.given(study, name)) for name in (keys.impute.table, *further)}
    found = complete_study(given, keys.impute, seed=keys.seed)
    tables.write(paths.table(study, "complete"), found.customers)
    for name, table in found.further.items():
        tables.write(paths.completed(study, name), table)
    write_json(paths.completed_rows(study), {name: table.height for name, table in found.further.items()})
    models.save(found.completion.imputer, paths.model(study, "imputer"))
    write_json(paths.report(study, "impute.json"), found.completion.scorecard)


if __name__ == "__main__":
    run_stage(main)
