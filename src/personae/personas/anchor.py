"""`personae anchor`: today's segments become those that later runs are matched to."""

from pathlib import Path

from personae.core import archive
from personae.core.files import read_json, write_json
from personae.personas.caveats import NO_SEGMENTS
from personae.segmentation.segmenter import TRUSTED, Segmenter


def anchor(segmenters: Path, into: Path, personas: Path | None = None) -> int:
    """Write centroids, ids and names of a study's segments; return their number.

    Parameters
    ----------
    segmenters
        Folder of the fitted segmenter, with those of further segmentations in folders of their own.
    into
        File with the anchor.
    personas
        The report whose names the segments get, unless the data does not support them; None where personas
        describe given groups.

    Raises
    ------
    PersonaeError
        If the study has not run.
    """
    main = _segmenter(segmenters)
    others = sorted(path.parent for path in segmenters.glob(f"*/{archive.ARCHIVE}"))
    cards = read_json(personas) if personas else []
    names = {card["id"]: card["name"] for card in cards if NO_SEGMENTS not in card["caveats"]}
    also = {folder.name: _segmenter(folder).anchor({}) for folder in others}
    write_json(into, main.anchor(names) | {"also": also})
    return len(main.ids)


def _segmenter(folder: Path) -> Segmenter:
    segmenter = archive.load(folder, TRUSTED)
    assert isinstance(segmenter, Segmenter)
    return segmenter
