"""Stage cards: model cards of the fitted models of a study."""

from typing import Any

from personae import paths
from personae.command import run_stage
from personae.files import read_json, write_text
from personae.report.cards import classifier_card, segmenter_card
from personae.schema.base import Frozen
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings; a study without response has no `classify`."""

    segment: dict[str, Any]
    classify: dict[str, Any] | None = None


def main(study: str) -> None:
    keys = load(study, Keys)
    prepare, segment, personas = (
        read_json(paths.report(study, f"{name}.json")) for name in ("prepare", "segment", "personas")
    )
    write_text(
        paths.report(study, "cards/segmenter.md"),
        segmenter_card(study, prepare, segment, keys.segment, personas),
    )
    if keys.classify is not None:
        classify = read_json(paths.report(study, "classify.json"))
        text = classifier_card(study, prepare, classify, keys.classify)
        write_text(paths.report(study, "cards/classifier.md"), text)


if __name__ == "__main__":
    run_stage(main)
