"""Stage compare: groups of customers tested against each other, merge verdicts, probabilities."""

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json
from personae.core.settings import load, load_seed
from personae.inference.compare import compare_customers, predictors_used
from personae.inference.settings import Compare


def main(study: str) -> None:
    path = paths.settings(study, "compare")
    settings, seed = load(path, Compare), load_seed(path)
    gaps = read_json(paths.report(study, "impute.json"))
    comparison = compare_customers(
        tables.read(paths.table(study, "complete")),
        tables.read(paths.table(study, "segments")),
        settings,
        made_by=read_json(paths.report(study, "segment.json"))["space"]["columns"],
        observed=tables.read(paths.source_table(study, "customers")),
        imputed_from=predictors_used(gaps),
        seed=seed,
    )
    tables.write_csv(paths.report(study, "probabilities.csv"), comparison.probabilities)
    report = comparison.report()
    write_json(paths.groups(study), report["groups"] if settings.grouping else {})
    write_json(paths.report(study, "compare.json"), report)


if __name__ == "__main__":
    run_stage(main)
