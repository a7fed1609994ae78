import numpy as np
import pandas as pd
import pytest
from tests.response.planted import MODELS, customers, plan_for

from personae.core.errors import PersonaeError
from personae.response.model import fit_on_all, from_files, to_files
from personae.response.settings import SegmentInput
from personae.response.validation import validate


def fitted(table, name, **changes):
    plan = plan_for(table, seed=2, **changes)
    return fit_on_all(plan, validate(plan), name)


@pytest.fixture(scope="module", params=[2, 3])
def validated(request):
    plan = plan_for(customers(300, 4, request.param), seed=2)
    return request.param, plan, validate(plan)


@pytest.fixture(scope="module")
def logistic():
    return fitted(customers(300, 4), "logistic", models={"logistic": MODELS["logistic"]})


@pytest.mark.parametrize("name", ["gradient_boosting", "stack"])
def test_a_model_predicts_the_same_after_it_travelled(name, validated):
    classes, plan, found = validated
    model = fit_on_all(plan, found, name)
    files = to_files(model)
    assert not [name for name in files if name.endswith(("pkl", "pickle"))]
    new = customers(50, 5, classes)
    assert (from_files(files).predict_proba(new) == model.predict_proba(new)).all()
    assert set(from_files(files).predict(new)) <= {f"level {k}" for k in range(classes)}


def test_equal_models_have_equal_bytes():
    assert to_files(fitted(customers(200, 6), "stack")) == to_files(fitted(customers(200, 6), "stack"))


def test_the_segment_travels_too():
    table = customers(300, 4)
    chosen = {"segment": SegmentInput(columns=["income"], k=2), "segment_input": True}
    model = fitted(table, "logistic", models={"logistic": MODELS["logistic"]}, **chosen)
    new = customers(20, 5)
    assert (from_files(to_files(model)).predict_proba(new) == model.predict_proba(new)).all()


def test_new_customers_need_the_columns_and_may_lack_values(logistic):
    with pytest.raises(PersonaeError, match="column 'visits' is missing"):
        logistic.predict_proba(pd.DataFrame({"income": [1.0], "home": ["flat"]}))
    unknown = pd.DataFrame({"income": [np.nan], "visits": [2.0], "home": ["boat"]})
    assert np.isfinite(logistic.predict_proba(unknown)).all()
    assert logistic.predict_proba(unknown.iloc[:0]).shape == (0, 2)


def test_an_incomplete_or_altered_model_is_refused_in_a_line():
    files = to_files(fitted(customers(300, 4), "xgboost", models={"xgboost": MODELS["xgboost"]}))
    for name in files:
        with pytest.raises(PersonaeError, match=f"lacks its file {name}"):
            from_files({other: content for other, content in files.items() if other != name})
        for altered in (files[name][: len(files[name]) // 2], b"", b"{}", files[name].replace(b"i", b"j")):
            with pytest.raises(PersonaeError, match=f"{name}: cut off or damaged"):
                from_files(files | {name: altered})


def test_a_model_that_was_not_calibrated_is_not_deployed():
    plan = plan_for(customers(300, 4), models={"logistic": MODELS["logistic"]})
    with pytest.raises(PersonaeError, match="has no calibration and is not deployed"):
        fit_on_all(plan, validate(plan, nested=False), "logistic")
