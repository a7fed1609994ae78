import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from tests.response.planted import settings_for

from personae.core.errors import PersonaeError
from personae.response.preprocessing import build_preprocessing, features, input_columns, model_inputs
from personae.response.settings import SegmentInput
from personae.segmentation.settings import Scaler, Ward


def test_inputs_are_complete_numbers_even_for_words_never_seen(inputs):
    fitted = build_preprocessing(inputs, settings_for()).fit(inputs)
    new = pd.DataFrame({"income": [np.nan], "visits": [3.0], "home": ["boat"]})
    found = fitted.transform(features(new, inputs.columns))
    assert np.isfinite(found).all()
    assert input_columns(fitted) == ("income", "visits", "home", "home", "home")


def test_the_segment_becomes_an_input_learned_from_the_training_rows_only(inputs):
    chosen = settings_for(segment=SegmentInput(columns=["income", "visits"], k=3))
    described = build_preprocessing(inputs, chosen, segment=True)
    fitted = clone(described).fit(inputs)
    found = fitted.transform(inputs)
    assert input_columns(fitted)[-3:] == ("segment",) * 3
    assert (found[:, -3:].sum(axis=1) == 1).all()
    assert not hasattr(described.named_steps["columns"], "transformers_")


def test_parts_one_by_one_give_what_the_pipeline_gives(inputs):
    settings = settings_for(segment=SegmentInput(columns=["income", "visits"], k=2))
    fitted = build_preprocessing(inputs, settings, segment=True, fifths=["income"]).fit(inputs)
    assert np.array_equal(model_inputs(fitted, inputs), np.asarray(fitted.transform(inputs)))


def test_segments_are_made_as_the_study_makes_them(inputs):
    own = SegmentInput(
        columns=["income", "visits"], space_scaler="robust", scaler=Scaler(axes=1), clusterer=Ward(), k=2
    )
    fitted = build_preprocessing(inputs, settings_for(segment=own), segment=True).fit(inputs)
    made = fitted.named_steps["columns"].named_transformers_["segment"]
    assert (made.space_.scaler, made.working_.axes, type(made.clusterer_).__name__) == (
        "robust",
        1,
        "WardClusterer",
    )
    assert len(made.segments_) == 2


def test_fifths_are_those_of_the_training_rows(inputs):
    fitted = build_preprocessing(inputs, settings_for(), fifths=["income"]).fit(inputs)
    found = fitted.transform(inputs)[:, -5:]
    assert input_columns(fitted)[-5:] == ("income",) * 5
    assert np.allclose(found.mean(axis=0), 0.2, atol=0.12) and (found.sum(axis=1) == 1).all()
    with pytest.raises(PersonaeError, match="fifths column 'home' is not among the features"):
        build_preprocessing(inputs, settings_for(), fifths=["home"])


def test_problems_name_the_column(inputs):
    with pytest.raises(PersonaeError, match="column 'age' is missing; the table has income, visits, home"):
        features(inputs, ["age"])
    with pytest.raises(PersonaeError, match="'joined' holds dates"):
        features(pd.DataFrame({"joined": pd.to_datetime(["2014-01-01"])}), ["joined"])
    with pytest.raises(PersonaeError, match="'age' is not among the features"):
        chosen = settings_for(segment=SegmentInput(columns=["age"]))
        build_preprocessing(inputs, chosen, segment=True)
