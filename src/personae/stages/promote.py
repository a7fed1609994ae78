"""Stage promote: baskets and segments to rules that replicate and the offers that rest on them."""

from personae import paths, tables
from personae.baskets.promotions import Play, Promotion, leanings, promotions
from personae.baskets.search import Replayed, Search, halve, replicate, rules_table
from personae.command import run_stage
from personae.files import write_json
from personae.schema.base import Frozen
from personae.schema.promote import Promote
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    promote: Promote | None


def main(study: str) -> None:
    keys = load(study, Keys)
    replayed, chosen = ({}, []) if keys.promote is None else _promote(study, keys.promote, keys.seed)
    tables.write_csv(paths.report(study, "rules.csv"), rules_table(replayed))
    write_json(paths.report(study, "promotions.json"), chosen)


def _promote(study: str, settings: Promote, seed: int) -> tuple[dict[str, Replayed], list[Promotion]]:
    segments = tables.read(paths.table(study, "segments"))
    groups = halve(
        tables.read(paths.further(study, "baskets")),
        segments,
        level=settings.level,
        early_weeks=settings.early_weeks,
        exclude=settings.exclude,
        smallest=settings.smallest,
        seed=seed,
    )
    replayed = replicate(groups, Search(**settings.search.model_dump()), seed=seed, workers=settings.workers)
    plays = [Play(offer.text, offer.discount, offer.when) for offer in settings.offers]
    columns = sorted({column for play in plays for column in play.when})
    leaning = leanings(tables.read(paths.table(study, "complete")), segments, columns)
    return replayed, promotions(replayed, leaning, plays, per_segment=settings.per_segment)


if __name__ == "__main__":
    run_stage(main)
