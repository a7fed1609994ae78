"""Replace the sample by the publishers' original files."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from personae.core.errors import PersonaeError


def _publisher(path: Path) -> dict[str, Any]:
    empty: dict[str, Any] = {"kaggle": None, "required": {}, "optional": {}, "claims": []}
    return {**empty, **yaml.safe_load(path.read_text(encoding="utf-8"))}


# By study: `required` and `optional` files with known sha256, the data set's name on `kaggle`, and `claims`.
PUBLISHERS: Mapping[str, Mapping[str, Any]] = {
    path.parent.name: _publisher(path) for path in sorted(Path(__file__).parent.glob("*/publisher.yaml"))
}


@dataclass(frozen=True, slots=True)
class Imported:
    """Import of one study; `known` if all files match known hashes."""

    study: str
    files: tuple[str, ...]
    known: bool
    remarks: tuple[str, ...]


def import_originals(source: Path, raw: Path, only: str | None = None) -> list[Imported]:
    """Copy original files over the sample, study by study.

    Parameters
    ----------
    source
        Holds one folder a study, named as the study.
    raw
        The project's directory of raw tables.
    only
        One study, whose files lie in `source` itself.

    Returns
    -------
    list of Imported
        One a study that was found.

    Raises
    ------
    PersonaeError
        If nothing was found, or a study's folder lacks a required file: then that folder stays as it was.
    """
    folders = {only: source} if only else {study: source / study for study in PUBLISHERS}
    present = {study: folder for study, folder in folders.items() if folder.is_dir()}
    if not present or (only and only not in PUBLISHERS):
        raise PersonaeError(f"{source}: no folder of original files; expected {', '.join(PUBLISHERS)}")
    checked = [(study, *_match(study, folder)) for study, folder in present.items()]
    return [_replace(study, files, remarks, raw) for study, files, remarks in checked]


def _match(study: str, folder: Path) -> tuple[dict[str, Path], list[str]]:
    original = PUBLISHERS[study]
    wanted = {**original["required"], **original["optional"]}
    matched: dict[str, Path] = {}
    remarks = []
    for path in sorted(folder.rglob("*")):
        name = next((each for each in wanted if _same_name(path.relative_to(folder), each)), None)
        if name and path.is_file():
            matched[name] = path
        elif path.is_file():
            remarks.append(f"{path.name}: not a file of this study, left out")
    absent = [name for name in original["required"] if name not in matched]
    if absent:
        raise PersonaeError(f"{folder}: {absent[0]} is missing; study {study} keeps what it had")
    remarks += [f"{name}: not there, optional" for name in original["optional"] if name not in matched]
    return matched, remarks


def _same_name(path: Path, name: str) -> bool:
    """Compare ends of paths, blanks equal to underscores."""
    wanted = Path(name).parts
    given = tuple(part.replace(" ", "_") for part in path.parts[-len(wanted) :])
    plain = tuple(part.removesuffix(".gz") for part in given)
    return plain == tuple(part.removesuffix(".gz") for part in wanted)


def _replace(study: str, files: Mapping[str, Path], remarks: list[str], raw: Path) -> Imported:
    partial, old, final = raw / f".{study}.partial", raw / f".{study}.old", raw / study
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    known = {**PUBLISHERS[study]["required"], **PUBLISHERS[study]["optional"]}
    hashes = {}
    for name, path in files.items():
        target = (partial / name).with_name(path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        content = target.read_bytes()
        plain = gzip.decompress(content) if target.suffix == ".gz" else content
        hashes[name] = hashlib.sha256(plain).hexdigest()
    strange = [name for name, digest in hashes.items() if digest != known[name]]
    remarks = remarks + [f"{name}: another content than the known edition" for name in strange]
    data = "other" if strange else "original"
    (partial / "origin.json").write_text(json.dumps({"data": data, "sha256": hashes}, indent=2) + "\n")
    if final.exists():
        final.replace(old)
    partial.replace(final)
    shutil.rmtree(old, ignore_errors=True)
    return Imported(study, tuple(files), not strange, tuple(remarks))


def fetch_originals(raw: Path) -> list[Imported]:
    """Download what Kaggle serves, then import it.

    Raises
    ------
    PersonaeError
        If kagglehub is not installed or a download fails.
    """
    try:
        import kagglehub  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise PersonaeError("kagglehub is not installed; `uv sync --extra kaggle` brings it") from None
    imported = []
    for study, original in PUBLISHERS.items():
        if original["kaggle"]:
            try:
                folder = kagglehub.dataset_download(original["kaggle"])
            except Exception as error:  # noqa: BLE001 - kagglehub raises what its transport raises
                raise PersonaeError(f"Kaggle did not serve {original['kaggle']}: {error}") from None
            imported += import_originals(Path(folder), raw, only=study)
    return imported
