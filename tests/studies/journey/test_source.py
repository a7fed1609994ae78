import json
from datetime import datetime, timedelta

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.studies.journey import source as journey
from personae.studies.journey.settings import JourneyPrepare

SETTINGS = JourneyPrepare(
    source="journey",
    version="0.1.0",
    early_weeks=2,
    history_weeks=26,
    largest_basket=3,
    departments={"food": ["GROCERY", "PRODUCE"], "other": ["FUEL"]},
)
MONDAY = datetime(2017, 1, 2, 15, 0)  # 10 in the morning in the zone of the shops

# household, basket, product, sales value, retail discount, coupon discount, day, hours after ten, store
LINES = [
    (1, 10, 100, 6.0, 2.0, 0.0, 0, 0, 7),
    (1, 10, 101, 2.0, 0.0, 0.0, 0, 0, 7),
    (1, 11, 102, 2.0, 0.0, 0.5, 2, 4, 7),
    (1, 12, 100, 0.0, 0.0, 0.0, 8, 8, 8),
    (2, 13, 100, 5.0, 0.0, 0.0, 5, 0, 7),
    (2, 14, 101, 9.0, 0.0, 3.0, 20, 0, 7),
    (3, 15, 102, 4.0, 0.0, 0.0, 20, 0, 7),
]


def tables():
    columns = list(zip(*LINES, strict=True))
    time = [
        MONDAY + timedelta(days=day, hours=hour) for day, hour in zip(columns[6], columns[7], strict=True)
    ]
    transactions = pl.DataFrame(
        {
            "household_id": columns[0],
            "store_id": columns[8],
            "basket_id": columns[1],
            "product_id": columns[2],
            "quantity": 1,
            "sales_value": columns[3],
            "retail_disc": columns[4],
            "coupon_disc": columns[5],
            "coupon_match_disc": 0.0,
            "week": [day // 7 + 1 for day in columns[6]],
            "transaction_timestamp": time,
        }
    )
    return {
        "transactions": transactions,
        "products": pl.DataFrame(
            {
                "product_id": [100, 101, 102],
                "department": ["GROCERY", "PRODUCE", "FUEL"],
                "brand": ["Private", "National", "National"],
                "product_category": ["MILK", "APPLES", None],
                "product_type": ["WHOLE MILK", "RED APPLES", None],
            }
        ),
        "demographics": pl.DataFrame(
            {
                "household_id": [1],
                "age": ["65+"],
                "income": ["35-49K"],
                "home_ownership": ["Renter"],
                "marital_status": [None],
                "household_size": ["5+"],
                "kids_count": ["3+"],
            },
            schema_overrides={"marital_status": pl.String},
        ),
        "campaigns": pl.DataFrame({"campaign_id": [1, 1, 2], "household_id": [1, 2, 2]}),
        "campaign_descriptions": pl.DataFrame(
            {
                "campaign_id": [1, 2],
                "campaign_type": ["Type A", "Type B"],
                "start_date": [datetime(2017, 1, 6), datetime(2017, 1, 20)],
                "end_date": [datetime(2017, 1, 12), datetime(2017, 1, 22)],
            }
        ),
        "coupons": pl.DataFrame(
            {"coupon_upc": [1, 2, 3], "product_id": [100, 100, 101], "campaign_id": [1, 1, 2]}
        ),
        "coupon_redemptions": pl.DataFrame(
            {
                "household_id": [2, 2, 2],
                "coupon_upc": [1, 1, 3],
                "campaign_id": [1, 1, 2],
                "redemption_date": [datetime(2017, 1, 9), datetime(2017, 1, 10), datetime(2017, 1, 22)],
            }
        ),
        "promotions": pl.DataFrame({"product_id": [100, 100], "store_id": [7, 7], "week": [1, 1]}),
    }


def write(folder, given):
    for name, table in given.items():
        table.write_parquet(folder / f"{name}.parquet")
    return folder


def prepared(folder, **changes):
    return journey.assemble(write(folder, tables() | changes), SETTINGS)


def household(result, number):
    return result.tables["customers"].row(by_predicate=pl.col("customer") == number, named=True)


def test_households_are_described_by_the_early_weeks_alone(tmp_path):
    result = prepared(tmp_path)
    one, two = household(result, 1), household(result, 2)
    assert result.tables["customers"]["customer"].to_list() == [1, 2]
    assert (one["baskets"], one["stores"], one["categories"], one["active_weeks_share"]) == (3, 2, 2, 1.0)
    assert (one["spend"], one["spend_per_basket"]) == (10.0, pytest.approx(10 / 3))
    assert (one["food_share"], one["other_share"], one["private_share"]) == (0.8, 0.2, 0.6)
    assert one["discount_share"] == pytest.approx(2 / 12)
    assert one["coupon_share"] == pytest.approx(0.5 / 10.5)
    assert one["promotion_share"] == 0.25  # product 100 was shown in store 7 in week 1, not in week 2
    assert (one["morning_share"], one["afternoon_share"], one["evening_share"]) == pytest.approx([1 / 3] * 3)
    assert (one["recency"], two["recency"]) == (0, 3)
    assert (one["gap_mean"], one["gap_variation"]) == (4.0, pytest.approx(8**0.5 / 4))
    assert (two["gap_mean"], two["weekend_share"], two["spend"]) == (None, 1.0, 5.0)


def test_demographics_are_middles_of_their_bands_or_unknown(tmp_path):
    result = prepared(tmp_path)
    one = household(result, 1)
    assert (one["age"], one["income"], one["household_size"], one["kids"]) == (65.0, 42.0, 5, 3)
    assert household(result, 2)["age"] is None
    assert result.tables["customers"]["demographics_known"].to_list() == [1, 0]


def test_baskets_cover_all_weeks_and_leave_out_what_has_no_category(tmp_path):
    result = prepared(tmp_path)
    assert result.tables["baskets"].columns == ["basket", "customer", "item", "category", "week", "shop"]
    assert result.tables["baskets"]["basket"].to_list() == [10, 10, 12, 13, 14]
    rejected = {reason.split(" of ")[0]: rows for reason, rows in result.rejected.items()}
    assert rejected["basket line"] == 2
    assert rejected["household without a basket in weeks 1 to 2"] == 1


def test_a_product_without_type_is_counted_where_it_was_bought(tmp_path):
    products = tables()["products"].with_columns(product_type=pl.Series(["WHOLE MILK", None, None]))
    repairs = prepared(tmp_path, products=products).repairs
    (count,) = [rows for _, column, rows in repairs if column == "product_type"]
    assert count == sum(line[2] == 101 for line in LINES)


def test_offers_look_back_from_the_campaigns_start(tmp_path):
    offers = prepared(tmp_path).tables["offers"]
    assert offers["redeemed"].to_list() == [0, 1, 1]
    assert offers.select("campaign", "customer").rows() == [(1, 1), (1, 2), (2, 2)]
    first, new, later = offers.iter_rows(named=True)
    assert (first["past_baskets"], first["past_spend"], first["past_coupon"]) == (2, 10.0, 0.5)
    assert (first["past_coupon_lines"], first["past_recency"]) == (1, 1)
    assert (new["past_baskets"], new["past_recency"], new["past_redemptions"]) == (0, None, 0)
    assert (later["past_redemptions"], later["past_campaigns"], later["during_coupon"]) == (2, 1, 3.0)
    assert (later["past_coupon_lines"], later["campaign_products"], later["campaign_days"]) == (0, 1, 2)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (
            [datetime(2017, 1, 6), datetime(2017, 1, 20)],
            [datetime(2017, 1, 12), datetime(2017, 1, 23)],
            [1, 1],
        ),
        ([datetime(2017, 1, 1), datetime(2017, 1, 20)], [datetime(2017, 1, 12), datetime(2017, 1, 22)], [2]),
    ],
)
def test_a_campaign_that_the_data_does_not_cover_is_left_out_and_counted(tmp_path, start, end, kept):
    dated = tables()["campaign_descriptions"].with_columns(
        start_date=pl.Series(start), end_date=pl.Series(end)
    )
    result = prepared(tmp_path, campaign_descriptions=dated)
    assert result.tables["offers"]["campaign"].to_list() == kept
    rejected = {reason.split(" of ")[0]: rows for reason, rows in result.rejected.items()}
    assert rejected["offer"] == 3 - len(kept)


def test_returns_and_oversized_baskets_are_counted(tmp_path):
    transactions = tables()["transactions"]
    large = pl.concat(
        [
            transactions.head(1).with_columns(product_id=pl.lit(number, dtype=pl.Int64))
            for number in range(200, 205)
        ]
    )
    large = large.with_columns(basket_id=pl.lit(99, dtype=pl.Int64))
    returned = transactions.with_columns(
        sales_value=pl.when(pl.col("basket_id") == 11).then(-2.0).otherwise("sales_value")
    )
    result = prepared(tmp_path, transactions=pl.concat([returned, large.select(returned.columns)]))
    assert [repair[1:] for repair in result.repairs if repair[2]] == [("sales_value", 1)]
    assert household(result, 1)["spend"] == 8.0
    assert result.rejected["line of a basket of more than 3 products"] == 5


def test_order_of_lines_does_not_matter(tmp_path):
    shuffled = tables()["transactions"].sample(fraction=1, shuffle=True, seed=3)
    (tmp_path / "other").mkdir()
    first, second = prepared(tmp_path), prepared(tmp_path / "other", transactions=shuffled)
    for name, table in first.tables.items():
        assert table.equals(second.tables[name]), name


def test_an_unknown_band_is_named(tmp_path):
    strange = tables()["demographics"].with_columns(age=pl.lit("teen"))
    with pytest.raises(PersonaeError, match="column age holds 'teen'; expected one of 19-24"):
        prepared(tmp_path, demographics=strange)


def test_a_missing_table_or_column_is_named(tmp_path):
    write(tmp_path, tables())
    (tmp_path / "coupons.parquet").unlink()
    with pytest.raises(PersonaeError, match=r"coupons.parquet: no such file"):
        journey.assemble(tmp_path, SETTINGS)
    with pytest.raises(PersonaeError, match="column week is missing"):
        prepared(tmp_path, promotions=tables()["promotions"].drop("week"))


def test_the_packages_version_is_that_of_the_settings(tmp_path):
    with pytest.raises(PersonaeError, match=r"0.1.0 is installed, the settings name 0.2.0"):
        journey.prepare(tmp_path, SETTINGS.model_copy(update={"version": "0.2.0"}))


def test_the_packages_tables_are_whole(tmp_path):
    """The published figures: 155,848 baskets of 2,469 households; 792 of 6,589 offers redeemed, observed or not."""
    result = journey.prepare(
        tmp_path, SETTINGS.model_copy(update={"early_weeks": 26, "largest_basket": 1000})
    )
    assert result.notes["lines"] == 1_469_307
    assert result.notes["households"] == 2_469
    offers = result.tables["offers"]
    assert (offers.height, offers["redeemed"].sum(), offers["campaign"].n_unique()) == (5_657, 746, 19)
    assert {reason[:5]: rows for reason, rows in result.rejected.items()}["offer"] == 6_589 - 5_657
    baskets = result.tables["baskets"]
    assert (baskets["basket"].n_unique(), baskets["category"].n_unique()) == (155_659, 302)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("products", lambda t: pl.concat([t, t.head(1)]), "product_id holds 100; expected each once"),
        ("campaigns", lambda t: t.with_columns(household_id=None), "household_id holds 1, None"),
        ("transactions", lambda t: t.with_columns(household_id=None), "household_id holds None in row 1"),
        (
            "transactions",
            lambda t: t.with_columns(sales_value=float("nan")),
            "sales_value holds nan in row 1",
        ),
        ("transactions", lambda t: t.with_columns(retail_disc=1e12), "expected an amount up to 1,000,000"),
        ("transactions", lambda t: t.with_columns(week=pl.col("week") + 60), "week holds 61 in row 1"),
        ("products", lambda t: t.with_columns(brand=None), "brand holds None in row 1"),
        ("coupon_redemptions", lambda t: pl.concat([t, t.head(1)]), "expected each once"),
        ("coupons", lambda t: t.cast({"coupon_upc": pl.Float64}), "coupon_upc holds Float64; expected whole"),
        (
            "campaigns",
            lambda t: t.cast({"campaign_id": pl.String}),
            "campaign_id holds String; expected whole",
        ),
        (
            "demographics",
            lambda t: t.with_columns(kids_count=pl.lit("x")),
            "kids_count holds 'x'; expected a",
        ),
    ],
)
def test_a_key_twice_and_an_impossible_line_are_refused(tmp_path, name, change, message):
    given = tables()
    with pytest.raises(PersonaeError, match=rf"{name}\.parquet: column .*{message}"):
        journey.assemble(write(tmp_path, given | {name: change(given[name])}), SETTINGS)
    path = tmp_path / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(PersonaeError, match=rf"{name}\.parquet: cut off or damaged"):
        journey.assemble(tmp_path, SETTINGS)


def test_a_table_without_rows_is_not_whole(tmp_path):
    with pytest.raises(PersonaeError, match=r"promotions\.parquet: holds no row"):
        prepared(tmp_path, promotions=tables()["promotions"].clear())


def test_a_household_alone_is_the_household_in_the_tables(tmp_path):
    result = prepared(tmp_path)
    learned = journey.Preparation.model_validate_json(json.dumps(result.learned))
    everyone, _ = learned.gather_folder(tmp_path)
    assert everyone["customers"].equals(result.tables["customers"])
    last = result.tables["offers"].unique("customer", keep="last", maintain_order=True)
    assert everyone["offers"].equals(last)
    for household in (1, 2, 3):
        own = {
            name: table.filter(pl.col("household_id") == household) if "household_id" in table else table
            for name, table in tables().items()
        }
        (tmp_path / str(household)).mkdir()
        alone, problems = learned.gather_folder(write(tmp_path / str(household), own))
        for name, table in alone.items():
            assert table.equals(everyone[name].filter(pl.col("customer") == household))
    assert problems == {"3": "no basket from 2017-01-02 to 2017-01-10, the day described (as_of)"}


def test_a_later_day_moves_the_period_of_households_and_campaigns(tmp_path):
    learned = journey.Preparation.model_validate_json(json.dumps(prepared(tmp_path).learned))
    later, _ = learned.gather_folder(tmp_path, learned.as_of + timedelta(days=14))
    assert later["customers"].select("customer", "recency").rows() == [(2, 2), (3, 2)]
    assert later["offers"].select("customer", "campaign").rows() == [(2, 2)]


def test_every_line_counts_as_spend(tmp_path):
    write(tmp_path, tables())
    spent = journey.purchases(tmp_path, JourneyPrepare())
    given = tables()["transactions"]["sales_value"].clip(lower_bound=0)
    assert spent["spend"].sum() == pytest.approx(given.sum())
    assert spent.columns == ["customer", "day", "spend"]
