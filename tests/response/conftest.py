import pytest
from tests.response.planted import customers

from personae.response.preprocessing import features


@pytest.fixture(scope="session")
def answers():
    return customers(400, 0)


@pytest.fixture(scope="session")
def inputs(answers):
    return features(answers, ["income", "visits", "home"])
