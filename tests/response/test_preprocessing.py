import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from personae.core.errors import PersonaeError
from personae.imputation.imputer import TableImputer
from personae.response.preprocessing import SegmentColumns, features, input_columns, preprocessing

PARTS = {"imputer": TableImputer("median"), "scaler": StandardScaler()}


def test_inputs_are_complete_numbers_even_for_words_never_seen(inputs):
    fitted = preprocessing(inputs, **PARTS).fit(inputs)
    new = pd.DataFrame({"income": [np.nan], "visits": [3.0], "home": ["boat"]})
    found = fitted.transform(features(new, inputs.columns))
    assert np.isfinite(found).all()
    assert input_columns(fitted) == ("income", "visits", "home", "home", "home")


def test_the_segment_becomes_an_input_learned_from_the_training_rows_only(inputs):
    clusterer = KMeans(3, n_init=1, random_state=0)
    fitted = preprocessing(
        inputs,
        **PARTS,
        segments=SegmentColumns(StandardScaler(), clusterer),
        segment_columns=["income", "visits"],
    ).fit(inputs)
    found = fitted.transform(inputs)
    assert input_columns(fitted)[-3:] == ("segment",) * 3
    assert (found[:, -3:].sum(axis=1) == 1).all()
    assert not hasattr(clusterer, "cluster_centers_")


def test_problems_name_the_column(inputs):
    with pytest.raises(PersonaeError, match="column 'age' is missing; the table has income, visits, home"):
        features(inputs, ["age"])
    with pytest.raises(PersonaeError, match="'joined' holds dates"):
        features(pd.DataFrame({"joined": pd.to_datetime(["2014-01-01"])}), ["joined"])
    with pytest.raises(PersonaeError, match="'age' is not among the features"):
        preprocessing(
            inputs, **PARTS, segments=SegmentColumns(StandardScaler(), KMeans(2)), segment_columns=["age"]
        )
