"""Atomic writes of files, and results as JSON."""

import dataclasses
import glob
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from personae.core.errors import PersonaeError

SIGNIFICANT_DIGITS = 6


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write to a temporary file, moved to `path` if the block succeeds.

    Raises
    ------
    PersonaeError
        If the disk is full or the folder cannot be written; `path` is then as it was.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise PersonaeError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what processes that were killed left of the same file."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        pid = left.name.split(".")[-2]
        if pid.isdecimal() and not is_alive(int(pid)):
            left.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Whether a process runs, be it another user's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their path below a directory."""
    for name, content in files.items():
        with atomic_write(directory / name) as partial:
            partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with LF line ends."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write a result as indented JSON, figures rounded as in `personae.core.files.to_json`."""
    write_text(path, json.dumps(to_json(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, missing: Any = None) -> Any:
    """Read JSON, or give `missing` where there is no such file.

    Raises
    ------
    PersonaeError
        If the file is missing, and nothing is given for that, or if it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise PersonaeError(f"{path}: no such file; `dvc repro` makes it") from None
    except json.JSONDecodeError as error:
        raise PersonaeError(f"{path}: not JSON ({error.msg}, line {error.lineno})") from None
    except UnicodeDecodeError:
        raise PersonaeError(f"{path}: not JSON (no UTF-8 text)") from None


def to_json(value: Any) -> Any:
    """Turn a result into what `json` can write.

    Dataclasses become objects, pandas tables lists of rows, arrays and sequences lists; figures are rounded
    to 6 significant digits so that the last bits of a sum do not show, and what is not finite becomes null.

    Examples
    --------
    >>> import numpy as np
    >>> to_json({"share": np.float64(1 / 3), "sizes": np.array([2, 3]), "p": float("nan")})
    {'share': 0.333333, 'sizes': [2, 3], 'p': None}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if hasattr(value, "iterrows"):
        return to_json(value.to_dict("records"))
    if hasattr(value, "tolist"):
        return to_json(value.tolist())
    return significant(value) if isinstance(value, float) else value


def significant(value: float, digits: int = SIGNIFICANT_DIGITS) -> float | None:
    """Round to significant digits; None where the figure is not finite.

    Examples
    --------
    >>> significant(1234.56789, 4)
    1235.0
    """
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
