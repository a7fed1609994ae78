import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from personae.imputation.completion import impute_table
from personae.imputation.imputer import TableImputer
from personae.imputation.masking import Cells
from personae.imputation.scorecard import codes, measures, plan, score_cells, score_column
from personae.imputation.settings import (
    ConstantImputer,
    ImputationCriteria,
    Impute,
    KnnImputer,
    RidgeImputer,
    XgboostImputer,
)

CRITERIA = ImputationCriteria(unseen_customers=20)


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


def score(table, **changes):
    settings = Impute(
        predictors=["rest", "steps"],
        imputer=RidgeImputer(alpha=1.0),
        others=[],
        rules=CRITERIA,
        resamples=500,
    ).model_copy(update=changes)
    return score_column(table, "asleep", settings, customer="user", groups=codes(table, "user"), seed=0)


def test_what_can_be_predicted_is_imputed_for_new_and_for_known_customers():
    column = score(days())
    assert plan(column) == {"unseen": "impute", "known": "impute"}
    assert column["unseen"]["r2"] > 0.8


def test_noise_is_not_imputed():
    table = days()
    observed = table["asleep"].notna()
    table.loc[observed, "asleep"] = np.random.default_rng(1).normal(size=observed.sum())
    assert plan(score(table)) == {"unseen": "baseline", "known": "baseline"}
    assert plan(score(table, imputer=XgboostImputer(n_estimators=50))) == {
        "unseen": "baseline",
        "known": "baseline",
    }


def test_what_only_tells_users_apart_is_no_help_for_a_known_one():
    table = days()
    level = table.groupby("user")["rest"].transform("mean")
    noise = np.random.default_rng(1).normal(size=len(table))
    table["asleep"] = (400 + 50 * level + 20 * noise).where(table["asleep"].notna())
    column = score(table.assign(rest=level))
    assert plan(column) == {"unseen": "impute", "known": "baseline"}


def test_too_few_customers_with_a_value_refuse_even_the_mean():
    column = score(days(users=20))
    assert column["unseen"]["verdict"] == "refuse"
    assert column["unseen"]["reason"] == "customers that can be checked: 15; needed: 20"
    assert column["known"]["verdict"] == "impute"


def test_missing_rows_unlike_all_observed_ones_are_refused():
    table = days()
    table.loc[table["asleep"].isna(), "steps"] += 20
    column = score(table)
    assert column["unseen"]["support"] == 0
    assert plan(column) == {"unseen": "refuse", "known": "refuse"}


def leaking_days():
    """`awake` leaves sleep out where sleep was recorded, as an activity tracker's minutes do."""
    table = days()
    noise = np.random.default_rng(2).normal(size=(2, len(table)))
    table["asleep"] = np.where(table["asleep"].notna(), 420 + 60 * noise[0], np.nan)
    table["awake"] = (1440 - table["asleep"]).fillna(1290) + 30 * noise[1]
    return table.drop(columns="rest")


def test_a_declared_leak_stands_beside_the_leak_free_figures_and_does_not_decide():
    column = score(leaking_days(), predictors=["steps", "awake"], leaky={"asleep": ["awake"]})
    assert column["leaky_columns"] == ["awake"]
    assert column["unseen"]["predictors"] == ["steps"]
    assert column["unseen"]["leaky"]["r2"] > 0.6
    assert column["unseen"]["r2"] < 0.1
    assert column["unseen"]["leaky"]["filled"]["mean"] < 300
    assert column["unseen"]["filled"]["mean"] == pytest.approx(420, abs=20)
    assert plan(column) == {"unseen": "baseline", "known": "baseline"}


def test_a_leak_that_nobody_declared_is_not_used_either():
    column = score(leaking_days(), predictors=["steps", "awake"])
    assert column["unseen"]["difference_ci"][1] < 0
    assert column["unseen"]["verdict"] != "impute"


def test_a_shift_of_the_filled_values_keeps_a_good_method_from_being_used():
    table = days()
    lenient = CRITERIA.model_copy(update={"impute_support": 0.0, "baseline_support": 0.0})
    table.loc[table["asleep"].isna(), "rest"] += 2.5
    column = score(table, rules=lenient)
    assert column["unseen"]["verdict"] == "refuse"
    assert "baseline errors from what is observed" in column["unseen"]["reason"]


@pytest.mark.parametrize("slope", [2.0, 4.0])
def test_where_the_mean_is_known_to_be_worse_it_is_never_filled_in(slope):
    """Missing where the best predictor is high: the mean of the others is far off there."""
    rng = np.random.default_rng([0, 6])
    table = pd.DataFrame(rng.normal(size=(400, 8))).add_prefix("x")
    income = table.x0 + 0.7 * table.x1 + 0.7 * rng.normal(size=400)
    missing = rng.random(400) < 1 / (1 + np.exp(-slope * (table.x0 - 1.1)))
    settings = Impute(
        columns=["income"], predictors=list(table), imputer=RidgeImputer(), others=[], resamples=200
    )
    done = impute_table(table.assign(income=income.mask(missing)), settings, customer=None, unit=None)
    unseen = done.scorecard["columns"]["income"]["unseen"]
    assert unseen["difference_ci"][1] < 0
    assert unseen["verdict"] == ("refuse" if unseen["support"] < 0.8 else "impute")
    if unseen["verdict"] == "refuse":
        assert unseen["reason"].startswith("better than the baseline where it can be checked, but")


def test_other_methods_stand_beside_the_chosen_one_on_the_same_cells():
    column = score(days(), others=[ConstantImputer(), ConstantImputer(method="group_mean")])
    assert column["unseen"]["others"]["median"]["rmse"] > column["unseen"]["rmse"]
    assert column["known"]["others"]["group_mean"]["rmse"] == pytest.approx(column["known"]["baseline_rmse"])


def test_rows_that_are_a_customer_each_have_no_known_case():
    table = days().assign(user=lambda rows: np.arange(len(rows)))
    assert score(table)["known"] is None


def customers(rows=300, size=1, noise=0.5, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"spend": rng.normal(size=rows), "customer": np.arange(rows) // size})
    table["income"] = table["spend"] + noise * rng.normal(size=rows)
    return table


def figures(table, *, kind="unseen", method="ridge", options=None, folds=5):
    imputer = TableImputer(
        method, options=options, columns=["income"], predictors=["spend"], customer="customer"
    )
    owners = codes(table, "customer")
    cells = Cells("income", table["income"].to_numpy(), owners, owners)
    return score_cells(table, cells, kind, imputer, Impute(folds=folds, resamples=2000), seed=0)


def test_figures_are_those_of_scikit_learn_on_left_out_customers():
    table = customers(rows=60, size=3)
    result = figures(table, options={"alpha": 1.0}, folds=20)
    truth = table["income"]
    guess = cross_val_predict(
        make_pipeline(StandardScaler(), Ridge(1.0)),
        table[["spend"]],
        truth,
        groups=table["customer"],
        cv=LeaveOneGroupOut(),
    )
    assert result["rmse"] == pytest.approx(root_mean_squared_error(truth, guess))
    assert result["mae"] == pytest.approx(mean_absolute_error(truth, guess))
    assert result["r2"] == pytest.approx(r2_score(truth, guess))
    means = [truth[table["customer"] != owner].mean() for owner in table["customer"]]
    assert result["baseline_rmse"] == pytest.approx(root_mean_squared_error(truth, means))
    assert (result["cells"], result["groups"], result["missing"]) == (60, 20, 0)


def test_intervals_are_those_of_an_independent_bootstrap():
    table = customers()
    result = figures(table, method="mean")
    errors = (table["income"] - table["income"].mean()).to_numpy()
    expected = bootstrap(
        (errors,), lambda e, axis: np.sqrt((e**2).mean(axis=axis)), method="percentile", rng=0
    ).confidence_interval
    assert result["rmse_ci"] == pytest.approx((expected.low, expected.high), rel=0.02)


def test_intervals_widen_when_rows_of_a_customer_err_together():
    rng = np.random.default_rng(0)
    table = customers(rows=300, size=15)
    table["income"] = rng.normal(size=20)[table["customer"]] + 0.1 * rng.normal(size=300)
    alone = table.assign(customer=np.arange(300))
    width = {
        name: np.ptp(figures(each, method="mean")["rmse_ci"]) for name, each in [("15", table), ("1", alone)]
    }
    assert width["15"] > 2 * width["1"]


def test_a_known_customer_is_held_against_their_own_mean():
    table = customers(rows=200, size=10)
    table["income"] += 100 * table["customer"]
    result = figures(table, kind="known")
    assert result["baseline"] == "own_mean"
    assert result["baseline_rmse"] == pytest.approx(
        table.groupby("customer")["income"].std().mean(), rel=0.15
    )
    assert result["difference_ci"][1] < 0


def test_filled_in_values_stand_beside_the_observed_ones():
    table = customers()
    table.loc[:49, "income"] = np.nan
    table.loc[:49, "spend"] += 1.0
    result = figures(table)
    assert result["missing"] == 50
    assert result["filled"]["mean"] - result["observed"]["mean"] == pytest.approx(1.0, abs=0.25)
    assert result["shift"] == pytest.approx(1.0 / result["baseline_rmse"], abs=0.25)


def test_one_customer_cannot_be_checked_and_gives_no_figures():
    result = figures(customers(rows=5, size=5))
    assert np.isnan([result["rmse"], result["r2"], *result["difference_ci"]]).all()


def test_a_column_of_one_value_has_no_r2():
    result = figures(customers().assign(income=3.0), method="mean")
    assert result["rmse"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(result["r2"])


# benchmarks/imputation.py has the rate over more tables.
def test_with_few_customers_an_interval_covers_what_it_claims():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(100):
        errors = rng.normal(size=(2, 1, 6))
        low, high = measures(errors, rng.normal(size=6), np.arange(6), 500, seed=0)["mae_ci"]
        covered.append(low <= np.sqrt(2 / np.pi) <= high)
    assert np.mean(covered) > 0.86


def test_a_mean_that_is_off_where_cells_are_missing_is_no_baseline():
    """Too weak to beat the mean where values are seen, strong enough to bias it where they are not."""
    rng = np.random.default_rng([3, 6])
    table = pd.DataFrame(rng.normal(size=(400, 6))).add_prefix("x")
    value = np.sqrt(0.1) * table.x0 + np.sqrt(0.9) * rng.normal(size=400)
    missing = rng.random(400) < 1 / (1 + np.exp(-2 * (table.x0 - 0.8)))
    settings = Impute(columns=["v"], predictors=list(table), imputer=KnnImputer(), others=[], resamples=200)
    done = impute_table(table.assign(v=value.mask(missing)), settings, customer=None, unit=None)
    unseen = done.scorecard["columns"]["v"]["unseen"]
    assert unseen["like_missing"]["bias_ci"][1] < 0
    assert unseen["verdict"] == "refuse"
    assert "which is off by -0." in unseen["reason"]
