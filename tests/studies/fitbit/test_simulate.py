import hashlib

import polars as pl

from personae.sources.settings import FitbitPrepare
from personae.studies.fitbit import source as fitbit
from personae.studies.fitbit.simulate import simulate
from personae.studies.fitbit.simulate_minutes import ANOMALIES, SEGMENTS


def digest(simulated):
    return {name: hashlib.sha256(content).hexdigest() for name, content in simulated.files.items()}


def test_the_same_seed_gives_the_same_bytes():
    first = simulate(users=8, days=7, seed=5)
    assert digest(first) == digest(simulate(users=8, days=7, seed=5))
    assert digest(first) != digest(simulate(users=8, days=7, seed=6))


def test_the_planted_segments_and_anomalies_show_in_the_prepared_tables(tmp_path):
    simulated = simulate(users=16, days=10, seed=2)
    for name, content in simulated.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    tables = fitbit.prepare(tmp_path, FitbitPrepare(source="fitbit", least_steps=1, wear_gap=90)).tables
    users = tables["customers"].join(simulated.segment, on="customer")
    means = users.group_by("segment").agg(pl.col("mean_steps", "mean_restless_share").mean()).sort("segment")
    assert len(SEGMENTS) == means.height
    assert means["mean_steps"].arg_max() == 1
    assert means["mean_restless_share"].arg_max() == 3
    assert users["has_sleep"].mean() < 0.9
    odd = tables["days"].join(simulated.anomalies, on=["customer", "date"])
    assert odd.height == simulated.anomalies.height
    usual = tables["days"].filter("worn").group_by("customer").agg(usual=pl.col("steps").median())
    ratio = odd.join(usual, on="customer").with_columns(ratio=pl.col("steps") / pl.col("usual"))
    by_kind = dict(ratio.group_by("kind").agg(pl.col("ratio").median()).iter_rows())
    assert by_kind[ANOMALIES[0]] > 1.8
    assert by_kind[ANOMALIES[1]] < 0.1


def test_sleep_is_left_out_of_sedentary_minutes_as_published(tmp_path):
    for name, content in simulate(users=8, days=9, seed=3).files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    days = fitbit.prepare(tmp_path, FitbitPrepare(source="fitbit", least_steps=1, wear_gap=90)).tables["days"]
    full = days.filter(pl.col("minutes_recorded") == 1440)
    levels = [f"{level}_minutes" for level in ("very_active", "fairly_active", "lightly_active", "sedentary")]
    totals = full.select("minutes_asleep", total=pl.sum_horizontal(levels))
    assert (totals.filter(pl.col("minutes_asleep").is_not_null())["total"] < 1440).all()
    assert (totals.filter(pl.col("minutes_asleep").is_null())["total"] == 1440).all()
