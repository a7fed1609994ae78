import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.sampling import sample_by_hash
from personae.imputation.completion import impute_table
from personae.imputation.settings import ImputationCriteria, Impute, RidgeImputer, XgboostImputer

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
SETTINGS = Impute(
    columns=["income", "weight"],
    predictors=["spend", "visits"],
    imputer=RidgeImputer(alpha=1.0),
    others=[],
    structural=["card"],
    rules=ImputationCriteria(unseen_customers=20),
    resamples=300,
)
XGBOOST = XgboostImputer(n_estimators=100, max_depth=3)
CONTRACT = {
    "method", "rmse", "mae", "r2", "baseline", "baseline_rmse", "baseline_mae", "difference_ci", "support",
    "verdict",
}  # fmt: skip


def treat(table, customer="customer", unit="household", **changes):
    return impute_table(table, SETTINGS.model_copy(update=changes), customer=customer, unit=unit)


@pytest.fixture(scope="module")
def table():
    """Income follows spend; only 12 customers have a weight, of their own; a gap in card means no card."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"customer": np.repeat([f"c{number:03}" for number in range(60)], 6)})
    table["household"] = np.arange(360) // 12
    table["spend"], table["visits"] = rng.normal(size=(2, 360))
    table["income"] = 10 * table["spend"] + rng.normal(size=360)
    table["weight"] = (60.0 + np.arange(360) // 6 + 0.2 * rng.normal(size=360)).round(3)
    table["card"] = np.where(rng.random(360) < 0.5, 1.0, np.nan)
    table.loc[rng.random(360) < 0.2, "income"] = np.nan
    table.loc[(np.arange(360) >= 72) | (rng.random(360) < 0.3), "weight"] = np.nan
    return table


@pytest.fixture(scope="module")
def completion(table):
    return treat(table)


def test_what_was_observed_is_kept(table, completion):
    for column in ("income", "weight", "card", "spend"):
        there = table[column].notna()
        pd.testing.assert_series_equal(completion.table.loc[there, column], table.loc[there, column])


def test_each_missing_cell_is_treated_by_its_own_case(table, completion):
    gaps, known = table["weight"].isna(), np.arange(360) < 72
    own = table.groupby("customer")["weight"].transform("mean")
    filled = completion.table["weight"]
    assert set(completion.flags["weight"][gaps & known]) == {"baseline"}
    pd.testing.assert_series_equal(filled[gaps & known], own[gaps & known])
    assert set(completion.flags["weight"][~known]) == {"refuse"}
    assert filled[~known].isna().all()
    assert set(completion.flags["income"]) == {"observed", "impute"}
    assert completion.table["income"].notna().all()


def test_what_stays_missing_has_a_flag_column(table, completion):
    assert completion.table["weight_missing"].tolist() == table["weight"].isna().tolist()
    assert completion.table["card_missing"].tolist() == table["card"].isna().tolist()
    assert "income_missing" not in completion.table
    assert completion.changed == ["income", "weight", "weight_missing", "card_missing"]


def test_a_structural_gap_is_never_filled(table, completion):
    assert completion.table["card"].isna().equals(table["card"].isna())
    assert set(completion.flags["card"]) == {"structural", "observed"}
    assert completion.scorecard["structural"]["card"]["missing"] == table["card"].isna().sum()


def test_a_new_row_is_treated_as_the_table_was(table, completion):
    new = pd.DataFrame(
        {"customer": ["new"], "spend": [1.0], "visits": [0.0], "income": [np.nan], "weight": [np.nan]}
    )
    filled = completion.imputer.transform(new)
    assert filled["income"].item() == pytest.approx(10, abs=1)
    assert np.isnan(filled["weight"].item())


def test_the_report_keeps_its_contract_and_says_how_many_cells_were_treated_how(table, completion):
    report = json.loads(json.dumps(to_json(completion.scorecard), allow_nan=False))
    assert set(report["columns"]) == {"income", "weight"}
    for figures in report["columns"].values():
        assert {"missing_share", "unseen", "known"} <= set(figures)
        assert set(figures["unseen"]) >= CONTRACT
        assert set(figures["known"]) >= CONTRACT
    for column, treated in report["treated"].items():
        assert sum(treated.values()) == len(table)
        assert treated["observed"] == table[column].notna().sum()


@pytest.mark.parametrize("imputer", [RidgeImputer(), XGBOOST], ids=["ridge", "xgboost"])
def test_the_same_seed_gives_the_same_result(table, imputer):
    first, second = (treat(table, imputer=imputer) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert to_json(first.scorecard) == to_json(second.scorecard)


def test_two_arguments_are_enough():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"customer": range(90), "unit": range(90), "spend": rng.normal(size=90)})
    table["income"] = (2 * table["spend"]).where(table.index % 9 > 0)
    imputation = impute_table(table, Impute(columns=["income"], predictors=["spend"]))
    assert imputation.scorecard["treated"]["income"] == {"impute": 10, "observed": 80}
    assert list(imputation.scorecard["columns"]["income"]["unseen"]["others"]) == ["mean", "median", "ridge"]


def test_a_table_without_gaps_comes_back_as_it_is(table):
    whole = table[["customer", "household", "spend", "visits"]]
    completion = treat(whole, columns=["spend"], structural=[])
    pd.testing.assert_frame_equal(completion.table, whole)
    assert to_json(completion.scorecard)["columns"] == {}
    assert treat(whole, columns=[], structural=[]).changed == []


@pytest.mark.parametrize(
    ("change", "given", "message"),
    [
        ({"income": np.nan}, {}, "column income holds no value in 360 rows"),
        ({}, {"columns": ["wage"]}, "no column 'wage' in the table"),
        ({}, {"predictors": ["wage"]}, "no column 'wage' in the table"),
        ({"spend": "much"}, {}, "column spend holds 'much'; expected numbers"),
        ({}, {"columns": ["card"]}, "card is both filled and structural"),
        ({}, {"structural": ["loyalty"]}, "no structural column 'loyalty'"),
        ({"customer": None}, {}, "column customer has an empty cell"),
        ({}, {"customer": "user"}, "no column 'user' in the table"),
        ({"household": range(360)}, {}, "customer c000 belongs to several household"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_one_line(table, change, given, message):
    with pytest.raises(PersonaeError, match=message) as caught:
        treat(table.assign(**change), **given)
    assert "\n" not in str(caught.value)


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "campaign").exists(), reason="no original campaign file")
def test_the_24_incomes_missing_from_the_original_campaign_are_imputed():
    table = pd.read_csv(ORIGINALS / "campaign/marketing_campaign.csv", sep="\t")
    numeric = table.select_dtypes("number").columns
    twins = table.groupby([name for name in table if name not in ("ID", "Response")], dropna=False).ngroup()
    completion = treat(
        table.assign(unit=twins),
        columns=["Income"],
        predictors=[name for name in numeric if name not in ("ID", "Income", "Response")],
        imputer=XGBOOST,
        customer="ID",
        unit="unit",
        structural=[],
    )
    assert completion.scorecard["treated"]["Income"] == {"impute": 24, "observed": 2216}
    assert completion.scorecard["columns"]["Income"]["unseen"]["rmse"] < 0.8 * 25_000


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "fitbit").exists(), reason="no original fitbit files")
def test_on_the_original_fitbit_days_no_method_is_trusted_where_the_data_does_not_carry_it():
    completion = treat(
        fitbit_days(),
        columns=["TotalMinutesAsleep", "WeightKg", "BMI"],
        predictors=[
            "TotalSteps", "VeryActiveMinutes", "FairlyActiveMinutes", "LightlyActiveMinutes",
            "SedentaryMinutes", "Calories",
        ],
        imputer=XGBOOST,
        customer="Id",
        unit=None,
        structural=[],
        leaky={"TotalMinutesAsleep": ["SedentaryMinutes"]},
    )  # fmt: skip
    unseen = {name: score["unseen"] for name, score in completion.scorecard["columns"].items()}
    assert unseen["WeightKg"]["verdict"] in ("refuse", "baseline")
    assert unseen["BMI"]["verdict"] in ("refuse", "baseline")
    sleep = unseen["TotalMinutesAsleep"]
    assert sleep["verdict"] == "baseline"
    assert sleep["r2"] < 0
    assert sleep["leaky"]["r2"] > 0.3
    assert sleep["leaky"]["filled"]["mean"] < 200
    assert sleep["filled"]["mean"] == pytest.approx(sleep["observed"]["mean"], abs=40)


def fitbit_days():
    folder = ORIGINALS / "fitbit/Fitabase_Data_4.12.16-5.12.16"
    days, sleep, weight = (
        pd.read_csv(folder / f"{name}_merged.csv") for name in ("dailyActivity", "sleepDay", "weightLogInfo")
    )
    days["day"] = pd.to_datetime(days["ActivityDate"], format="%m/%d/%Y")
    sleep["day"] = pd.to_datetime(sleep["SleepDay"], format="%m/%d/%Y %I:%M:%S %p")
    weight["day"] = pd.to_datetime(weight["Date"], format="%m/%d/%Y %I:%M:%S %p").dt.normalize()
    for other, names in ((sleep, ["TotalMinutesAsleep"]), (weight, ["WeightKg", "BMI"])):
        days = days.merge(other.drop_duplicates(["Id", "day"])[["Id", "day", *names]], how="left")
    return days[days["TotalSteps"] > 0].sort_values(["Id", "day"])


def test_of_many_rows_a_sample_of_households_is_learned_from_and_every_gap_is_treated(table, completion):
    sampled = treat(table, fit_rows=240)
    drawn = sample_by_hash(table["household"], 240)
    assert 120 < len(drawn) < 360
    assert sampled.scorecard["sampled"] == {"fit": len(drawn), "of": 360}
    assert "sampled" not in completion.scorecard
    assert set(table["household"].iloc[drawn]).isdisjoint(table["household"].drop(index=drawn))
    income = sampled.scorecard["columns"]["income"]
    assert income["missing"] == completion.scorecard["columns"]["income"]["missing"]
    assert income["unseen"]["cells"] == table["income"].iloc[drawn].notna().sum()
    assert sampled.table["income"].notna().all()
    assert sampled.imputer.models_["income"].unseen_[-1].n_features_in_ == 2


def test_a_customer_outside_the_sample_keeps_the_own_mean(table):
    whole, sampled = treat(table), treat(table, fit_rows=200)
    outside = np.setdiff1d(np.arange(360), sample_by_hash(table["household"], 200))
    rows = outside[table["weight"].iloc[outside].isna() & (outside < 72)]
    assert len(rows)
    names = table["customer"].iloc[rows].to_numpy()
    own = [fitted.imputer.models_["weight"].baseline(names, len(rows)) for fitted in (sampled, whole)]
    assert (own[0] == own[1]).all()


def test_a_column_that_no_sampled_row_has_is_scored_on_all_rows(table):
    drawn = sample_by_hash(table["household"], 240)
    rare = table.assign(weight=table["weight"].where(~np.isin(np.arange(360), drawn)))
    score = treat(rare, fit_rows=240).scorecard["columns"]["weight"]
    assert score["unseen"]["cells"] == rare["weight"].notna().sum()
