"""Stage impute: customers to a completed table, imputer and scorecard."""

from personae.core import archive, paths, tables
from personae.core.command import run_stage
from personae.core.files import write_json
from personae.core.settings import load, load_seed
from personae.imputation.completion import impute_customers
from personae.imputation.settings import Impute


def main(study: str) -> None:
    path = paths.settings(study, "impute")
    settings, seed = load(path, Impute), load_seed(path)
    further = () if settings.table == "customers" else ("hours",)
    given = {name: tables.read(paths.source_table(study, name)) for name in (settings.table, *further)}
    imputation, completed = impute_customers(given, settings, seed=seed)
    tables.write(paths.table(study, "complete"), completed.pop("customers"))
    for name, table in completed.items():
        tables.write(paths.imputed_table(study, name), table)
    write_json(paths.imputed_rows(study), {name: table.height for name, table in completed.items()})
    archive.save(imputation.imputer, paths.model(study, "imputer"))
    write_json(paths.report(study, "impute.json"), imputation.scorecard)


if __name__ == "__main__":
    run_stage(main)
