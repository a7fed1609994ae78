"""Figures with their origin, so that pages can show keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import escape


@dataclass(frozen=True, slots=True)
class Traced:
    """A JSON value with its file and JSON pointer (RFC 6901).

    Examples
    --------
    >>> report = Traced({"null": {"p_value": 0.01}}, "segment.json#")
    >>> report["null"]["p_value"]
    Traced(raw=0.01, key='segment.json#/null/p_value')
    >>> bool(Traced(0.0, "")), bool(Traced([], ""))
    (True, False)
    """

    raw: Any
    key: str

    def __getitem__(self, step: str | int) -> "Traced":
        """Go one step down; KeyError or IndexError where it leads nowhere."""
        if not isinstance(self.raw, Mapping | list):
            raise KeyError(step)
        below: Any = self.raw
        escaped = str(step).replace("~", "~0").replace("/", "~1")
        return Traced(below[step], f"{self.key}/{escaped}")

    def __iter__(self) -> Iterator["Traced"]:
        """Elements of a list, values of an object."""
        return (self[step] for step in (self.raw if isinstance(self.raw, Mapping) else range(len(self))))

    def __len__(self) -> int:
        """Number of elements; none in a null."""
        return len(self.raw) if isinstance(self.raw, Mapping | list) else 0

    def __bool__(self) -> bool:
        """Whether there is anything: zero is a figure."""
        return self.raw is not None and self.raw is not False and self.raw not in ("", [], {})

    def __contains__(self, step: object) -> bool:
        """Whether an object has a key."""
        return isinstance(self.raw, Mapping) and step in self.raw

    def __eq__(self, other: object) -> bool:
        """Compare the value alone."""
        return bool(self.raw == (other.raw if isinstance(other, Traced) else other))

    def __hash__(self) -> int:
        """Hash of the key: values may be lists."""
        return hash(self.key)

    def __str__(self) -> str:
        """Text of the value."""
        return "" if self.raw is None else str(self.raw)

    def __html__(self) -> str:
        """Escaped text of the value, safe for markup."""
        return str(escape(str(self)))

    def at(self, *steps: str | int) -> "Traced | None":
        """Go several steps down; None where they lead nowhere."""
        part = self
        for step in steps:
            try:
                part = part[step]
            except (KeyError, IndexError):
                return None
        return part

    def items(self) -> Iterator[tuple[str, "Traced"]]:
        """Keys and values of an object."""
        return ((step, self[step]) for step in (self.raw if isinstance(self.raw, Mapping) else ()))
