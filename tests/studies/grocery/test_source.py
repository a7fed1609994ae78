import json
import os
from pathlib import Path

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.files import TableFile, read_file
from personae.studies.grocery import source as grocery
from personae.studies.grocery.settings import GroceryPrepare
from personae.studies.grocery.simulate import simulate, to_workbook
from personae.studies.grocery.source import PROMOTION, SPENDING

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
SETTINGS = GroceryPrepare(largest_basket=50)
GOODS = [(1, "['cake', 'milk', 'cake']", 10), (2, "[\"cat's treat\", 'half-life: alyx']", 11)]


@pytest.fixture(scope="module")
def simulated():
    return simulate(200, 100, seed=5)[0]


@pytest.fixture
def folder(simulated, tmp_path):
    """Four customers 10 to 13 without quirks, two baskets, a mapping."""
    clean = {PROMOTION: 0.5, "year_first_transaction": 2015.0, "latitude": 38.7}
    spent = dict.fromkeys(SPENDING, 100.0)
    columns = {name: pl.lit(value, pl.Float64) for name, value in (clean | spent).items()}
    customers = (
        simulated["customers"]
        .head(4)
        .with_columns(
            customer_id=pl.int_range(10, 14),
            customer_name=pl.Series(["Msc. Ada", "Bo", "PHD. Cy", "Mscha Dee"]),
            customer_birthdate=pl.lit("08/22/1948 05:06 AM"),
            loyalty_card_number=pl.Series([None, 917650.0, None, 906928.0]),
            **columns,
        )
    )
    customers.write_csv(tmp_path / grocery.CUSTOMERS)
    baskets(tmp_path, GOODS)
    mapping(tmp_path, [("cake", "groceries"), ("milk", "groceries"), ("cat's treat", "pet food")])
    return tmp_path


def baskets(folder, rows):
    pl.DataFrame(rows, schema=["invoice_id", "list_of_goods", "customer_id"], orient="row").write_csv(
        folder / grocery.BASKETS
    )


def mapping(folder, rows):
    table = pl.DataFrame(rows, schema=["product_name", "category"], orient="row")
    (folder / grocery.MAPPING).write_bytes(to_workbook(table, "product_category"))


def change(folder, **columns):
    path = folder / grocery.CUSTOMERS
    first = pl.int_range(pl.len()) == 0
    table = pl.read_csv(path, infer_schema=False)
    table.with_columns(
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in columns.items()
    ).write_csv(path)


def customer(folder):
    return grocery.prepare(folder, SETTINGS).tables["customers"].row(0, named=True)


def rows(prepared):
    return {rule.partition(":")[0]: rows for rule, _, rows in prepared.repairs if rows} | {
        reason: rows for reason, rows in prepared.rejected.items() if rows
    }


def test_title_birth_card_and_spend_become_features(folder):
    prepared = grocery.prepare(folder, SETTINGS)
    customers = prepared.tables["customers"]
    assert customers["education"].to_list() == ["master", "none", "doctor", "none"]
    assert customers["age"].to_list() == [77.0] * 4
    assert customers["tenure"].to_list() == [10.0] * 4
    assert customers["loyalty_card"].to_list() == [0, 1, 0, 1]
    assert customers["fish_share"].to_list() == [0.1] * 4
    assert "customer_name" not in customers.columns
    assert rows(prepared) == rows_of_goods()


def test_what_is_not_known_has_no_share_and_the_rest_is_divided(folder):
    change(folder, lifetime_spend_fish=None)
    first = customer(folder)
    assert (first["fish_share"], first["total_spend"]) == (None, None)
    assert first["meat_share"] == pytest.approx(1 / 9)


def test_nothing_spent_is_no_share_of_anything(folder):
    change(folder, **dict.fromkeys(SPENDING, "0.0"))
    assert customer(folder)["meat_share"] == 0


def test_impossible_shares_and_years_are_set_to_the_nearest_possible_and_counted(folder):
    change(folder, **{PROMOTION: "1.3", "year_first_transaction": "2026.0"})
    prepared = grocery.prepare(folder, SETTINGS)
    assert rows(prepared) == {"a share above 1": 1, "later than 2025": 1, **rows_of_goods()}
    assert prepared.tables["customers"]["promotion_share"].max() == 1
    assert prepared.tables["customers"]["tenure"].min() == 0
    change(folder, **{PROMOTION: "-0.3"})
    assert rows(grocery.prepare(folder, SETTINGS))["a share below 0"] == 1


def rows_of_goods():
    return {"item that the mapping lacks": 1}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("lifetime_spend_meat", "-5.0", r"column lifetime_spend_meat holds -5.0 in row 2; expected greater"),
        ("customer_birthdate", "22/08/1948", "holds '22/08/1948' in row 2; expected month/day/year"),
        ("customer_id", "11", "column customer_id holds 11 in row .; expected each value once"),
        ("customer_gender", "robot", "column customer_gender holds 'robot' in row 2; expected one of"),
        ("kids_home", "many", "column kids_home holds 'many' in row 2; expected a number"),
    ],
)
def test_a_wrong_value_is_named(folder, column, value, said):
    change(folder, **{column: value})
    with pytest.raises(PersonaeError, match=said):
        grocery.prepare(folder, SETTINGS)


def test_baskets_are_long_with_categories(folder):
    lines = grocery.prepare(folder, SETTINGS).tables["baskets"]
    assert lines.rows() == [
        (1, 10, "cake", "groceries", None),
        (1, 10, "milk", "groceries", None),
        (2, 11, "cat's treat", "pet food", None),
        (2, 11, "half-life: alyx", "other", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "['cake', 'milk'",
        "cake, milk",
        "['cake', 7]",
        "['cake', '']",
        "('cake',)",
        "__import__('os').getcwd()",
        "['cake'] + ['milk']",
        "['\\d']",
        "[" * 5000,
        "['cake' 'milk']",
        "['cake'\n 'milk' 'cat\\'s treat']",
        "",
    ],
)
def test_a_broken_list_is_an_error_that_names_row_and_value(folder, text):
    baskets(folder, [*GOODS, (3, text, 10)])
    with pytest.raises(
        PersonaeError, match=r"customer_basket.csv: column list_of_goods holds .* in row 4; expected"
    ):
        grocery.prepare(folder, SETTINGS)


def test_what_is_no_basket_of_a_known_customer_is_left_out_and_counted(folder):
    huge = str([f"item {number}" for number in range(5000)])
    baskets(folder, [*GOODS, (3, "[]", 10), (4, "['milk']", 99), (5, huge, 12)])
    prepared = grocery.prepare(folder, SETTINGS)
    assert rows(prepared) == rows_of_goods() | {
        "empty basket": 1,
        "basket of an unknown customer": 1,
        "basket of more than 50 different items": 1,
    }
    assert prepared.tables["baskets"]["basket"].unique().sort().to_list() == [1, 2]
    assert prepared.notes["customers_without_baskets"] == 2


def test_an_invoice_occurs_once(folder):
    baskets(folder, [*GOODS, (2, "['milk']", 10)])
    with pytest.raises(PersonaeError, match="column invoice_id holds 2 in row .; expected each value once"):
        grocery.prepare(folder, SETTINGS)


def test_a_product_mapped_twice_keeps_its_first_category(folder):
    mapping(folder, [("cake", "groceries"), ("milk", "drinks"), ("cake", "party"), ("milk", "drinks")])
    prepared = grocery.prepare(folder, SETTINGS)
    assert rows(prepared)["product mapped more than once"] == 2
    assert prepared.tables["baskets"]["category"].to_list()[:2] == ["groceries", "drinks"]


def test_a_mapping_that_is_none_is_named(folder):
    (folder / grocery.MAPPING).write_text("product_name,category\n")
    with pytest.raises(PersonaeError, match=r"product_mapping.xlsx: cannot be read as a workbook"):
        grocery.prepare(folder, SETTINGS)
    (folder / grocery.MAPPING).write_bytes(
        to_workbook(pl.DataFrame({"product": ["a"], "category": ["b"]}), "x")
    )
    with pytest.raises(PersonaeError, match="column product_name is missing; it has product, category"):
        grocery.prepare(folder, SETTINGS)
    (folder / grocery.MAPPING).unlink()
    with pytest.raises(PersonaeError, match="the baskets need it"):
        grocery.prepare(folder, SETTINGS)


def test_without_a_basket_file_there_are_no_baskets_and_the_report_says_so(folder):
    (folder / grocery.BASKETS).unlink()
    (folder / grocery.MAPPING).unlink()
    prepared = grocery.prepare(folder, SETTINGS)
    assert prepared.tables["baskets"].is_empty()
    assert prepared.tables["baskets"].columns == ["basket", "customer", "item", "category", "week"]
    assert "no customer_basket.csv" in prepared.report("sample")["remark"]


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "grocery").is_dir(), reason="the original files are not there")
def test_originals_show_the_published_quirks():
    prepared = grocery.prepare(ORIGINALS / "grocery", SETTINGS)
    assert prepared.tables["customers"].height == 16_978
    counted = rows(prepared)
    assert (counted["a share below 0"], counted["a share above 1"], counted["later than 2025"]) == (
        353,
        275,
        149,
    )
    assert prepared.tables["customers"]["loyalty_card"].sum() == 13_835
    education = dict(prepared.tables["customers"]["education"].value_counts().iter_rows())
    assert education == {"none": 7832, "bachelor": 2970, "master": 3104, "doctor": 3072}
    mapping_table, twice = grocery._mapping(ORIGINALS / "grocery" / grocery.MAPPING)
    assert mapping_table.height == 163
    assert twice == 2


def test_a_customer_alone_is_the_customer_in_the_file(simulated, tmp_path):
    simulated["customers"].write_csv(tmp_path / grocery.CUSTOMERS)
    prepared = grocery.prepare(tmp_path, SETTINGS)
    learned = grocery.Preparation.model_validate_json(json.dumps(prepared.learned))
    [path] = learned.raw(tmp_path)
    file = read_file(path)
    described = prepared.tables["customers"].drop("customer", "unit")
    everyone = learned.apply(file)
    assert everyone.select(described.columns).equals(described)
    for row in (0, 7, 150):
        alone = learned.apply(TableFile(path, file.table[row : row + 1], file.lines[row : row + 1]))
        assert alone.equals(everyone[row : row + 1])
    without = TableFile(path, file.table.drop(grocery.CARD), file.lines)
    assert learned.apply(without)["loyalty_card"].null_count() == file.table.height
    odd = file.table[:1].with_columns(pl.lit("-0.2").alias(PROMOTION))
    assert learned.apply(TableFile(path, odd, [2]))["flags"][0].startswith("a share below 0: set to 0")
