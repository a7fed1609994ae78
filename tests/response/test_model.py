import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from tests.response.planted import customers, plan_for

from personae.core.errors import PersonaeError
from personae.imputation.imputer import TableImputer
from personae.response.folds import grouped_folds, identical_rows
from personae.response.model import fit_on_all, from_files, to_files
from personae.response.preprocessing import SegmentColumns, features, preprocessing
from personae.response.validation import validate


def fitted(table, name, **changes):
    inputs = features(table, ["income", "visits", "home"])
    target = table["answer"].to_numpy()
    plan = plan_for(inputs, **changes)
    folds = grouped_folds(target, identical_rows(inputs), folds=3, repeats=1, seed=1)
    found = validate(inputs, target, folds, plan, seed=2, workers=1)
    classes = [f"level {k}" for k in range(target.max() + 1)]
    return fit_on_all(inputs, target, plan, found, name=name, target_name="answer", classes=classes, seed=3)


@pytest.mark.parametrize("name", ["gradient_boosting", "stack"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_predicts_the_same_after_it_travelled(name, classes):
    model = fitted(customers(300, 4, classes), name)
    files = to_files(model)
    assert not [name for name in files if name.endswith(("pkl", "pickle"))]
    new = customers(50, 5, classes)
    assert (from_files(files).predict_proba(new) == model.predict_proba(new)).all()
    assert set(from_files(files).predict(new)) <= {f"level {k}" for k in range(classes)}


def test_equal_models_have_equal_bytes():
    assert to_files(fitted(customers(200, 6), "stack")) == to_files(fitted(customers(200, 6), "stack"))


def test_the_segment_travels_too(inputs):
    table = customers(300, 4)
    steps = preprocessing(
        features(table, ["income", "visits", "home"]),
        imputer=TableImputer("median"),
        scaler=StandardScaler(),
        segments=SegmentColumns(StandardScaler(), KMeans(2, n_init=1)),
        segment_columns=["income"],
    )
    model = fitted(table, "logistic", preprocessing=steps)
    new = customers(20, 5)
    assert (from_files(to_files(model)).predict_proba(new) == model.predict_proba(new)).all()


def test_new_customers_need_the_columns_and_may_lack_values():
    model = fitted(customers(300, 4), "logistic")
    with pytest.raises(PersonaeError, match="column 'visits' is missing"):
        model.predict_proba(pd.DataFrame({"income": [1.0], "home": ["flat"]}))
    unknown = pd.DataFrame({"income": [np.nan], "visits": [2.0], "home": ["boat"]})
    assert np.isfinite(model.predict_proba(unknown)).all()
    assert model.predict_proba(unknown.iloc[:0]).shape == (0, 2)


def test_an_incomplete_model_is_refused():
    files = to_files(fitted(customers(300, 4), "xgboost"))
    for name in files:
        with pytest.raises(PersonaeError, match=f"lacks its file {name}"):
            from_files({other: content for other, content in files.items() if other != name})
