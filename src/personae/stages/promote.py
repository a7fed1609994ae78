"""Stage promote: baskets and segments to rules that replicate and the offers that rest on them."""

from collections.abc import Mapping, Sequence

import polars as pl

from personae.baskets.promotions import Play, Promotion, leanings, promotions
from personae.baskets.replicate import Replayed, Search, halve, replicate, rules_table
from personae.baskets.settings import Promote
from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import write_json
from personae.core.settings import load, load_seed


def main(study: str) -> None:
    path = paths.settings(study, "promote")
    settings, seed = load(path, Promote), load_seed(path)
    baskets = paths.further(study, "baskets")
    replayed: Mapping[str, Replayed] = {}
    chosen: Sequence[Promotion] = ()
    if baskets.exists():
        replayed, chosen = _promotions(study, settings, tables.read(baskets), seed)
    tables.write_csv(paths.report(study, "rules.csv"), rules_table(replayed))
    write_json(paths.report(study, "promotions.json"), chosen)


def _promotions(
    study: str, settings: Promote, baskets: pl.DataFrame, seed: int
) -> tuple[Mapping[str, Replayed], Sequence[Promotion]]:
    customers = tables.read(paths.table(study, "complete"))
    segments = tables.read(paths.table(study, "segments"))
    groups = halve(
        baskets,
        segments,
        level=settings.level,
        early_weeks=settings.early_weeks,
        exclude=settings.exclude,
        smallest=settings.smallest,
        seed=seed,
    )
    search = Search(**settings.search.model_dump())
    replayed = replicate(groups, search, seed=seed, workers=settings.workers)
    plays = [Play(offer.text, offer.discount, offer.when) for offer in settings.offers]
    columns = sorted({column for play in plays for column in play.when})
    leaning = leanings(customers, segments, columns)
    return replayed, promotions(replayed, leaning, plays, per_segment=settings.per_segment)


if __name__ == "__main__":
    run_stage(main)
