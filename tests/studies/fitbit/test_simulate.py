import hashlib

import polars as pl

from personae.core.files import write_files
from personae.studies.fitbit import source as fitbit
from personae.studies.fitbit.settings import FitbitPrepare
from personae.studies.fitbit.simulate import simulate
from personae.studies.fitbit.simulate_minutes import ANOMALIES, SEGMENTS


def digest(files):
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_the_same_seed_gives_the_same_bytes():
    first = digest(simulate(users=8, days=7, seed=5)[0])
    assert first == digest(simulate(users=8, days=7, seed=5)[0])
    assert first != digest(simulate(users=8, days=7, seed=6)[0])


def test_the_planted_segments_and_anomalies_show_in_the_prepared_tables(tmp_path):
    files, segment, anomalies = simulate(users=16, days=10, seed=2)
    write_files(tmp_path, files)
    tables = fitbit.prepare(tmp_path, FitbitPrepare()).tables
    users = tables["customers"].join(segment, on="customer")
    means = users.group_by("segment").agg(pl.col("mean_steps", "mean_restless_share").mean()).sort("segment")
    assert len(SEGMENTS) == means.height
    assert means["mean_steps"].arg_max() == 1
    assert means["mean_restless_share"].arg_max() == 3
    assert users["has_sleep"].mean() < 0.9
    odd = tables["days"].join(anomalies, on=["customer", "date"])
    assert odd.height == anomalies.height
    usual = tables["days"].filter("worn").group_by("customer").agg(usual=pl.col("steps").median())
    ratio = odd.join(usual, on="customer").with_columns(ratio=pl.col("steps") / pl.col("usual"))
    by_kind = dict(ratio.group_by("kind").agg(pl.col("ratio").median()).iter_rows())
    assert by_kind[ANOMALIES[0]] > 1.8
    assert by_kind[ANOMALIES[1]] < 0.1


def test_sleep_is_left_out_of_sedentary_minutes_as_published(tmp_path):
    write_files(tmp_path, simulate(users=8, days=9, seed=3)[0])
    days = fitbit.prepare(tmp_path, FitbitPrepare()).tables["days"]
    full = days.filter(pl.col("minutes_recorded") == 1440)
    levels = [f"{level}_minutes" for level in ("very_active", "fairly_active", "lightly_active", "sedentary")]
    totals = full.select("minutes_asleep", total=pl.sum_horizontal(levels))
    assert (totals.filter(pl.col("minutes_asleep").is_not_null())["total"] < 1440).all()
    assert (totals.filter(pl.col("minutes_asleep").is_null())["total"] == 1440).all()
