import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from personae.core.errors import PersonaeError
from personae.imputation.imputer import TRUSTED_TYPES, TableImputer
from personae.imputation.methods import METHODS

OPTIONS = {"xgboost": {"n_estimators": 20}}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(200, 3)), columns=["age", "spend", "visits"])
    table["income"] = 2 * table["spend"] + table["age"] + 0.1 * rng.normal(size=200)
    table["customer"] = np.arange(200) // 4
    table.loc[rng.random(200) < 0.1, "age"] = np.nan
    table.loc[rng.random(200) < 0.2, "income"] = np.nan
    table.loc[table["customer"] < 5, "income"] = np.nan
    return table


def imputer(method, **given):
    return TableImputer(method, **{"options": OPTIONS.get(method), "columns": ["income"], **given})


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_fills_the_gaps_and_nothing_else(self, table, method):
        filled = imputer(method, customer="customer").fit_transform(table)
        there = table["income"].notna()
        assert filled["income"].notna().all()
        pd.testing.assert_frame_equal(filled[there], table[there])
        pd.testing.assert_frame_equal(filled.drop(columns="income"), table.drop(columns="income"))

    def test_fills_a_single_new_row_of_which_nothing_is_known(self, table, method):
        new = pd.DataFrame({"age": np.nan, "spend": np.nan, "visits": np.nan, "income": np.nan}, index=["x"])
        filled = imputer(method, columns=None).fit(table.drop(columns="customer")).transform(new)
        assert filled.notna().all(axis=None)

    def test_is_the_same_after_a_journey_through_skops(self, table, method):
        fitted = imputer(method, customer="customer").fit(table)
        travelled = skops.io.loads(skops.io.dumps(fitted), trusted=list(TRUSTED_TYPES))
        pd.testing.assert_frame_equal(travelled.transform(table), fitted.transform(table))

    def test_learns_from_the_rows_it_was_fitted_on_alone(self, table, method):
        fitted = imputer(method, customer="customer").fit(table[:150])
        alone = fitted.transform(table[150:151])
        among = fitted.transform(
            table[150:].assign(spend=lambda rows: rows["spend"].where(rows.index == 150, 9))
        )
        pd.testing.assert_frame_equal(alone, among[:1])

    def test_twice_the_same(self, table, method):
        first, second = (imputer(method, customer="customer").fit_transform(table) for _ in range(2))
        pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_mean_and_median_are_those_of_scikit_learn(table, strategy):
    expected = SimpleImputer(strategy=strategy).fit_transform(table)
    filled = imputer(strategy, columns=None).fit_transform(table)
    np.testing.assert_allclose(filled.to_numpy(), expected)


def test_works_as_a_step_inside_cross_validation(table):
    answer = table["spend"]
    pipeline = make_pipeline(imputer("ridge", columns=None), LinearRegression())
    assert cross_val_score(pipeline, table.drop(columns="spend"), answer, error_score="raise").mean() > 0.5


def test_a_column_without_a_gap_in_training_gets_its_median_in_a_new_row(table):
    fitted = imputer("xgboost", columns=None).fit(table)
    new = table[:1].assign(visits=np.nan)
    assert fitted.transform(new)["visits"].item() == pytest.approx(table["visits"].median())


def test_a_predictor_that_is_missing_with_the_column_is_not_used():
    table = pd.DataFrame({"asleep": [400.0, 300.0, np.nan, np.nan], "in_bed": [420.0, 310.0, np.nan, np.nan]})
    table["steps"] = [1.0, 2.0, 3.0, 4.0]
    assert imputer("ridge", columns=["asleep"]).fit(table).predictors_ == {"asleep": ["steps"]}


def test_leaking_predictors_are_left_out_of_their_column_only(table):
    table.loc[:3, "age"] = np.nan
    fitted = TableImputer("ridge", columns=["income", "age"], leaky={"income": ["spend"]}).fit(table)
    assert "spend" not in fitted.predictors_["income"]
    assert "spend" in fitted.predictors_["age"]


def test_every_cell_is_treated_by_the_verdict_of_its_own_case(table):
    plan = {"income": {"unseen": "refuse", "known": "baseline"}}
    fitted = imputer("ridge", customer="customer", plan=plan).fit(table)
    filled, gaps = fitted.transform(table), table["income"].isna()
    unseen = table["customer"] < 5
    own = table.groupby("customer")["income"].transform("mean")
    assert filled.loc[unseen, "income"].isna().all()
    pd.testing.assert_series_equal(
        filled.loc[gaps & ~unseen, "income"], own[gaps & ~unseen], check_names=False
    )
    treatment = fitted.verdicts(table)["income"]
    assert set(treatment[unseen]) == {"refuse"}
    assert set(treatment[~unseen]) == {"observed", "baseline"}


def test_a_new_row_takes_nothing_from_a_training_row_that_has_its_number_only():
    training = pd.DataFrame({"customer": [1, 2, 3], "income": [10.0, 90.0, 20.0]})
    new = pd.DataFrame({"customer": [2], "income": [np.nan]})
    plan = {"income": {"unseen": "baseline", "known": "baseline"}}
    fitted = TableImputer("mean", columns=["income"], customer="customer", plan=plan).fit(training)
    assert fitted.transform(new)["income"].tolist() == [40.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"income": np.nan}, "column income holds no value in 200 rows"),
        ({"spend": "much"}, "column spend holds 'much'; expected numbers"),
        ({"spend": np.inf}, "column spend holds an infinite value"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(table, change, message):
    with pytest.raises(PersonaeError, match=message):
        imputer("ridge", predictors=["spend"]).fit(table.assign(**change))


def test_a_column_that_is_not_there_is_named(table):
    with pytest.raises(PersonaeError, match="no column 'wage' in the table; it has age, spend"):
        imputer("mean", columns=["wage"]).fit(table)
    with pytest.raises(PersonaeError, match="no customer column 'user'"):
        imputer("mean", customer="user").fit(table)
