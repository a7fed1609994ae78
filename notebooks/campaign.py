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
# # Campaign: whom to offer what
#
# Customers of a retailer, their spending and the campaigns they accepted. The tables are made here from
# `data/`; each section ends in a figure of the study's reports, which `agree` holds against the one
# computed here.

# %%
# ruff: noqa: B018, D100, T201
import pandas as pd

from personae.notebook import open_study

study = open_study("campaign")
customers = study.tables["customers"]
customers.describe()

# %%
study.agree(customers.height, "prepare", "rows")

# %% [markdown]
# ## What may be filled in
#
# Incomes are hidden as they go missing, for whole groups of identical customers at once.

# %%
scores = study.imputation.scorecard["columns"]
study.scorecard()

# %%
unseen = scores["Income"]["unseen"]
study.agree(unseen["r2"], "impute", "columns", "Income", "unseen", "r2")

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
# ## Who will respond
#
# Logistic regression on the study's own folds: filled, scaled and calibrated inside them.

# %%
target, probabilities, figures = study.response_model("logistic")
study.agree(figures["roc_auc"]["mean"], "classify", "models", "logistic", "roc_auc", "mean")

# %%
models = study.report("classify")["models"]
pd.DataFrame({name: {key: one[key]["mean"] for key in one} for name, one in models.items()}).T

# %%
study.picture("models")

# %% [markdown]
# ## Whom to contact
#
# A contact costs, an accepted offer pays: contact where the probability is at least cost over revenue.

# %%
money = study.report("target")
earned = target * money["revenue"] - money["cost"]
study.agree(earned.sum(), "target", "profit", "everyone")

# %%
study.agree(earned[earned > 0].sum(), "target", "profit", "oracle")

# %%
chosen = probabilities[:, :, 1] >= money["cutoff"]
pd.Series({"logistic regression": (chosen @ earned).mean(), **money["profit"]}, name="profit")
