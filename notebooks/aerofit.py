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
# # Aerofit: three treadmills, or two?
#
# Buyers of three treadmills.
# Run `dvc repro report@aerofit` first: the tables and models below are the graph's own, and
# each section ends in the figure that the report shows.

# %%
# ruff: noqa: ANN001, ANN201, B018, D100, D103, T201
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import silhouette_score

from personae import models, paths, tables
from personae.files import read_json
from personae.report.exploration import explore
from personae.segmentation.segmenter import TRUSTED

if not Path("dvc.yaml").exists():
    os.chdir("..")
STUDY = "aerofit"


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
# ## Who buys what
#
# A share of few customers has a wide interval (Wilson 1927).

# %%
shares = pd.read_csv(paths.report(STUDY, "probabilities.csv"))
one = shares.query("kind == 'conditional' and event == 'Product' and given == 'Fitness'").iloc[-1]
given = customers.filter(customers["Fitness"].cast(str) == str(one["given_value"]).removesuffix(".0"))
same((given["Product"] == one["event_value"]).mean(), one["probability"])

# %% [markdown]
# ## Which products to merge

# %%
pd.DataFrame(report("compare")["merge"])[["a", "b", "two_sample_auc", "power", "verdict", "reason"]]

# %%
classify = report("classify")
pd.DataFrame(
    {
        when: {
            "accuracy": figures["models"]["random_forest"]["accuracy"]["mean"],
            "majority": figures["majority_accuracy"],
        }
        for when, figures in (("before", classify["before"]), ("after", classify))
    }
)
