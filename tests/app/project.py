"""A project whose results are finished, made of the committed reports or of any others."""

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from personae.core import archive
from personae.core.files import write_json
from personae.core.tables import csv
from personae.scoring.scorer import DESCRIBED, describe
from personae.scoring.settings import ScorerSettings
from personae.sources.settings import TablePrepare
from personae.targeting.plan import plan_contacts
from personae.tracking.key import md5, stages

HERE = Path(__file__).parents[2]
STUDIES = ("campaign", "aerofit", "fitbit", "grocery", "journey")


def targets(rows=60, cost=3.0, revenue=11.0, budget=None, reason="income 9 (+1.2)"):
    """A contact list as stage target writes it."""
    chances = pl.int_range(rows, eager=True).cast(pl.Float64).reverse() / rows
    plan = plan_contacts(chances.to_numpy(), cost, revenue, budget)
    return pl.DataFrame(
        {
            "customer": pl.int_range(1000, 1000 + rows, eager=True),
            "segment": pl.int_range(rows, eager=True) % 2,
            "probability": chances,
            "expected_profit": plan.expected_profit,
            "decision": ["contact" if each else "leave" for each in plan.contacted],
            "reason": [reason] * rows,
            "cost": [cost] * rows,
            "revenue": [revenue] * rows,
        }
    )


@cache
def segmentation():
    """Two segments of 60 planted customers, and these."""
    from personae.segmentation.segment import segment_customers
    from personae.segmentation.settings import SegmentSettings

    rng = np.random.default_rng(0)
    customers = pl.DataFrame(
        {
            "customer": pl.int_range(1000, 1060, eager=True),
            "Income": np.repeat([20_000.0, 60_000.0], 30) + rng.normal(0, 3000, 60),
            "age": np.repeat([30.0, 50.0], 30) + rng.normal(0, 2, 60),
        }
    )
    little = {"bootstraps": 1, "splits": 1, "null_tables": 1, "null_bootstraps": 1}
    settings = SegmentSettings(space={"columns": ["Income", "age"]}, k=2, candidates=[2], effort=little)
    return customers, segment_customers(customers.to_pandas(), settings).segmenter


def write_scorer(root, study, personas, customers=None):
    """Write data of one's own, what was prepared of it and what was fitted on it, without a response model."""
    from personae.imputation.imputer import TableImputer
    from personae.sources.files import read_file
    from personae.sources.table import fit

    known, segmenter = segmentation()
    customers = known if customers is None else customers
    data, build, models = (root / name / study for name in ("data", "build", "models"))
    for folder in (data, build, models / "scorer"):
        folder.mkdir(parents=True, exist_ok=True)
    customers.write_csv(data / "customers.csv")
    customers.write_parquet(build / "complete.parquet")
    archive.save(segmenter, models / "segmenter")
    archive.save(TableImputer("median", columns=[]).fit(known.to_pandas()), models / "imputer")
    settings = TablePrepare(
        source="table",
        files=["customers.csv"],
        id="customer",
        kinds=dict.fromkeys(("Income", "age"), "number"),
    )
    learned = fit(read_file(data / "customers.csv"), settings).model_dump(mode="json")
    typical = {"Income": 40_000.0, "age": 40.0}
    described = describe(study, ScorerSettings(source="table"), personas, learned, typical)
    (models / "scorer" / DESCRIBED).write_text(json.dumps(described))


def profit_curve(points=20):
    share = (pl.int_range(points, eager=True) + 1) / points
    profit = 100 * share - 60 * share**2
    return pl.DataFrame(
        {"share": share, "profit": profit, "profit_lower": profit - 9, "profit_upper": profit + 9}
    )


def rules(promotions):
    """Rules as stage promote writes them, of the promotions that rest on them."""
    return pl.DataFrame(
        [
            {
                "segment": each["segment"],
                "antecedent": " + ".join(each["antecedent"]),
                "consequent": " + ".join(each["consequent"]),
                **{name: each[name] for name in ("support", "confidence", "lift")},
                "replay_lift": each["replay"]["lift"],
                "replay_null_p95": each["replay"]["null_p95"],
                "verdict": "replicates",
            }
            for each in promotions
        ]
    )


def make(root, reports=None, budget=None):
    """Write a project; `reports` by study and name, else the committed ones, with tables to go with them."""
    for name in ("dvc.yaml", "params.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, root / name)
    for study in STUDIES:
        given = (reports or {}).get(study) or committed(study)
        shutil.copytree(HERE / "resolved" / study, root / "resolved" / study, dirs_exist_ok=True)
        write_scorer(root, study, given["personas"])
        write_study(root, study, given, budget)
    lock(root)
    return root


HOSTILE = (
    "=1+1 <script>document.title = 1</script><img src=http://x.example/a.png onerror=alert(1)> **bold** "
    "# [link](http://x.example) https://x.example :red[red] :material/home: $\\frac{1}{2}$ \u202eright to left"
)


def hostile(value, kept=()):
    """The same report with every text from data another that wants to be more than text."""
    if isinstance(value, dict):
        return {name: each if name in kept else hostile(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [hostile(each, kept) for each in value]
    return f"{HOSTILE} {value}" if isinstance(value, str) else value


def hostile_study(study):
    """Reports of a study whose names, labels, items and ids are hostile."""
    reports = committed(study)
    for name in {"answer", "personas", "promotions", "anomalies"} & set(reports):
        reports[name] = hostile(reports[name], kept=("date",))
    for each in reports["personas"]:
        each["exemplar"] = {HOSTILE: HOSTILE} | each["exemplar"]
    reports["prepare"]["event"] = {"text": HOSTILE}
    return reports


def committed(study):
    """Reports of a study as they are committed, and the answer that stage report would give."""
    names = (HERE / "reports" / study).glob("*.json")
    reports = {path.stem: json.loads(path.read_text()) for path in names}
    return reports | {"answer": answer(study, reports)}


def answer(study, reports):
    from personae.core.settings import read
    from personae.report.answer import answer as said
    from personae.report.answer import as_json
    from personae.report.statements import Words
    from personae.report.traced import Traced

    words = Words.of(read(HERE / "resolved" / study))
    return as_json(
        said({name: Traced(each, f"{name}.json#") for name, each in reports.items()}, words), words
    )


def write_study(root, study, reports, budget=None, listed=None):
    folder = root / "reports" / study
    for name, content in reports.items():
        write_json(folder / f"{name}.json", content)
    if "target" in reports:
        (folder / "curves").mkdir(exist_ok=True)
        profit_curve().write_csv(folder / "curves" / "profit.csv")
        listed = targets(budget=budget) if listed is None else listed
        listed.write_parquet(root / "build" / study / "targets.parquet")
        (folder / "targets.csv").write_bytes(csv(listed))
    if reports.get("promotions"):
        (folder / "rules.csv").write_bytes(csv(rules(reports["promotions"])))


def lock(root):
    """Write dvc.lock as if every stage had just written the files that are there."""
    graph = (root / "dvc.yaml").read_text()
    entries = {}
    for study in STUDIES:
        files = [
            path for top in ("reports", "build") for path in (root / top / study).rglob("*") if path.is_file()
        ]
        outs = [*(root / "models" / study).iterdir(), *files]
        outs, deps = (
            [{"path": path.relative_to(root).as_posix(), "md5": md5(path)} for path in paths]
            for paths in (outs, [root / "data" / study])
        )
        first, *others = stages(study, graph)
        entries |= {f"{first}@{study}": {"outs": outs, "deps": deps}} | {
            f"{each}@{study}": {} for each in others
        }
    (root / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": entries}, sort_keys=False))
