import dataclasses
import json

import numpy as np

from personae.core.files import to_json


@dataclasses.dataclass(frozen=True)
class Figure:
    mean: float
    parts: tuple[float, ...]


def test_nested_results_are_plain_and_rounded():
    plain = to_json({"figure": Figure(np.float64(2 / 3), (1.23456789, float("inf"))), "n": np.int64(3)})
    assert plain == {"figure": {"mean": 0.666667, "parts": [1.23457, None]}, "n": 3}
    assert json.loads(json.dumps(plain)) == plain


def test_booleans_and_words_stay_what_they_are():
    assert to_json([True, np.bool_(False), "k", None, 7]) == [True, False, "k", None, 7]
