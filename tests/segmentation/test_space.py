import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.preprocessing import RobustScaler

from personae.core.errors import PersonaeError
from personae.segmentation.settings import ReferenceSpace
from personae.segmentation.space import Space, WorkingSpace


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "spend": rng.lognormal(3, 1, size=80),
            "age": rng.integers(20, 80, size=80),
            "town": rng.choice(["north", "south"], size=80),
        }
    )


def test_numbers_are_standardised_after_the_logarithm_where_one_is_declared(table):
    points = Space("s", ["spend", "age"], log1p=["spend"]).fit(table).transform(table)
    expected = np.column_stack([np.log1p(table["spend"]), table["age"]])
    assert np.allclose(points, (expected - expected.mean(axis=0)) / expected.std(axis=0))


def test_two_categories_lie_at_distance_one(table):
    space = Space("s", ["age"], categorical=["town"]).fit(table)
    points = space.transform(table.assign(age=40))
    north, south = points[table["town"] == "north"][0], points[table["town"] == "south"][0]
    assert np.linalg.norm(north - south) == pytest.approx(1.0)
    assert space.names == ["age", "town=north", "town=south"]


@pytest.mark.parametrize("scaler", ["standard", "robust", "quantile"])
def test_points_go_back_to_raw_units_and_forth(table, scaler):
    space = Space("s", ["spend", "age"], log1p=["spend"], categorical=["town"], scaler=scaler).fit(table)
    points = space.transform(table)
    raw = space.to_raw(points)
    assert np.allclose(raw[["spend", "age"]], table[["spend", "age"]])
    assert np.allclose(space.from_raw(raw.to_dict("records")), points)


def test_a_level_never_seen_has_no_indicator(table):
    space = Space("s", [], categorical=["town"]).fit(table)
    assert space.transform(pd.DataFrame({"town": ["west"]})).tolist() == [[0.0, 0.0]]


def test_a_missing_category_is_a_level_of_its_own(table):
    space = Space("s", [], categorical=["town"]).fit(table.assign(town=[None, *table["town"][1:]]))
    assert "town=(missing)" in space.names
    flags = Space("s", [], categorical=["flag"]).fit(pd.DataFrame({"flag": [1.0, 0.0, None]}))
    assert flags.names == ["flag=(missing)", "flag=0", "flag=1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="spend"), "needs column 'spend'"),
        (
            lambda table: table.assign(spend=[None, *table["spend"][1:]]),
            "column spend has 1 missing.*gaps: fill",
        ),
        (lambda table: table.assign(spend=-2.0), "column spend holds -2"),
        (lambda table: table.assign(spend="much"), "not numeric"),
    ],
)
def test_a_bad_table_is_named_with_its_column(table, change, message):
    with pytest.raises(PersonaeError, match=message):
        Space("s", ["spend"], log1p=["spend"], categorical=["town"]).fit(change(table))


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (Space("s", ["age"], scaler="minmax"), "no scaler 'minmax'"),
        (Space("s", []), "has no columns"),
    ],
)
def test_a_bad_space_is_refused(table, space, message):
    with pytest.raises(PersonaeError, match=message):
        space.fit(table)


def test_a_logarithm_of_a_column_outside_the_space_is_refused():
    with pytest.raises(ValidationError, match="'spend', which is not among"):
        ReferenceSpace(columns=["age"], log1p=["spend"])


def test_working_scalers_act_as_on_the_raw_table(table):
    space = Space("s", ["spend", "age"]).fit(table)
    points = space.transform(table)
    robust = WorkingSpace(space, "robust").fit_transform(points)
    assert np.allclose(robust, RobustScaler().fit_transform(table[["spend", "age"]]))
    logged = np.log1p(table[["spend", "age"]].to_numpy())
    expected = (logged - logged.mean(axis=0)) / logged.std(axis=0)
    assert np.allclose(WorkingSpace(space, "log1p").fit_transform(points), expected)


def test_principal_axes_keep_the_widest_directions(table):
    space = Space("s", ["spend", "age"]).fit(table)
    points = space.transform(table)
    working = WorkingSpace(space, axes=1).fit(points)
    assert working.transform(points).shape == (80, 1)
    with pytest.raises(PersonaeError, match="axes is 3"):
        WorkingSpace(space, axes=3).fit(points)
