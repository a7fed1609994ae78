import pytest

from personae.core.errors import PersonaeError
from personae.sweep.space import Choice, Numbers, parse_space


def read(text):
    [dimension] = parse_space([text])
    return dimension


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("segment.k=range(2,10)", Numbers("segment.k", 2, 9, 1)),
        ("segment.k=range(2,10,3)", Numbers("segment.k", 2, 8, 3)),
        ("a.b=range(0,1,step=0.25)", Numbers("a.b", 0, 0.75, 0.25)),
        ("a.b=interval(0.1,2)", Numbers("a.b", 0.1, 2.0)),
        ("a.b=int(interval(1,64))", Numbers("a.b", 1, 64)),
        ("a.b=tag(log, interval(1e-3,1))", Numbers("a.b", 1e-3, 1.0, log=True)),
        ("clusterer=choice(kmeans,ward)", Choice("clusterer", ("kmeans", "ward"))),
        ("segment.scaler.axes=null,3", Choice("segment.scaler.axes", (None, 3))),
        ("segment.k=4", Choice("segment.k", (4,))),
        ("segment.k=range(4,5)", Choice("segment.k", (4,))),
    ],
)
def test_hydras_grammar_is_the_grammar_of_the_space(text, expected):
    assert read(text) == expected


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
