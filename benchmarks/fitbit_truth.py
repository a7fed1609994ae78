"""What is planted in simulated wearers and what is found again: segments, unusual days.

    python benchmarks/fitbit_truth.py

Settings are those of the study, as composed in `resolved/fitbit`.
"""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from personae.core.files import write_files
from personae.core.settings import read
from personae.days.anomalies import find_anomalies
from personae.days.settings import AnomalySettings
from personae.features.describe import whole_days
from personae.studies.fitbit.settings import FitbitPrepare
from personae.studies.fitbit.simulate import simulate
from personae.studies.fitbit.source import prepare

SEEDS = range(5)


def main() -> None:
    settings = read(Path("resolved/fitbit"))
    watched = settings["days"]["anomalies"]
    columns = settings["segment"]["space"]["columns"]
    print("seed  segments (ARI)  days planted  found  precision  recall")
    figures = []
    for seed in SEEDS:
        files, segment, unusual = simulate(24, 14, seed)
        with tempfile.TemporaryDirectory() as name:
            write_files(Path(name), files)
            tables = prepare(Path(name), FitbitPrepare(**settings["prepare"])).tables
        users = tables["customers"].join(segment, on="customer").drop_nulls(columns)
        points = StandardScaler().fit_transform(users.select(columns).to_numpy())
        labels = KMeans(4, n_init=20, random_state=0).fit_predict(points)
        ari = adjusted_rand_score(users["segment"], labels)
        found = find_anomalies(
            whole_days(tables["days"]).to_pandas(), AnomalySettings.model_validate(watched)
        ).found
        listed = pl.from_pandas(found[["customer", "date"]])
        planted = unusual.with_columns(pl.col("date").cast(pl.String))
        hits = planted.join(listed, on=["customer", "date"]).height
        figures.append((ari, hits / len(found), hits / planted.height))
        print(
            f"{seed:4}  {ari:14.2f}  {planted.height:12}  {len(found):5}  {figures[-1][1]:9.2f}  {figures[-1][2]:6.2f}"
        )
    means = np.mean(figures, axis=0)
    print(f"mean  {means[0]:14.2f}  {'':12}  {'':5}  {means[1]:9.2f}  {means[2]:6.2f}")


if __name__ == "__main__":
    main()
