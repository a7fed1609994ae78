"""A study's rows from a database: a snapshot by its query, taken again by `personae data pull`."""

import dataclasses
import os
import re
import shutil
import urllib.parse
from pathlib import Path
from typing import Any, get_type_hints

from ruamel.yaml import YAML

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.onboarding.edit import edit, track
from personae.sources.by_name import find_source
from personae.sources.settings import Query
from personae.sources.sql import Snapshot, snapshot

HIDDEN = "***"
SAID = rf"://[^:/@]*:(?!{re.escape(HIDDEN)}@).*@"
SECRETS = r"[?&]([^=&]*(?:pass|pwd|secret|token)[^=&]*)="


def described(name: str, url: str, query: str, variable: str | None = None) -> Query:
    """Give what the study's file says of a query: the address without its password.

    Parameters
    ----------
    url, query
        As for `personae.sources.sql.snapshot`.
    variable
        Of the environment, with the password; by default `<NAME>_PASSWORD`.

    Raises
    ------
    PersonaeError
        If a secret stands among the options of the address, where it would not be hidden.

    Examples
    --------
    >>> described("shop", "postgresql://ann:secret@db/shop", "select 1").url
    'postgresql://ann:***@db/shop'
    """
    option = re.search(SECRETS, url, re.IGNORECASE)
    if option:
        raise PersonaeError(
            f"new-study: the address holds option {option[1]}; give the password as user:password@"
        )
    variable = variable or (f"{name.upper()}_PASSWORD" if re.search(SAID, url) else None)
    hidden = url if variable is None else re.sub(r"(://[^:/@]*)(:.*)?@", rf"\1:{HIDDEN}@", url)
    return Query(url=hidden, query=query, password=variable)


def take(query: Query, path: Path, url: str | None = None) -> Snapshot:
    """Write the rows of a query to a Parquet file; the password comes with `url`, or from the environment.

    Raises
    ------
    PersonaeError
        As `personae.sources.sql.snapshot`, or if the password is not there.
    """
    if query.password is None or (url is not None and re.search(SAID, url)):
        return snapshot(url or query.url, query.query, path)
    secret = os.environ.get(query.password)
    if secret is None:
        raise PersonaeError(f"{query.url}: the variable {query.password} with its password is not set")
    address = query.url.replace(f":{HIDDEN}@", f":{urllib.parse.quote(secret, safe='')}@")
    return snapshot(address, query.query, path)


def pull(name: str) -> Snapshot:
    """Take the snapshot of a study again, by the same query.

    Raises
    ------
    PersonaeError
        If the study's rows come from files, the query fails, or its rows no longer fit the study; then the
        rows stay as they were.
    """
    own = paths.CONF / "study" / f"{name}.yaml"
    if not own.exists():
        raise PersonaeError(f"{own}: no such file; it describes the study")
    said = (YAML(typ="safe").load(own.read_text(encoding="utf-8")).get("prepare") or {}).get("sql")
    if said is None:
        raise PersonaeError(f"{own}: prepare.sql is missing; the study's rows come from files")
    path = paths.raw(name) / f"{name}.parquet"
    fresh, before = paths.RAW / f".{name}" / path.name, path.read_bytes() if path.exists() else None
    try:
        fresh.parent.mkdir(parents=True, exist_ok=True)
        taken = take(Query.model_validate(said), fresh)
        _check_fit(name, fresh)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.replace(path)
        track(paths.raw(name))
    except BaseException:
        if before is not None:
            path.write_bytes(before)
        raise
    finally:
        shutil.rmtree(fresh.parent, ignore_errors=True)
    remember(name, taken)
    return taken


def _check_fit(name: str, file: Path) -> None:
    """Prepare rows on trial, so that those that do not fit never replace others."""
    from personae.config.compose import compose  # noqa: PLC0415 - Hydra costs half a second

    settings = compose(name, paths.CONF, paths.PARAMS)["prepare"]
    source = find_source(settings["source"])
    try:
        source.prepare(file.parent, get_type_hints(source.prepare)["settings"].model_validate(settings))
    except PersonaeError as error:
        reason = str(error).replace(str(file), "they do not fit the study")
        raise PersonaeError(f"{paths.raw(name)}: the old rows stay, new ones are refused: {reason}") from None


def remember(name: str, taken: Snapshot) -> None:
    """Write when the rows were taken, how many and their hash into the pointer to the data."""
    told = {key: value for key, value in dataclasses.asdict(taken).items() if value and key != "query"}

    def change(content: Any) -> None:
        content["meta"] = {"snapshot": told}

    edit(paths.RAW / f"{name}.dvc", change)
