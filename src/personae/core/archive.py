"""Fitted models on disk as skops archives, byte-identical and without pickle."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import skops.io

from personae.core.errors import PersonaeError
from personae.core.files import atomic_write

ARCHIVE = "model.skops"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def save(model: Any, directory: Path) -> None:
    """Write `model` to `directory/model.skops`, free of what differs between equal models."""
    with atomic_write(directory / ARCHIVE) as partial:
        partial.write_bytes(normalised(skops.io.dumps(model)))


def load(directory: Path, trusted: Sequence[str] = ()) -> Any:
    """Read a model that `save` wrote.

    Parameters
    ----------
    directory
        Where `model.skops` lies.
    trusted
        Names of types beyond scikit-learn's own that the archive may hold.

    Raises
    ------
    PersonaeError
        If the archive is missing, damaged or holds a type that is not trusted.
    """
    path = directory / ARCHIVE
    if not path.exists():
        raise PersonaeError(f"{path}: no such model; `dvc repro` makes it")
    return parse(path.read_bytes(), str(path), trusted)


def parse(content: bytes, name: str, trusted: Sequence[str] = ()) -> Any:
    """Read a model from the bytes of an archive, called `name` in errors.

    Raises
    ------
    PersonaeError
        If the archive is damaged or holds a type that is not trusted.
    """
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - set(trusted))
        if not unknown:
            return skops.io.loads(content, trusted=list(trusted))
    except Exception as error:  # noqa: BLE001 - what was altered may fail at any place of skops
        raise damaged(name, error) from None
    raise PersonaeError(f"{name}: holds types that are not trusted: {', '.join(unknown)}")


def damaged(name: str, error: Exception) -> PersonaeError:
    """Say in one line that the file of a model cannot be read."""
    reason = str(error).partition("\n")[0][:200] or type(error).__name__
    return PersonaeError(f"{name}: cut off or damaged ({reason}); `dvc repro` makes it again")


def normalised(archive: bytes) -> bytes:
    """Rewrite a skops archive so that equal models give equal bytes.

    skops names arrays by memory address and stamps entries with the time of writing; here addresses
    become their order of appearance and the time a constant.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = json.loads(source.read("schema.json"))
        files: dict[str, str] = {}
        schema = _renumbered(schema, {}, files)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
            for name, content in [
                ("schema.json", json.dumps(schema, indent=1).encode()),
                *((new, source.read(old)) for old, new in files.items()),
            ]:
                written.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _renumbered(node: Any, order: dict[int, int], files: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_renumbered(item, order, files) for item in node]
    if not isinstance(node, dict):
        return node
    renumbered: dict[str, Any] = {}
    for key, item in node.items():
        if key == "__id__":
            renumbered[key] = order.setdefault(item, len(order))
        elif key == "file" and isinstance(item, str):
            renumbered[key] = files.setdefault(item, f"{len(files)}{Path(item).suffix}")
        else:
            renumbered[key] = _renumbered(item, order, files)
    return renumbered
