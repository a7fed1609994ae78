import numpy as np
import pandas as pd
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.tables import names
from personae.inference.compare import compare_groups
from personae.inference.settings import ComparisonCriteria
from personae.personas.groups import final_groups, group_cards
from personae.personas.settings import Offer, Profile
from personae.studies.aerofit.simulate import simulate

SETTINGS = Profile(
    of="groups",
    features=["Age", "Income", "Fitness"],
    words={"Income": ("modest income", "high income")},
    drivers=2,
    bootstraps=100,
    smallest=50,
    playbook=[Offer(action="premium", when={"Income": 0.5})],
    fallback="mass market",
)
RULES = ComparisonCriteria(permutations=99)
GROUPS = {"KP281": "KP281+KP481", "KP481": "KP281+KP481", "KP781": "KP781"}


def comparison(decided_by="on_inconclusive"):
    pair = {"a": "KP281", "b": "KP481", "decision": "merge", "decided_by": decided_by}
    return {"grouping": "Product", "groups": GROUPS, "merge": [pair]}


@pytest.fixture(scope="module")
def buyers():
    return simulate(180, seed=20).to_pandas().assign(customer=np.arange(180))


def cards(buyers, comparison):
    return group_cards(buyers, comparison, np.arange(180), settings=SETTINGS)


def test_final_groups_get_cards_with_their_names_and_plays(buyers):
    mass, premium = cards(buyers, comparison())
    assert (mass.name, mass.size, mass.action) == ("KP281+KP481: modest income", 140, "mass market")
    assert (premium.name, premium.size, premium.action) == ("KP781: high income", 40, "premium")


def test_a_merge_by_decision_is_said_and_stability_is_not_asked_of_given_groups(buyers):
    mass, premium = cards(buyers, comparison())
    [caveat] = mass.caveats
    assert "KP281 and KP481 are together by the business's decision" in caveat
    assert premium.caveats == ("small: 40 customers",)
    assert cards(buyers, comparison("data"))[0].caveats == ()


def test_segments_are_no_given_groups():
    with pytest.raises(PersonaeError, match="compared was segment"):
        final_groups(pd.DataFrame({"customer": [1]}), {"grouping": "segment", "groups": {}, "merge": []})


@pytest.mark.parametrize(
    "codes",
    [
        pytest.param([12345671, 12345672, 12345673], id="codes of eight digits"),
        pytest.param([1000001.0, 1000002.0, None], id="a missing whole number among floats"),
        pytest.param([True, False, None], id="truth values"),
    ],
)
def test_the_groups_that_were_compared_are_found_among_the_customers(codes):
    customers = pl.DataFrame(
        {"code": np.repeat(np.array(codes, dtype=object), 30).tolist(), "age": np.arange(90.0) % 30}
    )
    told = to_json(compare_groups(customers, "code", RULES, seed=0).report())
    number, found = final_groups(customers.to_pandas(), told)
    assert len(found) == sum(code is not None for code in codes)
    expected = names(np.repeat(np.array(codes, dtype=object), 30))
    assert [found[place] if place >= 0 else "" for place in number] == expected.tolist()
