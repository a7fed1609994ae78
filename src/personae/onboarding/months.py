"""Months of a study: files that came later, scored once, and taken into its data when they are labelled."""

import calendar
import datetime
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from personae.config.compose import compose
from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import atomic_write
from personae.onboarding.edit import edit, is_tracked, track
from personae.sources.by_name import GENERIC, find_source
from personae.sources.files import read_files

MONTH = r"\d{4}-(0[1-9]|1[0-2])"


def month_of(study: str, given: str) -> tuple[Path, datetime.date] | None:
    """Folder of a month below `incoming/` and the month's last day; None for anything else.

    A folder that DVC does not know yet is put under DVC, by a pointer of its own that is never pushed.

    Raises
    ------
    PersonaeError
        If the month has no folder.
    """
    if not re.fullmatch(MONTH, given):
        return None
    folder = paths.incoming(study, given)
    if not folder.is_dir():
        raise PersonaeError(f"{folder}: no such folder; it would hold the month's files")
    if not is_tracked(folder):
        track(folder)
    year, month = map(int, given.split("-"))
    return folder, datetime.date(year, month, calendar.monthrange(year, month)[1])


def months_of(study: str, last: str | None = None) -> list[str]:
    """Names of a study's months in order, up to one if it is given.

    Raises
    ------
    PersonaeError
        If there is none, or not the one that is given.
    """
    folder = paths.incoming(study, "")
    names = sorted(path.name for path in folder.glob("*") if path.is_dir() and re.fullmatch(MONTH, path.name))
    if last is not None and last not in names:
        raise PersonaeError(f"{folder / last}: no month; there are {', '.join(names) or 'none'}")
    if not names:
        raise PersonaeError(f"{folder}: holds no month, such as {folder / '2024-03'}")
    return [name for name in names if last is None or name <= last]


def absorb(study: str, months: Sequence[str]) -> list[str]:
    """Take labelled months into a study's data, as further parts of its table.

    The whole data is prepared on trial first: a month that does not fit, or has no answers, changes nothing.

    Returns
    -------
    The files that are new; none where all were taken in before.

    Raises
    ------
    PersonaeError
        If the study is none of the user's own, a month is not there, or its files do not fit.
    """
    settings = compose(study, paths.CONF, paths.PARAMS)["prepare"]
    if settings["source"] not in GENERIC:
        raise PersonaeError(
            f"{study}: its file is the publisher's; months are absorbed into studies of your own"
        )
    parts: dict[str, Path] = {}
    days: dict[str, datetime.date] = {}
    for month in months:
        found = month_of(study, month)
        if found is None:
            raise PersonaeError(f"{month!r} is no month; expected one such as 2024-03")
        named = {f"{month}-{file.name}": file for file in files_of(found[0])}
        parts, days = parts | named, days | dict.fromkeys(named, found[1])
    new = [name for name in parts if name not in settings["files"]]
    if not new:
        return []
    _check(study, settings, {name: parts[name] for name in new}, days)
    settings |= {"files": [*settings["files"], *new]}
    for name in new:
        with atomic_write(paths.raw(study) / name) as partial:
            shutil.copyfile(parts[name], partial)
    track(paths.raw(study))
    edit(paths.CONF / "study" / f"{study}.yaml", lambda content: _name(content, settings["files"]))
    return new


def files_of(folder: Path) -> list[Path]:
    """Files in a folder, hidden ones apart.

    Raises
    ------
    PersonaeError
        If there is none.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise PersonaeError(f"{folder}: holds no file")
    return files


def _check(
    study: str, settings: Mapping[str, Any], parts: Mapping[str, Path], days: Mapping[str, datetime.date]
) -> None:
    """Hold new parts against what the data says, then prepare all together, in a folder of their own."""
    source = find_source(settings["source"])
    kind = get_type_hints(source.prepare)["settings"]
    before = kind.model_validate(settings)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / study
        shutil.copytree(paths.raw(study), folder)
        for name, file in parts.items():
            shutil.copyfile(file, folder / name)
        try:
            learned = source.Preparation.model_validate(source.prepare(folder, before).learned)
            for name in parts if hasattr(learned, "apply") else ():
                (part,) = read_files(folder, before.model_copy(update={"files": [name]}))
                learned.apply(part, days[name])
            source.prepare(folder, kind.model_validate({**settings, "files": [*before.files, *parts]}))
        except PersonaeError as error:
            reason = str(error).replace(f"{folder}/", "")
            raise PersonaeError(f"{paths.raw(study)}: nothing is absorbed: {reason}") from None


def _name(content: Any, files: list[str]) -> None:
    content["prepare"]["files"] = files
