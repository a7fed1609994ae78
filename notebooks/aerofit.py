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
# Buyers of three treadmills. The tables are made here from `data/`;
# each section ends in a figure of the study's reports, which `agree` holds against the one computed here.

# %%
# ruff: noqa: D100, T201
import pandas as pd
import polars as pl

from personae.inference.compare import compare_customers
from personae.inference.probabilities import probabilities
from personae.notebook import open_study
from personae.response.published import single_split

study = open_study("aerofit")
customers = study.tables["customers"]
customers.describe()

# %%
study.agree(customers.height, "prepare", "rows")

# %% [markdown]
# ## Who buys what
#
# A share of few customers has a wide interval (Wilson 1927).

# %%
shares = probabilities(customers, [("Product", "Fitness")], small_n=10)
likely = shares.filter(event_value="KP781", given_value="5")
likely.select("kind", "count", "total", "probability", "low", "high", "base_rate")

# %%
study.picture("effects")

# %% [markdown]
# ## Which products to merge
#
# Each pair of products is compared in all columns; a difference not found is no equality.

# %%
found = study.segmentation()
segments = pl.from_pandas(found.customers)
compared = compare_customers(study.customers, segments, study.settings.compare, seed=study.settings.seed)
compared.merge[["a", "b", "two_sample_auc", "power", "verdict", "reason"]]

# %%
for number, auc in enumerate(compared.merge["two_sample_auc"]):
    study.agree(auc, "compare", "merge", number, "two_sample_auc")

# %% [markdown]
# ## The split that was published
#
# One split of 36 customers says little; the folds say more.

# %%
classify = study.settings.classify
groups = study.report("classify")["groups"]
rows = customers.to_pandas()
once = single_split(rows, target=classify.target, columns=classify.features, merging=classify.merging)
study.agree(once["accuracy"], "classify", "seed_claim", "before", "accuracy")

# %%
merged = rows.assign(**{classify.target: rows[classify.target].map(groups)})
once = single_split(merged, target=classify.target, columns=classify.features, merging=classify.merging)
study.agree(once["accuracy"], "classify", "seed_claim", "after", "accuracy")

# %%
told = study.report("classify")
pd.DataFrame(
    {
        when: {
            "accuracy": figures["models"]["random_forest"]["accuracy"]["mean"],
            "majority": figures["majority_accuracy"],
        }
        for when, figures in (("before", told["before"]), ("after", told["after"]))
    }
)

# %% [markdown]
# ## The segments
#
# Found again at the k that the report chose; how sure they are took bootstraps and tables without segments,
# and is read from the report.

# %%
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
