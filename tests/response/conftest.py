import pytest
from tests.response.planted import FEATURES, customers
from threadpoolctl import threadpool_limits

from personae.response.preprocessing import features


@pytest.fixture(scope="session")
def answers():
    return customers(400, 0)


@pytest.fixture(scope="session")
def inputs(answers):
    return features(answers, FEATURES)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Threads that spin for tiny tables only wait for each other."""
    with threadpool_limits(limits=1):
        yield
