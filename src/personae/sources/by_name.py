"""The source of a study by the name that its settings give."""

from importlib import import_module
from types import ModuleType

# These read any table of their kind; every other source is that of one study.
GENERIC = ("table", "transactions")


def find_source(name: str) -> ModuleType:
    """Import a source: a module with `prepare(directory, settings)`.

    Examples
    --------
    >>> find_source("table").__name__
    'personae.sources.table'
    """
    return import_module(f"personae.sources.{name}" if name in GENERIC else f"personae.studies.{name}.source")
