"""What a sample by hash of the unit costs in quality: segments and ranking, beside the fit on all customers.

`python -m benchmarks.sampling_law [ROWS]`: planted customers of the campaign's simulation, without its repeated
ones. Segments: k-means in the customers' space (logarithms of amounts), adjusted Rand index with the fit on all
and excess of the inertia over all customers; the same of another seed of the fit on all. Ranking: XGBoost and
logistic regression as the study sets them, ROC AUC on a fifth of the customers that no fit has seen.
"""

import sys

import numpy as np
from threadpoolctl import threadpool_limits

from personae.core.sampling import sample_by_hash
from personae.core.statistics import adjusted_rand, roc_auc
from personae.response.estimators import fit, scores
from personae.response.settings import BoostedTrees, Logistic
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.quality import scatter
from personae.segmentation.space import Space
from personae.studies.campaign.simulate import simulate
from personae.studies.campaign.source import SPENDING

ROWS = (20_000, 50_000, 200_000)
NUMBERS = ["Income", "Kidhome", "Teenhome", "Recency", "NumDealsPurchases", "NumWebPurchases"]
NUMBERS += ["NumCatalogPurchases", "NumStorePurchases", "NumWebVisitsMonth"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    table = simulate(count + count // 11, seed=5)[0].head(count).to_pandas()
    table["Income"] = table["Income"].fillna(table["Income"].median())
    with threadpool_limits(1):
        segments(table)
        ranking(table)


def segments(table):
    columns = [*NUMBERS, *SPENDING]
    points = Space(name="customers", columns=columns, log1p=list(SPENDING)).fit(table).transform(table)
    for k in (2, 4, 6):
        whole = KMeansClusterer(k, random_state=1).fit(points)
        inertia = scatter(points, whole.labels_)[0]
        other = KMeansClusterer(k, random_state=2).fit(points)
        print(f"k={k}: {len(points):,} rows, another seed: {compared(points, whole, inertia, other.labels_)}")
        for rows in ROWS:
            drawn = sample_by_hash(table["ID"], rows)
            found = KMeansClusterer(k, random_state=1).fit(points[drawn]).predict(points)
            print(f"k={k}: {len(drawn):,} rows: {compared(points, whole, inertia, found)}", flush=True)


def compared(points, whole, inertia, labels):
    excess = scatter(points, labels)[0] / inertia - 1
    return f"adjusted Rand {adjusted_rand(whole.labels_, labels):.4f}, inertia excess {excess:.1e}"


def ranking(table):
    earlier = [name for name in table if name.startswith("AcceptedCmp")]
    inputs = table[[*NUMBERS, *SPENDING, *earlier, "Year_Birth", "Complain"]].to_numpy(dtype=float)
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    target = table["Response"].to_numpy(dtype=np.intp)
    test = np.random.default_rng(0).random(len(target)) < 0.2
    train = np.flatnonzero(~test)
    for name, model in {"logistic": Logistic(), "xgboost": BoostedTrees()}.items():
        for rows in (*ROWS, len(train)):
            drawn = train[sample_by_hash(table["ID"].to_numpy()[train], rows)]
            found = scores(fit(model, inputs[drawn], target[drawn], 1), inputs[test])[:, 1]
            print(f"{name}: {len(drawn):,} rows: ROC AUC {roc_auc(target[test] == 1, found):.4f}", flush=True)


if __name__ == "__main__":
    main()
