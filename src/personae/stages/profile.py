"""Stage profile: segments to persona cards."""

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json, write_text
from personae.core.settings import load, load_seed
from personae.personas.cards import persona_cards, segment_evidence
from personae.personas.groups import VERDICT, group_cards
from personae.personas.markdown import cards_markdown
from personae.personas.settings import Profile


def main(study: str) -> None:
    path = paths.settings(study, "profile")
    settings, seed = load(path, Profile), load_seed(path)
    customers = tables.read(paths.table(study, "complete"))
    table, unit = customers.to_pandas(), customers["unit"].to_numpy()
    response = customers[settings.response].to_numpy() if settings.response else None
    verdict = VERDICT
    if settings.of == "groups":
        comparison = read_json(paths.report(study, "compare.json"))
        cards = group_cards(table, comparison, unit, settings=settings, response=response, seed=seed)
    else:
        segments = tables.read(paths.table(study, "segments"))
        evidence = segment_evidence(read_json(paths.report(study, "segment.json")))
        verdict = evidence["verdict"]
        cards = persona_cards(
            table,
            segments["segment"].to_numpy(),
            unit,
            settings=settings,
            response=response,
            far=segments["far"].to_numpy(),
            seed=seed,
            **evidence,
        )
    write_json(paths.report(study, "personas.json"), cards)
    data = read_json(paths.report(study, "prepare.json"))["data"]
    write_text(paths.report(study, "personas.md"), cards_markdown(study, cards, verdict, data))


if __name__ == "__main__":
    run_stage(main)
