import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from personae.imputation.imputer import TableImputer
from personae.imputation.masking import Cells
from personae.imputation.scorecard import codes
from personae.imputation.scoring import Design, measures, score_case


def customers(rows=300, size=1, noise=0.5, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"spend": rng.normal(size=rows), "customer": np.arange(rows) // size})
    table["income"] = table["spend"] + noise * rng.normal(size=rows)
    return table


def score(table, *, case="unseen", method="ridge", options=None, folds=5):
    imputer = TableImputer(
        method, options=options, columns=["income"], predictors=["spend"], customer="customer"
    )
    owners = codes(table, "customer")
    cells = Cells("income", table["income"].to_numpy(), owners, owners)
    return score_case(table, cells, case, imputer, Design(folds, 1, 2000, 0))


def test_figures_are_those_of_scikit_learn_on_left_out_customers():
    table = customers(rows=60, size=3)
    result = score(table, options={"alpha": 1.0}, folds=20)
    truth = table["income"]
    guess = cross_val_predict(
        make_pipeline(StandardScaler(), Ridge(1.0)),
        table[["spend"]],
        truth,
        groups=table["customer"],
        cv=LeaveOneGroupOut(),
    )
    assert result.rmse == pytest.approx(root_mean_squared_error(truth, guess))
    assert result.mae == pytest.approx(mean_absolute_error(truth, guess))
    assert result.r2 == pytest.approx(r2_score(truth, guess))
    means = [truth[table["customer"] != owner].mean() for owner in table["customer"]]
    assert result.baseline_rmse == pytest.approx(root_mean_squared_error(truth, means))
    assert (result.cells, result.groups, result.missing) == (60, 20, 0)


def test_intervals_are_those_of_an_independent_bootstrap():
    table = customers()
    result = score(table, method="mean")
    errors = (table["income"] - table["income"].mean()).to_numpy()
    expected = bootstrap(
        (errors,), lambda e, axis: np.sqrt((e**2).mean(axis=axis)), method="percentile", rng=0
    ).confidence_interval
    assert result.rmse_ci == pytest.approx((expected.low, expected.high), rel=0.02)


def test_intervals_widen_when_rows_of_a_customer_err_together():
    rng = np.random.default_rng(0)
    table = customers(rows=300, size=15)
    table["income"] = rng.normal(size=20)[table["customer"]] + 0.1 * rng.normal(size=300)
    alone = table.assign(customer=np.arange(300))
    width = {name: np.ptp(score(each, method="mean").rmse_ci) for name, each in [("15", table), ("1", alone)]}
    assert width["15"] > 2 * width["1"]


def test_a_known_customer_is_held_against_their_own_mean():
    table = customers(rows=200, size=10)
    table["income"] += 100 * table["customer"]
    result = score(table, case="known")
    assert result.baseline == "own_mean"
    assert result.baseline_rmse == pytest.approx(table.groupby("customer")["income"].std().mean(), rel=0.15)
    assert result.difference_ci[1] < 0


def test_filled_in_values_stand_beside_the_observed_ones():
    table = customers()
    table.loc[:49, "income"] = np.nan
    table.loc[:49, "spend"] += 1.0
    result = score(table)
    assert result.missing == 50
    assert result.filled.mean - result.observed.mean == pytest.approx(1.0, abs=0.25)
    assert result.shift == pytest.approx(1.0 / result.baseline_rmse, abs=0.25)


def test_one_customer_cannot_be_checked_and_gives_no_figures():
    result = score(customers(rows=5, size=5))
    assert np.isnan([result.rmse, result.r2, *result.difference_ci]).all()


def test_a_column_of_one_value_has_no_r2():
    result = score(customers().assign(income=3.0), method="mean")
    assert result.rmse == pytest.approx(0, abs=1e-9)
    assert np.isnan(result.r2)


def test_with_few_customers_an_interval_covers_what_it_claims():
    rng = np.random.default_rng(0)
    groups, design = np.arange(6), Design(folds=2, repeats=1, resamples=1000, seed=0)
    covered = []
    for _ in range(400):
        errors = rng.normal(size=(2, 1, 6))
        low, high = measures(errors, rng.normal(size=6), groups, design)["mae_ci"]
        covered.append(low <= np.sqrt(2 / np.pi) <= high)
    assert np.mean(covered) > 0.88
