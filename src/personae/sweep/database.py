"""Where sweeps are kept: a database of Optuna's that several workers share."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from personae.core.errors import PersonaeError
from personae.sweep.settings import Prune

# What a study carries: what makes its trials comparable, its run in MLflow, and the winner.
IDENTITY, PARENT, WINNER = "sweep", "run", "winner"


@dataclass(frozen=True, slots=True)
class Database:
    """Where Optuna keeps studies: a URL that SQLAlchemy understands."""

    url: str

    @property
    def shown(self) -> str:
        """The URL without a password."""
        try:
            return make_url(self.url).render_as_string(hide_password=True)
        except SQLAlchemyError:
            return self.url

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        prefix = "sqlite:///"
        return Path(self.url.removeprefix(prefix)) if self.url.startswith(prefix) else None

    def connect(self) -> optuna.storages.BaseStorage:
        """Open the database and create it where it is not there; hold a lock around the first time.

        Raises
        ------
        PersonaeError
            If it cannot be reached or is no database of Optuna's.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            if self.file is not None:
                # A write-ahead log lets several workers write without waiting for the disk each time.
                with closing(sqlite3.connect(self.file, timeout=60)) as database:
                    database.execute("PRAGMA journal_mode=WAL")
            storage = optuna.storages.RDBStorage(
                self.url, engine_kwargs={"connect_args": {"timeout": 60}} if self.file else None
            )
        except (
            SQLAlchemyError,
            ImportError,
            RuntimeError,
            sqlite3.Error,
            optuna.exceptions.OptunaError,
        ) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise PersonaeError(f"{self.shown}: the database of sweeps cannot be opened ({reason})") from None
        if self.file is not None:
            storage.engine.dispose()
            event.listen(storage.engine, "connect", _relaxed)
        return optuna.storages.get_storage(storage)

    def load(self, name: str) -> optuna.Study:
        """Open the study of a sweep that exists.

        Raises
        ------
        PersonaeError
            If there is none of this name.
        """
        if self.file is not None and not self.file.exists():
            raise PersonaeError(f"{self.file}: no sweeps yet; `personae sweep STUDY STAGE` makes one")
        storage = self.connect()
        names = optuna.get_all_study_names(storage)
        if name not in names:
            raise PersonaeError(
                f"{self.shown}: no sweep {name!r}; there are {', '.join(sorted(names)) or 'none'}"
            )
        return optuna.load_study(study_name=name, storage=storage)

    def open(
        self, name: str, identity: Mapping[str, Any], directions: Sequence[str], prune: Prune | None
    ) -> tuple[optuna.Study, optuna.storages.BaseStorage]:
        """Create the study of a sweep, or go on with the one that is there; call it under a lock.

        The storage is the study's own: what one writes, the other knows.

        Raises
        ------
        PersonaeError
            If a sweep of this name has another space, other settings or other data.
        """
        pruner = optuna.pruners.NopPruner()
        if prune is not None and len(directions) == 1:
            pruner = optuna.pruners.MedianPruner(prune.trials, prune.steps)
        storage = self.connect()
        study = optuna.create_study(
            storage=storage,
            study_name=name,
            directions=list(directions),
            load_if_exists=True,
            pruner=pruner,
        )
        known = study.user_attrs.get(IDENTITY)
        if known is None and study.get_trials(deepcopy=False):
            raise PersonaeError(f"{self.shown}: {name} is a study of something else; choose another --name")
        if known is None:
            study.set_user_attr(IDENTITY, dict(identity))
        elif known != dict(identity):
            changed = [key for key in identity if known.get(key) != identity[key]]
            raise PersonaeError(
                f"sweep {name} exists with another {' and '.join(changed)}; go on with what it had "
                f"({_told(known, changed)}) or choose another --name"
            )
        return study, storage


def _relaxed(connection: Any, _: Any) -> None:
    """A killed process loses nothing with this; only the power failing may lose the last trial."""
    connection.execute("PRAGMA synchronous=NORMAL")


def _told(known: Mapping[str, Any], changed: Sequence[str]) -> str:
    shown = {key: known.get(key) for key in changed}
    text = "; ".join(
        f"{key}: {', '.join(value) if isinstance(value, list) else value}" for key, value in shown.items()
    )
    return text if len(text) < 300 else f"{text[:300]}..."
