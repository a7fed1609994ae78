import dataclasses

import numpy as np
import pandas as pd
import pytest

from personae.imputation.imputer import TableImputer
from personae.imputation.scorecard import Rules, codes, score_column
from personae.imputation.scoring import Design

RULES = Rules(
    unseen_customers=20, known_customers=5, impute_support=0.8, baseline_support=0.5, largest_shift=1.0
)


def days(users=40, per_user=12, seed=0):
    """User-days: sleep follows rest within and between users; a quarter of users never has any."""
    rng = np.random.default_rng(seed)
    rows = users * per_user
    table = pd.DataFrame({"user": np.repeat(np.arange(users), per_user)})
    table["rest"] = rng.normal(size=users)[table["user"]] + rng.normal(size=rows)
    table["steps"] = rng.normal(size=rows)
    table["asleep"] = 400 + 50 * table["rest"] + 20 * rng.normal(size=rows)
    table.loc[(table["user"] % 4 == 0) | (rng.random(rows) < 0.2), "asleep"] = np.nan
    return table


def score(table, *, method="ridge", leaky=None, rules=RULES, predictors=("rest", "steps"), others=()):
    def imputer(name):
        return TableImputer(
            name, columns=["asleep"], predictors=list(predictors), customer="user", leaky=leaky
        )

    return score_column(
        table,
        "asleep",
        imputer(method),
        codes(table, "user"),
        others={name: imputer(name) for name in others},
        rules=rules,
        design=Design(folds=5, repeats=1, resamples=500, seed=0),
    )


def test_what_can_be_predicted_is_imputed_for_new_and_for_known_customers():
    column = score(days())
    assert column.plan == {"unseen": "impute", "known": "impute"}
    assert column.unseen.r2 > 0.8


def test_noise_is_not_imputed():
    table = days()
    observed = table["asleep"].notna()
    table.loc[observed, "asleep"] = np.random.default_rng(1).normal(size=observed.sum())
    assert score(table).plan == {"unseen": "baseline", "known": "baseline"}
    assert score(table, method="xgboost").plan == {"unseen": "baseline", "known": "baseline"}


def test_what_only_tells_users_apart_is_no_help_for_a_known_one():
    table = days()
    level = table.groupby("user")["rest"].transform("mean")
    noise = np.random.default_rng(1).normal(size=len(table))
    table["asleep"] = (400 + 50 * level + 20 * noise).where(table["asleep"].notna())
    column = score(table.assign(rest=level))
    assert column.plan == {"unseen": "impute", "known": "baseline"}


def test_too_few_customers_with_a_value_refuse_even_the_mean():
    column = score(days(users=20))
    assert column.unseen.verdict == "refuse"
    assert column.unseen.reason == "customers that can be checked: 15; needed: 20"
    assert column.known.verdict == "impute"


def test_missing_rows_unlike_all_observed_ones_are_refused():
    table = days()
    table.loc[table["asleep"].isna(), "steps"] += 20
    column = score(table)
    assert column.unseen.support == 0
    assert column.plan == {"unseen": "refuse", "known": "refuse"}


def leaking_days():
    """`awake` leaves sleep out where sleep was recorded, as an activity tracker's minutes do."""
    table = days()
    noise = np.random.default_rng(2).normal(size=(2, len(table)))
    table["asleep"] = np.where(table["asleep"].notna(), 420 + 60 * noise[0], np.nan)
    table["awake"] = (1440 - table["asleep"]).fillna(1290) + 30 * noise[1]
    return table.drop(columns="rest")


def test_a_declared_leak_stands_beside_the_leak_free_figures_and_does_not_decide():
    column = score(leaking_days(), predictors=["steps", "awake"], leaky={"asleep": ["awake"]})
    assert column.leaky_columns == ["awake"]
    assert column.unseen.predictors == ["steps"]
    assert column.unseen.leaky.r2 > 0.6
    assert column.unseen.r2 < 0.1
    assert column.unseen.leaky.filled.mean < 300
    assert column.unseen.filled.mean == pytest.approx(420, abs=20)
    assert column.plan == {"unseen": "baseline", "known": "baseline"}


def test_a_leak_that_nobody_declared_is_not_used_either():
    column = score(leaking_days(), predictors=["steps", "awake"])
    assert column.unseen.difference_ci[1] < 0
    assert column.unseen.verdict != "impute"


def test_a_shift_of_the_filled_values_keeps_a_good_method_from_being_used():
    table = days()
    lenient = dataclasses.replace(RULES, impute_support=0.0, baseline_support=0.0)
    table.loc[table["asleep"].isna(), "rest"] += 2.5
    column = score(table, rules=lenient)
    assert column.unseen.verdict == "baseline"
    assert "baseline errors from what is observed" in column.unseen.reason


def test_other_methods_stand_beside_the_chosen_one_on_the_same_cells():
    column = score(days(), others=["median", "group_mean"])
    assert column.unseen.others["median"].rmse > column.unseen.rmse
    assert column.known.others["group_mean"].rmse == pytest.approx(column.known.baseline_rmse)


def test_rows_that_are_a_customer_each_have_no_known_case():
    table = days().assign(user=lambda rows: np.arange(len(rows)))
    assert score(table).known is None
