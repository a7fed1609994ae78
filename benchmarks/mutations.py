"""Raw files changed at random: each is refused in one line, counted as a repair, or gives equal tables.

`python benchmarks/mutations.py --files 1000 --seed 1`; every kind of change is one that a source must notice or read as
the same. Prints the counts and, where there are any, tracebacks and silent changes with their seeds.
"""

import argparse
import contextlib
import gzip
import io
import json
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
from tests.studies.journey import test_source as households

from personae.core.errors import PersonaeError
from personae.core.files import to_json, write_files
from personae.monitoring.month import Incoming, answered, prepared
from personae.scoring.campaign import read_out_files
from personae.sources import table as table_source
from personae.sources import transactions as transactions_source
from personae.sources.settings import TablePrepare, TransactionColumns, TransactionsPrepare
from personae.sources.sql import snapshot
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
from personae.studies.journey import source as journey_source

ENDLESS = ("inf", "-inf", "1e308", "9223372036854775808", "1e400", "--5", "0x1F", "1,5,5", "TRUE?")
# Any cell has a meaning there: a name without a title, a customer without a card, a city, an item, a receipt.
MEANT = ("customer_name", "loyalty_card_number", "id", "city", "item", "receipt", "segment")
WORDS = ("nan", "NA", "N/A", "null", "None", "?", "")


def sources():
    """Small files of every source, the source and its settings."""
    small = {
        name: text
        for name, text in fitbit.simulate(users=6, days=9, seed=3)[0].items()
        if not name.endswith(".gz")
    }
    journey = {f"{name}.parquet": _parquet(each) for name, each in households.tables().items()}
    assembled = SimpleNamespace(prepare=journey_source.assemble)
    database = SimpleNamespace(prepare=_of_query)
    own = TablePrepare(source="table", files=["own.csv"], **OWN)
    rows = TablePrepare(source="table", files=["own.parquet"], **OWN)
    columns = TransactionColumns(
        id="id", item="item", time="time", basket="receipt", quantity="pieces", price="price"
    )
    lines = TransactionsPrepare(source="transactions", files=["lines.csv"], columns=columns)
    return {
        "aerofit": (aerofit.to_files(aerofit.simulate(60, 1)), aerofit_source, AerofitPrepare()),
        "campaign": (campaign.to_files(campaign.simulate(120, 1)[0]), campaign_source, CampaignPrepare()),
        "grocery": (grocery.to_files(grocery.simulate(120, 90, 1)[0]), grocery_source, GroceryPrepare()),
        "fitbit": (small, fitbit_source, FitbitPrepare()),
        "journey": (journey, assembled, households.SETTINGS),
        "own table": ({"own.csv": _own().write_csv().encode()}, table_source, own),
        "transactions": ({"lines.csv": _lines().write_csv().encode()}, transactions_source, lines),
        "query": ({"own.parquet": _parquet(_own())}, database, rows),
        "month": (_month(), SimpleNamespace(prepare=_of_month), own),
        "readout": (_campaign(), SimpleNamespace(prepare=_of_campaign), own),
    }


OWN = {
    "id": "id",
    "kinds": {"age": "number", "income": "number", "city": "category", "joined": "date", "vip": "flag"},
    "target": "bought",
    "event": "yes",
}


def _own(rows=90):
    rng = np.random.default_rng(1)
    joined = pl.Series([f"20{rng.integers(10, 24)}-0{rng.integers(1, 10)}-11" for _ in range(rows)])
    return pl.DataFrame(
        {
            "id": [f"K{row}" for row in range(rows)],
            "age": rng.integers(18, 80, rows),
            "income": rng.normal(30_000, 5000, rows).round(2),
            "city": rng.choice(["Rome", "Oslo", "Bern"], rows),
            "joined": joined,
            "vip": rng.choice(["y", "n"], rows),
            "bought": rng.choice(["yes", "no"], rows),
        }
    )


def _lines(rows=240):
    rng = np.random.default_rng(1)
    receipt = np.sort(rng.integers(0, 80, rows))
    return pl.DataFrame(
        {
            "id": [f"K{each % 20}" for each in receipt],
            "receipt": receipt + 1000,
            "item": rng.choice(["tea", "milk", "bread", "salt", "rice"], rows),
            "time": [f"2023-{each // 8 + 1:02}-{each % 8 * 3 + 1:02}" for each in receipt],
            "pieces": rng.integers(1, 5, rows),
            "price": rng.uniform(0.5, 9, rows).round(2),
        }
    )


def _parquet(table):
    out = io.BytesIO()
    table.write_parquet(out)
    return out.getvalue()


def _of_query(folder, settings):
    """Put a table into a database, take it back by a query, and prepare it."""
    try:
        table = pl.read_parquet(folder / "own.parquet")
    except pl.exceptions.PolarsError:  # the file with the rows was damaged, not the database
        return table_source.prepare(folder, settings)
    with contextlib.closing(sqlite3.connect(folder / "own.db")) as database, database:
        database.execute(
            f"create table own ({', '.join(chr(34) + name + chr(34) for name in table.columns)})"
        )
        marks = ", ".join("?" * table.width)
        database.executemany(f"insert into own values ({marks})", table.rows())
    (folder / "own.parquet").unlink()
    snapshot(f"sqlite:///{folder / 'own.db'}", "select * from own", folder / "own.parquet")
    return table_source.prepare(folder, settings)


def _month(rows=60):
    """Customers of a month, and their answers in a file of their own."""
    customers = _own(rows).with_columns(id=pl.format("M{}", pl.int_range(rows))).drop("bought")
    answers = customers.select(customer="id", response=pl.int_range(rows) % 2)
    files = {"2024-03/own.csv": customers, "2024-03-answers.csv": answers}
    return {name: table.write_csv().encode() for name, table in files.items()}


def _of_month(folder, settings):
    """Prepare a month as `drift` and `gate` read it, with its answers."""
    (folder / "own.csv").write_bytes(_own().write_csv().encode())
    learned = table_source.prepare(folder, settings).learned
    preparation = table_source.Preparation.model_validate(learned)
    scorer = SimpleNamespace(preparation=preparation, model=SimpleNamespace(classes=("no", "yes")))
    month = Incoming("2024-03", folder / "2024-03", date(2024, 3, 31))
    tables = {"customers": prepared(scorer, month), "answers": answered(scorer, month)}
    known = tables["answers"].join(tables["customers"], on="customer", how="semi").height
    gaps = sum(tables["customers"].null_count().row(0))
    return _Counted(tables, {"rows": [*(table.height for table in tables.values()), known], "missing": gaps})


def _campaign(rows=240):
    """A list that was sent, with a control group, and its answers."""
    rng = np.random.default_rng(1)
    sent = pl.DataFrame(
        {
            "customer": [f"K{row}" for row in range(rows)],
            "decision": rng.permutation(np.repeat(["contact", "control"], rows // 2)),
            "probability": rng.uniform(0.1, 0.4, rows).round(3),
            "segment": rng.integers(0, 2, rows),
            "cost": 1.0,
            "revenue": 11.0,
        }
    )
    answers = sent.select("customer", response=pl.Series(rng.integers(0, 2, rows)))
    return {"targets.csv": sent.write_csv().encode(), "answers.csv": answers.write_csv().encode()}


def _of_campaign(folder, settings):
    """Read a campaign out from its two files."""
    del settings
    with contextlib.chdir(folder):
        _, made = read_out_files("own", "targets.csv", "answers.csv")
    arms = [made[arm][count] for arm in ("contact", "control") for count in ("customers", "known")]
    figures = pl.DataFrame({"figures": [json.dumps(to_json(made))]})
    return _Counted({"readout": figures}, {"rows": [*arms, made["answers_left_out"]]})


@dataclass(frozen=True)
class _Counted:
    """Tables, and what is said of their rows."""

    tables: dict
    said: dict

    def report(self, data):
        del data
        return self.said


def mutate_table(content, rng):
    """Change one thing of a Parquet file; give its kind and the new content."""
    table = pl.read_parquet(io.BytesIO(content))
    name = table.columns[int(rng.integers(table.width))]
    row = int(rng.integers(table.height))
    kinds = ("not finite", "missing", "column gone", "row twice", "cut", "text", "order", "no rows")
    kind = str(rng.choice(kinds))
    if kind in ("not finite", "text"):
        numeric = [each for each in table.columns if table[each].dtype.is_numeric()] or [name]
        name = str(rng.choice(numeric))
        odd = str(rng.choice(["inf", "-inf", "1e308"] if kind == "not finite" else ["x1", "--5", "1,5,5"]))
        cells = table[name].to_list()
        if not table[name].dtype.is_numeric():
            kind = "unchanged"
        elif kind == "not finite":
            cells[row] = float(odd)
            table = table.with_columns(pl.Series(name, cells, dtype=pl.Float64, strict=False))
        else:
            cells = [str(each) for each in cells[:row]] + [odd] + [str(each) for each in cells[row + 1 :]]
            table = table.with_columns(pl.Series(name, cells, dtype=pl.String))
    elif kind == "missing" and name not in MEANT:
        cells = table[name].to_list()
        cells[row] = None
        table = table.with_columns(pl.Series(name, cells, dtype=table[name].dtype))
    elif kind == "column gone":
        table = table.rename({name: f"{name}_"})
    elif kind == "row twice":
        table = pl.concat([table, table[row : row + 1]])
    elif kind == "order":
        table = table.select(table.columns[::-1])
    elif kind == "no rows":
        table = table.clear()
    content = _parquet(table)
    return kind, content[: int(len(content) * rng.uniform(0.1, 0.99))] if kind == "cut" else content


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
        column = next(place for place, each in enumerate(names) if each not in MEANT)
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
        name: report.get(name)
        for name in ("missing", "repairs", "rejected", "duplicates", "remark", "rows", "event", "unanswered")
    }


def _changed(name, file, content, rng):
    """Kind of a change, path and content of a file after it."""
    if file.endswith(".parquet"):
        kind, content = mutate_table(content, rng)
        return kind, file, content
    kind, text = mutate(content.decode("utf-8-sig"), "\t" if name == "campaign" else ",", rng)
    content = text.encode()
    if (
        name in ("own table", "transactions", "month", "readout") or rng.uniform() >= 0.1
    ):  # their settings name the file
        return kind, file, content
    content = gzip.compress(content)
    if rng.uniform() < 0.5:
        kind, content = "damaged gz", content[: len(content) // 2]
    return kind, f"{file}.gz", content


def main(files, seed, only=None):
    """Run the campaign over all or some sources; give the counts by source and outcome, and the faults."""
    known = {name: each for name, each in sources().items() if only is None or name in only}
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
        tables = [each for each in given if each.endswith((".csv", ".parquet"))]
        file = tables[int(rng.integers(len(tables)))]
        kind, path, content = _changed(name, file, given[file], rng)
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
    parser.add_argument("--only", nargs="*", help="names of sources")
    arguments = parser.parse_args()
    counts, faults = main(arguments.files, arguments.seed, arguments.only)
    for (name, word), count in sorted(counts.items()):
        print(f"{name}: {word} {count}")
    for fault in faults:
        print(fault)
    print(f"seed {arguments.seed}: {arguments.files} files, {len(faults)} faults")
