"""The database that sweeps are kept in: opened, created if absent, closed."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import optuna
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from personae.core import paths
from personae.core.errors import PersonaeError


@contextmanager
def connected(url: str) -> Iterator[optuna.storages.BaseStorage]:
    """Open the database of sweeps, created if absent; its connections are closed at the end.

    Raises
    ------
    PersonaeError
        If it cannot be opened.
    """
    storage = _connect(url)
    try:
        yield optuna.storages.get_storage(storage)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _connect(url: str) -> optuna.storages.RDBStorage:
    """Open the database, created under a lock if absent."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    file = paths.sqlite_path(url)
    problems = SQLAlchemyError, ImportError, RuntimeError, sqlite3.Error, optuna.exceptions.OptunaError
    try:
        options = {"connect_args": {"timeout": 60}} if file else {}
        _refuse_tables_of_others(url, options)
        if file is not None:
            # A write-ahead log lets several workers write without waiting for the disk each time.
            with closing(sqlite3.connect(file, timeout=60)) as database:
                database.execute("PRAGMA journal_mode=WAL")
        storage = optuna.storages.RDBStorage(url, engine_kwargs=options)
    except problems as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        shown = without_password(url)
        raise PersonaeError(f"{shown}: the database of sweeps cannot be opened ({reason})") from None
    if file is not None:
        storage.engine.dispose()
        event.listen(storage.engine, "connect", _relaxed)
    return storage


def _refuse_tables_of_others(url: str, options: Mapping[str, Any]) -> None:
    """Refuse the database of MLflow, which keeps `alembic_version`, too: one would not open."""
    engine = create_engine(url, **options)
    try:
        tables = set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if "alembic_version" in tables and "version_info" not in tables:
        raise PersonaeError(
            f"{without_password(url)}: it holds tables of another program; give sweeps one of their own"
        )


def _relaxed(connection: Any, _: Any) -> None:
    """Relax fsync: only a power failure may lose the last trial."""
    connection.execute("PRAGMA synchronous=NORMAL")


def without_password(url: str) -> str:
    """Write a database's address as it may be shown."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return url
