"""Print how large the house is, each figure with its goal; informs and never fails.

usage: python scripts/house.py

Records are dataclasses, pydantic models, NamedTuples and TypedDicts. A room is a package of src/personae/;
file names that every room or study may have (`SHARED`) are not counted as used again.
"""

import ast
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path("src/personae")
SHARED = {"__init__.py", "settings.py", "source.py", "simulate.py"}
BASES = {"BaseModel", "NamedTuple", "TypedDict"}
MOST_ROOMS = 2
JARGON = re.compile(r"\b(told|anew|whom|nobody|everybody|beside|by way of|of then|stands? out)\b", re.I)


def name_of(node: ast.expr) -> str:
    """Give the last part of the name of a base class or decorator, without its arguments."""
    if isinstance(node, ast.Call | ast.Subscript):
        return name_of(node.func if isinstance(node, ast.Call) else node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def records(classes: list[ast.ClassDef]) -> list[ast.ClassDef]:
    """Find the record classes: decorated as dataclass, or derived from a record's base, directly or not."""
    bases = set(BASES)
    while True:
        derived = {each.name for each in classes if bases & {name_of(base) for base in each.bases}}
        if derived <= bases:
            break
        bases |= derived
    decorated = {
        id(each) for each in classes if "dataclass" in {name_of(mark) for mark in each.decorator_list}
    }
    return [
        each for each in classes if id(each) in decorated or bases & {name_of(base) for base in each.bases}
    ]


def lines(*paths: Path) -> int:
    """Count the lines of text files."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def figures() -> Iterator[tuple[str, int, int, str]]:
    """Give what is measured, its figure, its goal, and which ones it is where that helps."""
    files = sorted(SOURCE.rglob("*.py"))
    nodes = [(path, node) for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    classes = [node for _, node in nodes if isinstance(node, ast.ClassDef)]
    again = [name for name, count in Counter(each.name for each in classes).items() if count > 1]
    rooms = defaultdict(set)
    for path in files:
        rooms[path.name].add(path.parent)
    spread = [name for name, places in rooms.items() if len(places) > MOST_ROOMS and name not in SHARED]
    loose = [path.name for path in SOURCE.glob("*.py") if path.name not in SHARED]
    module = max(files, key=lines)
    functions = [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{path.relative_to(SOURCE)}:{node.name}")
        for path, node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    summaries = [
        text.partition("\n\n")[0]
        for _, node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node))
    ]
    code = [line for line in Path("dvc.yaml").read_text(encoding="utf-8").splitlines() if "- src/" in line]
    yield "lines of src/", lines(*files), 20_500, ""
    yield "records", len(records(classes)), 120, ""
    yield "class names used again", len(again), 5, ", ".join(sorted(again))
    yield f"file names in more than {MOST_ROOMS} rooms", len(spread), 0, ", ".join(sorted(spread))
    yield "loose modules", len(loose), 3, ", ".join(sorted(loose))
    yield "longest module", lines(module), 350, str(module.relative_to(SOURCE))
    yield "longest function", *max((length, 60, name) for length, name in functions)
    yield (
        "words of a summary, median",
        int(statistics.median(len(each.split()) for each in summaries)),
        12,
        "",
    )
    yield "summaries with jargon", sum(bool(JARGON.search(each)) for each in summaries), 0, ""
    yield "lines of the study files", lines(*Path("conf/study").glob("*.yaml")), 650, ""
    yield "lines of dvc.lock", lines(Path("dvc.lock")), 4_500, ""
    yield "code dependencies in dvc.yaml", len(code), 60, ""


def main() -> None:
    """Print the table."""
    for name, figure, goal, which in figures():
        mark = " " if figure <= goal else "!"
        sys.stdout.write(f"{mark} {name:<34}{figure:>7,}  goal {goal:>7,}  {which}".rstrip() + "\n")


if __name__ == "__main__":
    main()
