"""Stage profile: segments to persona cards."""

from functools import partial

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json, write_text
from personae.core.settings import load, load_seed
from personae.personas.cards import Evidence, persona_cards
from personae.personas.groups import final_groups
from personae.personas.markdown import cards_markdown
from personae.personas.settings import Profile


def main(study: str) -> None:
    path = paths.settings(study, "profile")
    settings, seed = load(path, Profile), load_seed(path)
    customers = tables.read(paths.table(study, "complete"))
    describe = partial(
        persona_cards,
        customers.to_pandas(),
        unit=customers["unit"].to_numpy(),
        settings=settings,
        seed=seed,
        response=customers[settings.response].to_numpy() if settings.response else None,
    )
    if settings.of == "groups":
        groups = final_groups(customers.to_pandas(), read_json(paths.report(study, "compare.json")))
        evidence = groups.evidence
        cards = groups.named(describe(groups.number, evidence=evidence))
    else:
        segments = tables.read(paths.table(study, "segments"))
        evidence = Evidence.from_report(
            read_json(paths.report(study, "segment.json")), segments["far"].to_numpy()
        )
        cards = describe(segments["segment"].to_numpy(), evidence=evidence)
    write_json(paths.report(study, "personas.json"), cards)
    data = read_json(paths.report(study, "prepare.json"))["data"]
    write_text(paths.report(study, "personas.md"), cards_markdown(study, cards, evidence.verdict, data))


if __name__ == "__main__":
    run_stage(main)
