# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Journey: households, coupons and half a year of baskets
#
# Households of a grocery chain.
# Run `dvc repro report@journey` first: the tables and models below are the graph's own, and
# each section ends in the figure that the report shows.

# %%
# ruff: noqa: ANN001, ANN201, B018, D100, D103, PD010, T201
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, silhouette_score

from personae import models, paths, tables
from personae.files import read_json
from personae.report.exploration import explore
from personae.response.responses import event_probabilities
from personae.segmentation.segmenter import TRUSTED

if not Path("dvc.yaml").exists():
    os.chdir("..")
STUDY = "journey"


def report(name):
    return read_json(paths.report(STUDY, f"{name}.json"))


def same(ours, theirs):
    """Show a figure computed here beside the report's, and insist that they are one."""
    assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-9), (ours, theirs)
    return {"here": ours, "report": theirs}


print(report("prepare")["data"], "data")

# %% [markdown]
# ## The customers

# %%
customers = tables.read(paths.table(STUDY, "customers"))
found = explore(customers)
pd.DataFrame(
    {
        name: {"missing": column.missing, "median": column.median, "skewness": column.skewness}
        for name, column in found.columns.items()
        if column.kind == "number"
    }
).T

# %%
pd.DataFrame(found.correlations.strongest, columns=["column", "other", "Spearman rho"])

# %% [markdown]
# ## The segments
#
# The saved segmenter puts the completed customers into segments again; scikit-learn measures them in the
# study's reference space.

# %%
complete = tables.read(paths.table(STUDY, "complete")).to_pandas()
segmenter = models.load(paths.model(STUDY, "segmenter"), TRUSTED)
labels = segmenter.predict(complete)["segment"]
points = segmenter.space.transform(complete)
known = (labels >= 0).to_numpy()
same(silhouette_score(points[known], labels[known]), report("segment")["silhouette"])

# %%
segment = report("segment")
print(segment["verdict"], "-", segment["reason"])
pd.DataFrame({law: figures for law, figures in segment["null"].items() if law != "p_value"}).T

# %%
pd.DataFrame(
    [
        {"persona": each["name"], "customers": each["size"], "action": each["action"]}
        for each in report("personas")
    ]
)

# %% [markdown]
# ## Who will respond
#
# The probabilities are out of fold, one set a repeat; the report pools each repeat and averages.

# %%
responses = tables.read(paths.table(STUDY, "responses")).to_pandas()
probability = event_probabilities(responses)
target = responses["target"].to_numpy()
seen = ~np.isnan(probability).any(axis=0)
areas = [roc_auc_score(target[seen], one[seen]) for one in probability]
same(np.mean(areas), report("classify")["selection"]["figures"]["roc_auc"]["pooled"])

# %% [markdown]
# ## What goes together
#
# Rules were learned on earlier baskets; only those count whose lift on later baskets, at its lower bound,
# beats shuffled baskets. A lift above 1 alone does not.

# %%
rules = pd.read_csv(paths.report(STUDY, "rules.csv"))
rules.groupby(["segment", "verdict"]).size().unstack(fill_value=0)

# %%
promotions = report("promotions")
again = rules.query("verdict == 'replicates'")
assert len(again) >= len(promotions)
assert (again["replay_lift_lower"] > again["replay_null_p95"]).all()
pd.DataFrame([{"segment": each["segment"], "offer": each["offer"], **each["replay"]} for each in promotions])
