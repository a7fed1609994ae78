"""Which months a model may have learned from."""

import datetime
from types import SimpleNamespace

import pytest

from personae.monitoring.trial import trained_until

REGISTERED = datetime.date(2024, 9, 3)


def scorer(*, answer="bought", as_of=None, files=(), **further):
    settings = SimpleNamespace(files=files)
    return SimpleNamespace(
        preparation=SimpleNamespace(answer=answer, as_of=as_of, settings=settings, **further)
    )


@pytest.mark.parametrize(
    ("given", "month"),
    [
        (scorer(as_of=datetime.date(2024, 5, 31)), "2024-05"),
        (scorer(as_of=datetime.date(2024, 5, 31), files=("first.csv", "2024-07-new.csv")), "2024-07"),
        # Answers lie after the day that describes customers: a known last day, else when it was registered.
        (scorer(answer=None, as_of=datetime.date(2024, 5, 31), last=datetime.date(2024, 8, 2)), "2024-08"),
        (scorer(answer=None, as_of=datetime.date(2024, 5, 31)), "2024-09"),
        (scorer(), "2024-09"),
    ],
)
def test_a_model_may_have_learned_from_all_up_to_a_month(given, month):
    assert trained_until(given, REGISTERED) == month
