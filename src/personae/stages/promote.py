"""Stage promote: baskets and segments to rules that replicate and the offers that rest on them."""

from personae import paths, tables
from personae.baskets.promotions import Play, leanings, promotions
from personae.baskets.search import Search, halve, replicate, rules_table
from personae.command import run_stage
from personae.files import write_json
from personae.schema.base import Frozen
from personae.schema.promote import Promote
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    promote: Promote


def main(study: str) -> None:
    keys = load(study, Keys)
    settings = keys.promote
    customers = tables.read(paths.table(study, "complete"))
    segments = tables.read(paths.table(study, "segments"))
    groups = halve(
        tables.read(paths.further(study, "baskets")),
        segments,
        level=settings.level,
        early_weeks=settings.early_weeks,
        exclude=settings.exclude,
        smallest=settings.smallest,
        seed=keys.seed,
    )
    replayed = replicate(
        groups, Search(**settings.search.model_dump()), seed=keys.seed, workers=settings.workers
    )
    plays = [Play(offer.text, offer.discount, offer.when) for offer in settings.offers]
    columns = sorted({column for play in plays for column in play.when})
    chosen = promotions(
        replayed, leanings(customers, segments, columns), plays, per_segment=settings.per_segment
    )
    tables.write_csv(paths.report(study, "rules.csv"), rules_table(replayed))
    write_json(paths.report(study, "promotions.json"), chosen)


if __name__ == "__main__":
    run_stage(main)
