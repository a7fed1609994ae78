import numpy as np
import pytest

from personae.core.errors import PersonaeError
from personae.imputation.methods import METHODS, ColumnModel, make_regressor

OPTIONS = {"xgboost": {"n_estimators": 20}}


def planted(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    predictors = rng.normal(size=(rows, 3))
    return predictors, predictors @ [1.0, 2.0, 0.0] + 0.1 * rng.normal(size=rows)


@pytest.mark.parametrize("method", ["knn", "ridge", "xgboost"])
def test_a_method_with_predictors_beats_the_mean_on_new_rows(method):
    (predictors, values), (new, truth) = planted(), planted(seed=1)
    model = ColumnModel(method).fit(predictors, values)
    assert np.mean((model.predict(new) - truth) ** 2) < 0.2 * truth.var()


@pytest.mark.parametrize("method", METHODS)
def test_a_row_of_nothing_but_gaps_gets_the_centre_of_the_column(method):
    predictors, values = planted()
    model = ColumnModel(method, OPTIONS.get(method)).fit(predictors, values)
    expected = np.median(values) if method == "median" else values.mean()
    assert model.predict(np.full((1, 3), np.nan)) == pytest.approx(expected)


@pytest.mark.parametrize("method", METHODS)
def test_predictors_with_gaps_are_taken(method):
    predictors, values = planted()
    predictors[::7, 0] = np.nan
    model = ColumnModel(method, OPTIONS.get(method)).fit(predictors, values)
    assert np.isfinite(model.predict(predictors)).all()


@pytest.mark.parametrize("method", METHODS)
def test_predictions_stay_within_what_was_observed(method):
    predictors, values = planted()
    model = ColumnModel(method, OPTIONS.get(method)).fit(predictors, values)
    filled = model.predict(predictors * 100)
    assert filled.min() >= values.min()
    assert filled.max() <= values.max()


def test_a_known_customer_gets_their_own_mean_and_a_new_one_that_of_all():
    values, customers = np.array([1.0, 3.0, 10.0, np.nan]), np.array(["ann", "ann", "bob", "ann"])
    model = ColumnModel("group_mean").fit(np.zeros((4, 1)), values, customers)
    filled = model.predict(np.zeros((3, 1)), np.array(["ann", "bob", "eve"]))
    assert filled.tolist() == pytest.approx([2.0, 10.0, 14 / 3])


def test_for_known_customers_deviations_are_predicted_whatever_their_level():
    rng = np.random.default_rng(0)
    customers = np.repeat(np.arange(30), 10)
    level = rng.normal(scale=100, size=30)[customers]
    predictors = rng.normal(size=(300, 1))
    values = level + predictors[:, 0]
    hidden = rng.random(300) < 0.3
    model = ColumnModel("ridge", {"alpha": 1e-3}).fit(predictors, np.where(hidden, np.nan, values), customers)
    filled = model.predict(predictors[hidden], customers[hidden])
    assert np.median(np.abs(filled - values[hidden])) < 0.01


def test_fewer_rows_than_neighbours_are_enough():
    model = ColumnModel("knn", {"n_neighbors": 10}).fit(np.arange(3.0)[:, None], np.arange(3.0))
    assert model.predict(np.array([[1.0]])) == pytest.approx(1.0)


def test_an_unknown_method_is_named_with_those_there_are():
    with pytest.raises(PersonaeError, match=r"unknown method 'forest'; choose one of mean, median"):
        make_regressor("forest")


def test_a_predictor_that_only_rows_to_fill_lack_does_not_mislead():
    (predictors, values), (new, truth) = planted(), planted(seed=1)
    lacking = np.where([False, True, False], np.nan, new)
    both = np.vstack([predictors, lacking]), np.r_[values, np.full(len(new), np.nan)]
    filled = ColumnModel("xgboost", {"n_estimators": 50}).fit(*both).predict(lacking)
    explained = truth - 2 * new[:, 1]
    assert filled.mean() == pytest.approx(truth.mean(), abs=0.3)
    assert np.corrcoef(filled, explained)[0, 1] > 0.7
