"""Stage promote: baskets and segments to replicated rules and offers."""

from typing import Any

from personae.baskets.promotions import promote
from personae.baskets.replicate import rules_table
from personae.baskets.settings import Promote
from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import write_json
from personae.core.settings import load, load_seed


def main(study: str) -> None:
    path = paths.settings(study, "promote")
    settings, seed = load(path, Promote), load_seed(path)
    lines = paths.extra_table(study, "baskets")
    rules, promotions = rules_table({}), list[dict[str, Any]]()
    if lines.exists():
        customers, segments = (tables.read(paths.table(study, name)) for name in ("complete", "segments"))
        rules, promotions = promote(tables.read(lines), customers, segments, settings, seed=seed)
    tables.write_csv(paths.report(study, "rules.csv"), rules)
    write_json(paths.report(study, "promotions.json"), promotions)


if __name__ == "__main__":
    run_stage(main)
