"""Compare two trees of reports: JSON key by key, CSV cell by cell.

usage: python scripts/equal.py A B [--figures]

A and B hold `<study>/*.json` and `*.csv` as `reports/` does. Differing figures and differing texts are listed
apart; `--figures` lists and counts figures only. Exit code 1 where something that counts differs.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ABSENT = "(absent)"


def flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Give every leaf with its dotted key; an empty list or object is a leaf."""
    items: Any = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    if not items or not value:
        yield key, value
        return
    for name, inner in items:
        yield from flat(inner, f"{key}.{name}" if key else str(name))


def leaves(path: Path) -> dict[str, Any]:
    """Read a file as leaves by key: a JSON path, or row and column of a CSV."""
    if path.suffix == ".json":
        return dict(flat(json.loads(path.read_text(encoding="utf-8"))))
    with path.open(encoding="utf-8", newline="") as file:
        return {
            f"{number}.{column}": as_number(cell)
            for number, row in enumerate(csv.DictReader(file))
            for column, cell in row.items()
        }


def as_number(cell: str) -> float | str:
    """Give the figure that a cell holds, else its text."""
    try:
        return float(cell)
    except ValueError:
        return cell


def files(tree: Path) -> dict[str, Path]:
    """Find the JSON and CSV files of a tree by their relative names."""
    return {
        path.relative_to(tree).as_posix(): path
        for path in sorted(tree.rglob("*"))
        if path.suffix in {".json", ".csv"}
    }


def differences(first: Path, second: Path) -> Iterator[tuple[str, Any, Any]]:
    """Give `file:key` and both values of every leaf that differs."""
    ours, theirs = files(first), files(second)
    for name in sorted({*ours, *theirs}):
        a = leaves(ours[name]) if name in ours else {}
        b = leaves(theirs[name]) if name in theirs else {}
        for key in [*a, *(key for key in b if key not in a)]:
            left, right = a.get(key, ABSENT), b.get(key, ABSENT)
            if left != right:
                yield f"{name}:{key}", left, right


def is_text(left: Any, right: Any) -> bool:
    """Tell whether both sides are words."""
    return isinstance(left, str) and isinstance(right, str) and ABSENT not in (left, right)


def main() -> int:
    """Compare, print, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("trees", nargs=2, type=Path, metavar="TREE")
    parser.add_argument("--figures", action="store_true", help="list and count figures only")
    arguments = parser.parse_args()
    for tree in arguments.trees:
        if not files(tree):
            parser.error(f"{tree}: no JSON or CSV in it")
    found = list(differences(*arguments.trees))
    texts = [each for each in found if is_text(*each[1:])]
    figures = [each for each in found if not is_text(*each[1:])]
    shown = figures if arguments.figures else [*figures, *texts]
    for key, left, right in shown:
        sys.stdout.write(f"{key}: {left!r} -> {right!r}\n")
    sys.stdout.write(f"{len(figures)} figures differ, {len(texts)} texts differ\n")
    return 1 if shown else 0


if __name__ == "__main__":
    raise SystemExit(main())
