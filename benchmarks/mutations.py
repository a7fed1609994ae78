"""Raw files changed at random: each is refused in one line, counted as a repair, or gives equal tables.

`python benchmarks/mutations.py --files 1000 --seed 1`; every kind of change is one that a source must notice or read as
the same. Prints the counts and, where there are any, tracebacks and silent changes with their seeds.
"""

import argparse
import gzip
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from personae.core.errors import PersonaeError
from personae.core.files import write_files
from personae.studies.aerofit import simulate as aerofit
from personae.studies.aerofit import source as aerofit_source
from personae.studies.aerofit.settings import AerofitPrepare
from personae.studies.campaign import simulate as campaign
from personae.studies.campaign import source as campaign_source
from personae.studies.campaign.settings import CampaignPrepare
from personae.studies.fitbit import simulate as fitbit
from personae.studies.fitbit import source as fitbit_source
from personae.studies.fitbit.settings import FitbitPrepare
from personae.studies.grocery import simulate as grocery
from personae.studies.grocery import source as grocery_source
from personae.studies.grocery.settings import GroceryPrepare

ENDLESS = ("inf", "-inf", "1e308", "9223372036854775808", "1e400", "--5", "0x1F", "1,5,5", "TRUE?")
# Any cell has a meaning there: a name without a title, a customer without a card.
MEANT = ("customer_name", "loyalty_card_number")
WORDS = ("nan", "NA", "N/A", "null", "None", "?", "")


def sources():
    """Small files of every source, the source and its settings."""
    small = {
        name: text
        for name, text in fitbit.simulate(users=6, days=9, seed=3)[0].items()
        if not name.endswith(".gz")
    }
    return {
        "aerofit": (aerofit.to_files(aerofit.simulate(60, 1)), aerofit_source, AerofitPrepare()),
        "campaign": (campaign.to_files(campaign.simulate(120, 1)[0]), campaign_source, CampaignPrepare()),
        "grocery": (grocery.to_files(grocery.simulate(120, 90, 1)[0]), grocery_source, GroceryPrepare()),
        "fitbit": (small, fitbit_source, FitbitPrepare()),
    }


def mutate(text, separator, rng):  # noqa: PLR0912 - a branch a kind
    """Change one thing of a delimited text; give its kind and the new text."""
    head, *lines = text.splitlines()
    names = head.split(separator)
    row, column = int(rng.integers(len(lines))), int(rng.integers(len(names)))
    cells = lines[row].split(separator)
    kinds = ("endless", "missing", "short row", "long row", "column twice", "column gone", "row twice", "cut",
             "blank lines", "trailing", "spaces", "byte order", "line ends", "no line end", "quoted")  # fmt: skip
    kind = kinds[int(rng.integers(len(kinds)))]
    if names[column] in MEANT:
        column = 0
    if kind in ("endless", "missing"):
        cells[column] = str(rng.choice(ENDLESS if kind == "endless" else WORDS))
    elif kind == "short row":
        cells.pop()
    elif kind == "long row":
        cells.append("x")
    elif kind == "spaces":
        cells = [f" {cell} " if '"' not in cell else cell for cell in cells]
    elif kind == "quoted":
        cells = [f'"{cell}"' if '"' not in cell else cell for cell in cells]
    lines[row] = separator.join(cells)
    if kind == "column twice":
        names[column] = names[column - 1]
    elif kind == "column gone":
        names[column] = f"{names[column]}_"
    elif kind == "row twice":
        lines.append(lines[row])
    elif kind == "trailing":
        names, lines = [*names, ""], [f"{line}{separator}" for line in lines]
    changed = "\n".join([separator.join(names), *lines]) + "\n"
    if kind == "cut":
        changed = changed[: int(len(changed) * rng.uniform(0.3, 0.99))]
    elif kind == "blank lines":
        changed += "\n\n"
    elif kind == "byte order":
        changed = "\ufeff" + changed.removeprefix("\ufeff")
    elif kind == "line ends":
        changed = changed.replace("\n", "\r\n")
    elif kind == "no line end":
        changed = changed.rstrip("\n")
    return kind, changed


def outcome(files, source, settings, before):
    """Say how a source takes changed files: refused, counted, equal; or the faults traceback, silent."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), files)
        try:
            after = source.prepare(Path(folder), settings)
        except PersonaeError as error:
            line = str(error)
            return "refused" if "\n" not in line and len(line) < 1500 else "long message"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            return f"traceback {type(error).__name__}: {str(error)[:100]}"
    if all(
        after.tables[name].equals(table) for name, table in before.tables.items() if name in after.tables
    ) and (after.tables.keys() == before.tables.keys()):
        return "equal"
    return "counted" if told(after) != told(before) else "silent"


def told(prepared):
    """What prepare.json says of gaps, doubled, repaired and left out rows."""
    report = prepared.report("sample")
    return {
        name: report.get(name) for name in ("missing", "repairs", "rejected", "duplicates", "remark", "rows")
    }


def main(files, seed):
    """Run the campaign; give the counts by source and outcome, and the faults."""
    known = sources()
    counts, faults = Counter(), []
    before = {}
    for name, (given, source, settings) in known.items():
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder), given)
            before[name] = source.prepare(Path(folder), settings)
    for number in range(files):
        rng = np.random.default_rng([seed, number])
        name = list(known)[number % len(known)]
        given, source, settings = known[name]
        tables = [each for each in given if each.endswith(".csv")]
        file = tables[int(rng.integers(len(tables)))]
        separator = "\t" if name == "campaign" else ","
        kind, text = mutate(given[file].decode("utf-8-sig"), separator, rng)
        path, content = file, text.encode()
        if rng.uniform() < 0.1:
            path, content = f"{file}.gz", gzip.compress(content)
            if rng.uniform() < 0.5:
                kind, content = "damaged gz", content[: len(content) // 2]
        rest = {each: text for each, text in given.items() if each != file}
        found = outcome(rest | {path: content}, source, settings, before[name])
        counts[name, found.split(" ")[0]] += 1
        if found not in ("refused", "counted", "equal"):
            faults.append(f"seed {seed} file {number}: {name} {file}, {kind}: {found}")
    return counts, faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    counts, faults = main(arguments.files, arguments.seed)
    for (name, word), count in sorted(counts.items()):
        print(f"{name}: {word} {count}")
    for fault in faults:
        print(fault)
    print(f"seed {arguments.seed}: {arguments.files} files, {len(faults)} faults")
