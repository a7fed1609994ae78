"""`personae anchor`: today's segments become those that later runs are matched to."""

from personae.core import archive, paths
from personae.core.files import read_json, write_json
from personae.core.settings import load
from personae.personas.settings import Profile
from personae.segmentation.segmenter import TRUSTED, Segmenter


def anchor(study: str) -> int:
    """Write the centroids, ids and names of a study's segments to conf/anchors/; give their number.

    Names are those of the personas, where personas describe the segments and not given groups.

    Raises
    ------
    PersonaeError
        If the study has not run.
    """
    directory = paths.model(study, "segmenter")
    main = _segmenter(study)
    others = sorted(path.parent.name for path in directory.glob(f"*/{archive.ARCHIVE}"))
    names = {}
    if load(paths.settings(study, "profile"), Profile).of == "segments":
        names = {card["id"]: card["name"] for card in read_json(paths.report(study, "personas.json"))}
    also = {name: _segmenter(study, name).anchor({}) for name in others}
    write_json(paths.anchor(study), main.anchor(names) | {"also": also})
    return len(main.ids)


def _segmenter(study: str, name: str = "") -> Segmenter:
    found = archive.load(paths.model(study, "segmenter") / name, TRUSTED)
    assert isinstance(found, Segmenter)
    return found
