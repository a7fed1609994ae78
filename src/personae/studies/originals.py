"""Replace the sample by the publishers' original files."""

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
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


ORIGIN = "origin.json"


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
        if not path.is_file():
            continue
        if name is None:
            remarks.append(f"{path.name}: not a file of this study, left out")
            continue
        if name in matched:
            raise PersonaeError(
                f"{path}: {name} is also at {matched[name]}; remove one, study {study} is as it was"
            )
        matched[name] = path
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
    known = {**PUBLISHERS[study]["required"], **PUBLISHERS[study]["optional"]}
    contents = {name: _read(path) for name, path in files.items()}
    hashes = {
        name: hashlib.sha256(_plain(files[name], content)).hexdigest() for name, content in contents.items()
    }
    strange = [name for name, digest in hashes.items() if digest != known[name]]
    remarks = remarks + [f"{name}: another content than the known edition" for name in strange]
    data = "other" if strange else "original"
    origin = json.dumps({"data": data, "sha256": hashes}, indent=2) + "\n"
    placed = {str(Path(name).with_name(files[name].name)): content for name, content in contents.items()}
    kept = replace_folder(raw / study, placed | {ORIGIN: origin.encode()}, partial(is_published, study))
    remarks += [f"{name}: your own file, kept" for name in kept]
    return Imported(study, tuple(files), not strange, tuple(remarks))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PersonaeError(f"{path}: cannot be read ({error.strerror})") from None


def _plain(path: Path, content: bytes) -> bytes:
    if path.suffix.lower() != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        raise PersonaeError(f"{path}: cut off or damaged, gzip cannot read it") from None


def is_published(study: str, name: str) -> bool:
    """Whether a file is a table of the study, not the user's."""
    known = {**PUBLISHERS[study]["required"], **PUBLISHERS[study]["optional"]}
    tables = {Path(each).name.removesuffix(".gz") for each in known}
    return name == ORIGIN or Path(name).name.removesuffix(".gz") in tables


def replace_folder(final: Path, files: Mapping[str, bytes], is_published: Callable[[str], bool]) -> list[str]:
    """Replace a study's files atomically; return the user's own that stay.

    A folder that a killed call left aside is put back first, and removed last.

    Parameters
    ----------
    final
        The study's folder.
    files
        Content by path below it.
    is_published
        Whether a file that is there is one of the study's, to be replaced or dropped.

    Raises
    ------
    PersonaeError
        If they cannot be written; the folder is then as it was.
    """
    fresh, old = (final.with_name(f".{final.name}.{kind}") for kind in ("partial", "old"))
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with _alone(final.parent):
            if old.exists() and not final.exists():
                old.replace(final)
            shutil.rmtree(fresh, ignore_errors=True)
            own = {
                str(path.relative_to(folder)): path
                for folder in (old, final)
                for path in sorted(folder.rglob("*"))
                if path.is_file() and not is_published(str(path.relative_to(folder)))
            }
            own = {name: path for name, path in own.items() if name not in files}
            for name, content in {**{name: path.read_bytes() for name, path in own.items()}, **files}.items():
                target = fresh / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            _swap(fresh, final, old)
    except OSError as error:
        raise PersonaeError(
            f"{final}: cannot be written ({error.strerror or error}); it is as it was"
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sorted(own)


def _swap(fresh: Path, final: Path, old: Path) -> None:
    """Exchange the folder, removing the old one last."""
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.replace(old)
    try:
        fresh.replace(final)
    except OSError:
        if old.exists():
            old.replace(final)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder: a second import waits."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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
