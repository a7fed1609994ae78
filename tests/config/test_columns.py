import pytest
import yaml
from pydantic import ValidationError

from personae.config.columns import decode
from personae.core.errors import PersonaeError

SHOP = """
source: shop
target: {column: bought, cost: 1, revenue: 10}
columns:
  sex: category
  age: {label: age in years, words: [younger, older]}
  income: {gaps: fill}
  wine: amount
  meat: amount
  total: {made_of: [wine, meat]}
  share: {made_of: wine, not: [profile, classify]}
  visits: {log: true, only: [segment, profile]}
  reply_days: after
  waited: {gaps: structural}
  bought: {role: flag, only: compare}
"""


def decoded(text, **sections):
    return decode({"classify": {"models": {}}} | yaml.safe_load(text) | sections)


def test_a_role_decides_where_a_column_is_used():
    shop = decoded(SHOP)
    assert shop["prepare"] == {"source": "shop"}
    assert shop["segment"]["space"] == {
        "columns": ["age", "income", "wine", "meat", "visits"],
        "log1p": ["wine", "meat", "visits"],
        "categorical": [],
    }
    assert shop["compare"]["variables"] == [
        *["sex", "age", "income", "wine", "meat", "total", "share", "reply_days", "waited", "bought"]
    ]
    assert shop["profile"]["features"] == ["age", "income", "wine", "meat", "total", "visits", "waited"]
    assert shop["classify"]["features"] == ["sex", "age", "income", "wine", "meat", "total", "waited"]
    assert shop["classify"]["leaking"] == ["reply_days"]
    assert shop["impute"] == {
        "columns": ["income"],
        "structural": ["waited"],
        "predictors": ["age", "wine", "meat"],
        "leaky": {},
    }


def test_labels_are_names_without_underscores_where_none_is_given():
    labels = decoded("columns: {age: {label: age in years}, total_spend: }")["profile"]["labels"]
    assert labels == {"age": "age in years", "total_spend": "total spend"}


def test_what_is_computed_from_the_segments_own_columns_is_described_not_tested():
    assert decoded(SHOP)["compare"]["descriptive"] == ["total", "share"]
    assert decoded(SHOP, compare={"grouping": "sex"})["compare"]["descriptive"] == []


def test_margins_of_merging_are_stated_with_the_column():
    text = (
        "columns: {age: {margin: 5 years}, bought: {role: flag, margin: 2 points}, spend: amount, visits: }"
    )
    assert decoded(text)["compare"]["rules"]["margins"] == {
        "age": {"value": 5.0, "unit": "years"},
        "bought": {"value": 2.0, "unit": "points"},
        "spend": "25 %",
    }
    own = decoded(text, compare={"rules": {"margins": {"age": "1 sd"}}})["compare"]["rules"]["margins"]
    assert own["age"] == "1 sd"


def test_a_column_never_predicts_the_gaps_of_what_it_is_computed_from():
    text = "columns: {spent: {only: impute}, age: , share: {made_of: spent, gaps: fill}, double: {made_of: share}}"
    predictors = {"predictors": ["spent", "age", "share", "double"]}
    assert decoded(text, impute=predictors)["impute"]["leaky"] == {"share": ["spent", "double"]}


def test_a_target_with_a_price_is_a_response_and_has_a_list_of_customers():
    shop = decoded(SHOP)
    assert (shop["classify"]["target"], shop["profile"]["response"]) == ("bought", "bought")
    assert shop["target"] == {"cost": 1, "revenue": 10}
    product = decoded("target: product\ncolumns: {age: }")
    assert (product["classify"]["target"], product["profile"].get("response")) == ("product", None)
    assert "target" not in product


def test_without_a_target_there_are_no_models():
    assert decoded("columns: {age: }")["classify"] is None


def test_roles_list_columns_of_which_no_more_is_said():
    text = """
    roles: {numbers: [age, pdays], amounts: [spend], categories: [job], after: [duration], structural: [pdays]}
    columns: {age: {label: years}, city: category}
    """
    bank = decoded(text)
    assert bank["segment"]["space"]["columns"] == ["age", "spend"]
    assert bank["segment"]["space"]["log1p"] == ["spend"]
    assert bank["compare"]["variables"] == ["age", "pdays", "spend", "job", "duration", "city"]
    assert bank["impute"]["structural"] == ["pdays"]
    assert bank["profile"]["labels"]["age"] == "years"


def test_lists_of_a_section_win_and_may_hold_patterns_and_logarithms():
    also = {"rfm": {"columns": ["age", "log total"], "k": 4}, "again": {"name": "once more"}}
    segment = {"space": {"columns": ["age", "[wm]*"]}, "also": also}
    shop = decoded(SHOP, segment=segment, profile={"features": ["total", "*"], "labels": {"age": "years"}})
    assert shop["segment"]["space"] | {"categorical": []} == {
        "columns": ["age", "wine", "meat", "waited"],
        "log1p": ["wine", "meat"],
        "categorical": [],
    }
    assert shop["segment"]["also"]["rfm"] == {
        "space": {"name": "rfm", "columns": ["age", "total"], "log1p": ["total"]},
        "k": 4,
    }
    assert shop["segment"]["also"]["again"]["space"]["columns"] == ["age", "wine", "meat", "waited"]
    assert shop["profile"]["features"][:2] == ["total", "sex"]
    assert shop["profile"]["labels"]["age"] == "years"


def test_an_ablation_with_segments_takes_the_studys_own_unless_it_names_others():
    asked = {"models": {}, "ablations": {"with it": {"segment": True}}}
    own = {"space": {"scaler": "robust"}, "k": 3, "clusterer": {"name": "ward"}}
    shop = decoded(SHOP, classify=asked, segment=own)
    assert shop["classify"]["segment"] == {
        "columns": ["age", "income", "wine", "meat", "visits"],
        "log1p": ["wine", "meat", "visits"],
        "categorical": [],
        "clusterer": {"name": "ward"},
        "k": 3,
        "space_scaler": "robust",
    }
    named = decoded(SHOP, classify=asked | {"segment": {"columns": ["wine"]}}, segment=own)
    assert named["classify"]["segment"] == {"columns": ["wine"], "log1p": ["wine"]}
    assert "segment" not in decoded(SHOP, segment=own)["classify"]


def test_bins_stand_with_their_column():
    text = "columns: {age: {bins: {edges: [30, 40], closed: left}}}"
    bins = decoded(text, compare={"probabilities": {"pairs": []}})["compare"]["probabilities"]["bins"]
    assert bins == {"age": {"edges": [30, 40], "closed": "left"}}
    assert "probabilities" not in decoded(text)["compare"]


def test_decoding_what_is_decoded_changes_nothing():
    once = decoded(SHOP)
    again = {key: value for key, value in once.items() if key != "target"}
    assert decode(again | {"target": once["target"]}) == once


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "roles: {numbers: [age], categories: [age]}",
            "roles.categories holds 'age', which is a number already",
        ),
        (
            "roles: {numbers: [age]}\ncolumns: {age: category}",
            "columns.age.role holds 'category', and roles makes it a number",
        ),
        (
            "columns: {age: }\nsegment: {space: {columns: [Mnt*]}}",
            "'Mnt\\*' meets none of the declared columns age",
        ),
        (
            "source: gym\nroles: {event: renewed}",
            "roles.event is for source table; what reads gym decides it",
        ),
    ],
)
def test_a_contradiction_is_named(text, message):
    with pytest.raises(PersonaeError, match=message):
        decoded(text)


@pytest.mark.parametrize(
    "text",
    [
        "columns: {age: {lable: x}}",
        "columns: {age: nunber}",
        "columns: {sex: {role: category, only: profile}}",
        "roles: {number: [age]}",
        "columns: [age]",
    ],
)
def test_what_the_dictionary_does_not_know_is_refused(text):
    with pytest.raises(ValidationError):
        decoded(text)


@pytest.mark.parametrize(
    ("section", "given"),
    [
        ("segment", {"space": {"columns": 3}}),
        ("impute", {"predictors": [["age"]]}),
        ("impute", {"columns": "age"}),
        ("compare", ["age"]),
    ],
)
def test_what_is_no_list_of_names_is_left_to_the_check_of_the_settings(section, given):
    kept = decoded(SHOP, **{section: given})[section]
    assert kept == given or all(kept[key] == value or key == "space" for key, value in given.items())


def test_a_further_segmentation_may_be_changed_in_either_place():
    segment = {"also": {"rfm": {"columns": ["age"], "k": 4, "space": {"scaler": "robust"}}}}
    space = decoded(SHOP, segment=segment)["segment"]["also"]["rfm"]["space"]
    assert space == {"name": "rfm", "columns": ["age"], "scaler": "robust", "log1p": []}
