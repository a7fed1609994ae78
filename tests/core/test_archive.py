import os

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from personae.core import archive
from personae.core.errors import PersonaeError


def fitted():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(60, 3))
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(table, table[:, 0] > 0), table


def test_equal_models_give_equal_bytes_and_load_again(tmp_path):
    first, table = fitted()
    second, _ = fitted()
    archive.save(first, tmp_path / "a")
    archive.save(second, tmp_path / "b")
    written = [(tmp_path / name / "model.skops").read_bytes() for name in "ab"]
    assert written[0] == written[1]
    loaded = archive.load(tmp_path / "a")
    np.testing.assert_array_equal(loaded.predict_proba(table), first.predict_proba(table))


def test_a_type_that_is_not_trusted_is_refused(tmp_path):
    archive.save(FunctionTransformer(os.path.expanduser), tmp_path)
    with pytest.raises(PersonaeError, match="not trusted: posixpath"):
        archive.load(tmp_path)


def test_a_missing_model_is_one_line(tmp_path):
    with pytest.raises(PersonaeError, match="no such model"):
        archive.load(tmp_path)
