import pytest
from optuna.distributions import CategoricalDistribution as Choice
from optuna.distributions import FloatDistribution as Floats
from optuna.distributions import IntDistribution as Integers

from personae.core.errors import PersonaeError
from personae.sweep.space import corners, parse_space


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("segment.k=range(2,10)", {"segment.k": Integers(2, 9)}),
        ("segment.k=range(2,10,3)", {"segment.k": Integers(2, 8, step=3)}),
        ("a.b=range(0,1,step=0.25)", {"a.b": Floats(0, 0.75, step=0.25)}),
        ("a.b=interval(0.1,2)", {"a.b": Floats(0.1, 2.0)}),
        ("a.b=int(interval(1,64))", {"a.b": Integers(1, 64)}),
        ("a.b=tag(log, interval(1e-3,1))", {"a.b": Floats(1e-3, 1.0, log=True)}),
        ("clusterer=choice(kmeans,ward)", {"clusterer": Choice(("kmeans", "ward"))}),
        ("segment.scaler.axes=null,3", {"segment.scaler.axes": Choice((None, 3))}),
        ("segment.k=4", {"segment.k": Choice((4,))}),
        ("segment.k=range(4,5)", {"segment.k": Choice((4,))}),
    ],
)
def test_hydras_grammar_is_the_grammar_of_the_space(text, expected):
    assert parse_space([text]) == expected


def test_corners_are_all_of_a_choice_and_the_ends_of_a_range():
    space = parse_space(["a=choice(x,y,z)", "b=range(2,10)", "c=tag(log, interval(0.1,2))"])
    assert [corners(each) for each in space.values()] == [("x", "y", "z"), (2, 9), (0.1, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("segment.k=range(5,5)", "is empty"),
        ("segment.k=range(9,2)", "is empty"),
        ("a=interval(2,1)", "is empty"),
        ("a=interval(1,1)", "is empty"),
        ("a=choice()", "cannot be read"),
        ("a=tag(log, interval(0,1))", "expected more than 0"),
        ("a=tag(log, range(1,9))", "only an interval can be logarithmic"),
        ("a=tag(fast, interval(0,1))", "means nothing here"),
        ("a=choice(2,2)", "twice"),
        ("a=choice([1,2],[3])", "expected numbers, words"),
        ("a=glob(*)", "expected numbers, words"),
        ("+a=3", "no choice of a value"),
        ("~a", "no choice of a value"),
        ("segment.k", "cannot be read"),
    ],
)
def test_what_is_no_space_is_refused_in_one_line(text, message):
    with pytest.raises(PersonaeError, match=message) as caught:
        parse_space([text])
    assert "\n" not in str(caught.value)


def test_a_key_that_is_there_twice_is_refused():
    with pytest.raises(PersonaeError, match=r"segment\.k is there twice"):
        parse_space(["segment.k=range(2,10)", "segment.k=3"])
