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
# # Grocery: niches and baskets
#
# Customers of a supermarket. The tables are made here from `data/`;
# each section ends in a figure of the study's reports, which `agree` holds against the one computed here.

# %%
# ruff: noqa: D100, T201
import pandas as pd
import polars as pl

from personae.baskets.replicate import halve, replicate, rules_table
from personae.notebook import open_study

study = open_study("grocery")
customers = study.tables["customers"]
customers.describe()

# %%
study.agree(customers.height, "prepare", "rows")

# %% [markdown]
# ## What may be filled in
#
# Cells are hidden as they go missing; what cannot be told is not filled.

# %%
scores = study.imputation.scorecard["columns"]
study.scorecard()

# %%
unseen = scores["vegetables_share"]["unseen"]
study.agree(unseen["r2"], "impute", "columns", "vegetables_share", "unseen", "r2")

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
# ## What goes together
#
# Rules are learned on a random half of the customers; only those count whose lift on
# the others, at its lower bound, beats shuffled baskets. A lift above 1 alone does not.

# %%
promote = study.settings.promote
halves = halve(
    study.tables["baskets"],
    pl.DataFrame({"customer": customers["customer"], "segment": found.customers["segment"].to_numpy()}),
    promote,
    seed=study.settings.seed,
)
# Those of everybody; segments take longer.
replayed = replicate({"everybody": halves["everybody"]}, promote.search, seed=study.settings.seed)
rules = rules_table(replayed)
rules.group_by("segment", "verdict").len().sort("segment", "verdict")

# %%
first = study.report("promotions")[0]
one = rules.row(
    by_predicate=(pl.col("segment") == first["segment"])
    & (pl.col("antecedent") == " + ".join(first["antecedent"]))
    & (pl.col("consequent") == " + ".join(first["consequent"])),
    named=True,
)
study.agree(one["replay_lift_lower"], "promotions", 0, "replay", "lift_lower")

# %%
pd.DataFrame(study.report("promotions"))[["segment", "who", "offer", "why"]]

# %%
study.picture("lifts")
