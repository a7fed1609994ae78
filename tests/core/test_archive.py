import os
import zipfile

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


def test_an_altered_archive_is_one_line(tmp_path):
    model, _ = fitted()
    archive.save(model, tmp_path)
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path) as whole:
        kept = {name: whole.read(name) for name in whole.namelist()}
    schema = kept["schema.json"]
    altered = [
        {"schema.json": schema[:-9]},
        {"schema.json": b"{}"},
        {"schema.json": schema.replace(b'"__loader__"', b'"__lader__"')},
        {"schema.json": schema.replace(b"TreeNode", b"Tree").replace(b"ReduceNode", b"Tree")[:200]},
        {name: b"no array" for name in kept if name != "schema.json"},
    ]
    for change in altered:
        with zipfile.ZipFile(path, "w") as target:
            for name, content in (kept | change).items():
                target.writestr(name, content)
        with pytest.raises(PersonaeError, match=r"model.skops: cut off or damaged \(.*\); `dvc repro`"):
            archive.load(tmp_path)
    with zipfile.ZipFile(path, "w") as target:
        for name, content in kept.items():
            target.writestr(
                name, content.replace(b"sklearn.pipeline", b"os.path").replace(b"Pipeline", b"join")
            )
    with pytest.raises(PersonaeError, match="not trusted: os.path.join"):
        archive.load(tmp_path)
