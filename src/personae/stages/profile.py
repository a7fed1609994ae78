"""Stage profile: segments to persona cards."""

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json, write_text
from personae.core.settings import load, load_seed
from personae.personas.cards import events, segment_cards
from personae.personas.groups import VERDICT, group_cards
from personae.personas.markdown import cards_markdown
from personae.personas.settings import Profile


def main(study: str) -> None:
    path = paths.settings(study, "profile")
    settings, seed = load(path, Profile), load_seed(path)
    customers = tables.read(paths.table(study, "complete"))
    table = customers.to_pandas()
    if settings.of == "groups":
        verdict, headline, unit = VERDICT, "", customers["unit"].to_numpy()
        response = events(table, settings.response)
        comparison = read_json(paths.report(study, "compare.json"))
        cards = group_cards(table, comparison, unit, settings=settings, response=response, seed=seed)
    else:
        segments = tables.read(paths.table(study, "segments")).to_pandas()
        report = read_json(paths.report(study, "segment.json"))
        verdict, headline = report["verdict"], report["headline"]
        cards = segment_cards(table, segments, report, settings=settings, seed=seed)
    write_json(paths.report(study, "personas.json"), cards)
    prepare = read_json(paths.report(study, "prepare.json"))
    event = {"event": prepare["event"]["text"]} if "event" in prepare else {}
    text = cards_markdown(study, cards, verdict, prepare["data"], headline=headline, **event)
    write_text(paths.report(study, "personas.md"), text)


if __name__ == "__main__":
    run_stage(main)
