"""Stage impute: customers with gaps to a completed table, the imputer and its scorecard."""

from personae.core import archive, paths, tables
from personae.core.command import run_stage
from personae.core.files import write_json
from personae.core.settings import load, load_seed
from personae.imputation.settings import Impute
from personae.imputation.study import complete_study


def main(study: str) -> None:
    path = paths.settings(study, "impute")
    settings, seed = load(path, Impute), load_seed(path)
    further = () if settings.table == "customers" else ("hours",)
    given = {name: tables.read(paths.given(study, name)) for name in (settings.table, *further)}
    found = complete_study(given, settings, seed=seed)
    tables.write(paths.table(study, "complete"), found.customers)
    for name, table in found.further.items():
        tables.write(paths.completed(study, name), table)
    write_json(paths.completed_rows(study), {name: table.height for name, table in found.further.items()})
    archive.save(found.completion.imputer, paths.model(study, "imputer"))
    write_json(paths.report(study, "impute.json"), found.completion.scorecard)


if __name__ == "__main__":
    run_stage(main)
