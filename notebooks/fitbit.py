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
# # Fitbit: a few dozen users, minute by minute
#
# Activity, sleep and weight of users of a fitness tracker. The tables are made here from `data/`;
# each section ends in a figure of the study's reports, which `agree` holds against the one computed here.

# %%
# ruff: noqa: D100, T201
import pandas as pd

from personae.days.anomalies import find_anomalies
from personae.features.describe import whole_days
from personae.notebook import open_study

study = open_study("fitbit")
customers = study.tables["customers"]
customers.describe()

# %%
study.agree(customers.height, "prepare", "rows")

# %% [markdown]
# ## What may be filled in
#
# The users are few: whether a method helps for a user it never saw is tested by leaving whole users out.

# %%
scores = study.imputation.scorecard["columns"]
study.scorecard()

# %%
study.picture("imputation")

# %%
unseen = scores["minutes_asleep"]["unseen"]
study.agree(unseen["r2"], "impute", "columns", "minutes_asleep", "unseen", "r2")

# %% [markdown]
# Sedentary minutes leave sleep out where sleep was recorded. With that column the figure
# is better, and worth nothing: see what it fills in.

# %%
leaky = unseen["leaky"]
study.agree(leaky["r2"], "impute", "columns", "minutes_asleep", "unseen", "leaky", "r2")

# %%
pd.DataFrame([leaky["observed"], leaky["filled"]], index=["observed", "filled"])

# %% [markdown]
# ## The segments
#
# Found again at the k that the report chose; how sure they are took bootstraps and tables without segments,
# and is read from the report.

# %%
found = study.segmentation()
study.agree(found.report.silhouette, "segment", "silhouette")

# %%
print(study.report("segment")["reason"])
study.votes()

# %%
study.picture("stability")

# %%
personas = pd.DataFrame(study.report("personas"))
personas[["name", "size", "share", "action"]]

# %%
study.picture("drivers-0")

# %% [markdown]
# ## Unusual days
#
# Days unusual for the user or for anyone, and how many planted ones the same rules find.

# %%
settings = study.settings.days.anomalies
days = whole_days(study.tables["days"]).to_pandas()
unusual = find_anomalies(days, settings, seed=study.settings.seed)
study.agree(unusual.control["recall"], "anomalies", "control", "recall")

# %%
unusual.found.round(2)
