"""Study grocery: customers, baskets as list literals, products and categories."""

import ast
import datetime
import functools
import io
import itertools
import operator
import re
import tokenize
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
from narwhals.typing import FrameT

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.sources.contract import (
    MOST_REPAIRED,
    check_columns,
    check_rows,
    find_file,
    look_up,
    parse_times,
    read_contract,
    refuse_first,
    repair,
    said,
    unended,
)
from personae.sources.files import TableFile
from personae.sources.values import YEARS, identifiers
from personae.studies.grocery.settings import GroceryPrepare

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

CUSTOMERS, BASKETS, MAPPING = "customer_info.csv", "customer_basket.csv", "product_mapping.xlsx"
SPENDING = {
    f"lifetime_spend_{name}": name
    for name in [
        *["groceries", "electronics", "vegetables", "nonalcohol_drinks", "alcohol_drinks", "meat", "fish"],
        *["hygiene", "videogames", "petfood"],
    ]
}
COUNTS = {
    "kids_home": "kids",
    "teens_home": "teens",
    "number_complaints": "complaints",
    "distinct_stores_visited": "stores",
    "typical_hour": "hour",
    "lifetime_total_distinct_products": "distinct_products",
}
EDUCATION = {"bsc.": "bachelor", "msc.": "master", "phd.": "doctor"}
PROMOTION = "percentage_of_products_bought_promotion"
CARD = "loyalty_card_number"
BIRTH = "month/day/year hour:minute AM or PM such as 08/22/1948 05:06 AM"
EMPTY = {"basket": pl.Int64, "customer": pl.Int64, "item": pl.String, "category": pl.String, "week": pl.Int64}


def prepare(directory: Path, settings: GroceryPrepare) -> Prepared:
    """Read the files, repair what is impossible, add features.

    Parameters
    ----------
    directory
        Holds `customer_info.csv`, and may hold `customer_basket.csv` with `product_mapping.xlsx`.
    settings
        The rules.

    Returns
    -------
    Prepared
        `customers`: one row a customer, without the name. `baskets`: one row a basket and item, with
        category; week is null, for the file has no time; without a basket file there are no rows.

    Raises
    ------
    PersonaeError
        If a file is missing or does not keep the contract.
    """
    path = directory / CUSTOMERS
    table = read_contract(path, _customer_contract(), separator=",")
    customers, repairs = _describe(path, table, settings.reference_year, MOST_REPAIRED)
    notes = {}
    read = [path]
    if look_up(directory / BASKETS):
        read.append(directory / BASKETS)
        baskets, basket_repairs, rejected = _baskets(directory, customers["customer"], settings)
    else:
        baskets, basket_repairs, rejected = pl.DataFrame(schema=EMPTY), [], {}
        notes = {"remark": f"no {BASKETS}: no rules, no promotions"}
    return Prepared(
        tables={"customers": customers, "baskets": baskets},
        duplicates={"rows": table.height - table.select(pl.exclude("customer_id")).unique().height},
        repairs=[*repairs, *basket_repairs, *unended(*read)],
        rejected=rejected,
        notes={
            "baskets": baskets["basket"].n_unique() if baskets.height else 0,
            "customers_without_baskets": customers.join(baskets, on="customer", how="anti").height,
            **notes,
        },
        learned=Preparation(settings=settings).model_dump(mode="json"),
    )


class Preparation(Frozen):
    """What preparing a single row takes; nothing is learned from the file."""

    settings: GroceryPrepare

    @property
    def identifier(self) -> str:
        """Column that identifies a customer."""
        return "customer_id"

    @property
    def answer(self) -> None:
        """The card is the answer, and an input of the imputer: it is read where it is there."""

    @property
    def as_of(self) -> datetime.date:
        """Last day of the year that ages and tenures count to."""
        return datetime.date(self.settings.reference_year, 12, 31)

    @property
    def columns(self) -> list[str]:
        """Columns that new rows must have."""
        return [name for name in _customer_contract().columns if name != CARD]

    def raw(self, directory: Path) -> list[Path]:
        """Files of a folder that hold customers."""
        return [find_file(directory / CUSTOMERS)]

    def apply(self, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
        """Prepare rows, each as in the training file, described in another year if a day is given.

        The column of the card may be absent; identifiers are text; `flags` says what was repaired.

        Raises
        ------
        PersonaeError
            With column, value and line of the first that does not fit.
        """
        check_columns(file.path, file.table, ["customer_id"])
        customer = identifiers(file.table["customer_id"])
        if customer.has_nulls():
            raise PersonaeError(f"{file.path}: column customer_id has no value; expected an identifier")
        year = (as_of or self.as_of).year
        known = CARD in file.table.columns
        table = check_rows(file, _customer_contract(), "customer_id", *([] if known else [CARD]))
        further = {"customer_id": customer, "flags": said(table, _rules(year))}
        if not known:
            further[CARD] = pl.Series([None] * table.height, dtype=pl.Float64)
        customers, _ = _describe(file.path, table.with_columns(**further), year, most=1.0)
        return customers if known else customers.with_columns(loyalty_card=pl.lit(None, pl.Int64))


def _describe(
    path: Path, table: pl.DataFrame, year: int, most: float
) -> tuple[pl.DataFrame, list[tuple[str, str, int]]]:
    """Repair checked rows and add features, both at a year."""
    born = parse_times(path, table["customer_birthdate"], "%m/%d/%Y %I:%M %p", BIRTH)
    refuse_first(path, table["customer_birthdate"], born.dt.year() > year, f"a year up to {year}")
    repaired, repairs = repair(path, table.with_columns(born=born), _rules(year), most)
    return features(repaired, reference_year=year), repairs


@nw.narwhalify
def features(customers: FrameT, *, reference_year: int) -> FrameT:
    """Add what describes a customer: education, age, tenure, loyalty card, spend shares.

    Education comes from the title before the name ("none" where there is none). Ages and tenures are years
    at the reference year. Who has no card number has no card. Spend shares lie in [0, 1]; where a part
    of the spend is not known, its share and the total are null, and the other shares are of the known rest.
    """
    total = functools.reduce(operator.add, (nw.col(name) for name in SPENDING))
    known = nw.sum_horizontal(*SPENDING)
    title = nw.col("customer_name").str.to_lowercase().str.slice(0, 4)
    education: nw.Expr = nw.lit("none")
    for prefix, degree in EDUCATION.items():
        education = nw.when(title == prefix).then(nw.lit(degree)).otherwise(education)
    return (
        customers.with_columns(
            education=education,
            total_spend=total,
            age=reference_year - nw.col("born").dt.year().cast(nw.Float64),
            tenure=reference_year - nw.col("year_first_transaction"),
            loyalty_card=(~nw.col("loyalty_card_number").is_null()).cast(nw.Int64),
            unit=nw.col("customer_id"),
        )
        .with_columns(
            nw.when(known > 0).then(nw.col(column) / known).otherwise(nw.col(column)).alias(f"{name}_share")
            for column, name in SPENDING.items()
        )
        .rename(
            {"customer_id": "customer", "customer_gender": "gender", PROMOTION: "promotion_share", **COUNTS}
        )
        .drop("customer_name", "customer_birthdate", "born", "year_first_transaction", "loyalty_card_number")
    )


@functools.cache
def _customer_contract() -> "DataFrameSchema":
    import pandera.polars as pa  # noqa: PLC0415 - costs half a second, and only reading needs it

    highest = {**dict.fromkeys(COUNTS, 1e6), **dict.fromkeys(SPENDING, 1e9), "typical_hour": 24}
    ranges = {
        **{name: (0, most) for name, most in highest.items()},
        **{PROMOTION: (-10, 10), "year_first_transaction": YEARS, "loyalty_card_number": (0, 1e15)},
        **{"latitude": (-90, 90), "longitude": (-180, 180)},
    }
    return pa.DataFrameSchema(
        {
            "customer_id": pa.Column(int, unique=True),
            "customer_name": pa.Column(str, nullable=True),
            "customer_gender": pa.Column(str, pa.Check.isin(["female", "male"])),
            "customer_birthdate": pa.Column(str, nullable=True),
            **{
                name: pa.Column(float, [pa.Check.ge(least), pa.Check.le(most)], nullable=True)
                for name, (least, most) in ranges.items()
            },
        }
    )


def _basket_contract() -> "DataFrameSchema":
    import pandera.polars as pa  # noqa: PLC0415 - costs half a second, and only reading needs it

    return pa.DataFrameSchema(
        {
            "invoice_id": pa.Column(int, unique=True),
            "list_of_goods": pa.Column(str, nullable=True),
            "customer_id": pa.Column(int, nullable=True),
        }
    )


def _rules(reference_year: int) -> list[tuple[str, str, pl.Expr, Any]]:
    """Bring impossible promotion shares and years to the nearest possible value."""
    share, first = pl.col(PROMOTION), pl.col("year_first_transaction")
    late = f"later than {reference_year}: set to {reference_year}"
    return [
        ("a share below 0: set to 0", PROMOTION, share < 0, 0.0),
        ("a share above 1: set to 1", PROMOTION, share > 1, 1.0),
        (late, "year_first_transaction", first > reference_year, float(reference_year)),
    ]


def _baskets(
    directory: Path, customers: pl.Series, settings: GroceryPrepare
) -> tuple[pl.DataFrame, list[tuple[str, str, int]], dict[str, int]]:
    """Parse list literals to one row a basket item; drop invalid baskets."""
    path = directory / BASKETS
    table = read_contract(path, _basket_contract(), separator=",")
    goods = pl.Series("item", [parse(path, row, text) for row, text in enumerate(table["list_of_goods"], 2)])
    listed = table.select(basket="invoice_id", customer="customer_id").with_columns(goods.list.unique())
    known = listed.filter(pl.col("customer").is_in(customers.implode()))
    size = pl.col("item").list.len()
    lines = known.filter(size.is_between(1, settings.largest_basket)).explode("item")
    mapping, twice = _mapping(directory / MAPPING)
    joined = lines.join(mapping, on="item", how="left").with_columns(week=pl.lit(None, pl.Int64))
    unmapped = joined.filter(pl.col("category").is_null())["item"].n_unique()
    absent = f"item that the mapping lacks: category {settings.unmapped}; {unmapped} such items"
    baskets = joined.with_columns(pl.col("category").fill_null(settings.unmapped)).select(*EMPTY)
    return (
        baskets.sort("customer", "basket", "item"),
        [
            ("product mapped more than once: the category named first holds", "category", twice),
            (absent, "category", joined["category"].null_count()),
        ],
        {
            "basket of an unknown customer": listed.height - known.height,
            "empty basket": known.filter(size == 0).height,
            f"basket of more than {settings.largest_basket} different items": known.filter(
                size > settings.largest_basket
            ).height,
        },
    )


def parse(path: Path, row: int, text: str | None) -> list[str]:
    """Read a list literal without evaluating it.

    Examples
    --------
    >>> parse(Path("customer_basket.csv"), 2, "['cake', 'half-life: alyx']")
    ['cake', 'half-life: alyx']
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            goods = ast.literal_eval(text or "")
    except (ValueError, SyntaxError, SyntaxWarning, MemoryError, RecursionError):
        goods = None
    named = isinstance(goods, list) and all(isinstance(item, str) and item.strip() for item in goods)
    if not named or _joins_literals(text or ""):
        shown = text if text is None or len(text) <= 60 else f"{text[:57]}..."
        raise PersonaeError(
            f"{path}: column list_of_goods holds {shown!r} in row {row}; "
            "expected a list such as ['cake', 'milk']"
        )
    return [item.strip() for item in goods]


def _joins_literals(text: str) -> bool:
    """Whether adjacent literals lack a comma, as NumPy prints them."""
    if not re.search(r"""['"]\s*['"]""", text):  # most lists end here, at little cost
        return False
    kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(text).readline)]
    words = [kind for kind in kinds if kind not in (tokenize.NL, tokenize.COMMENT)]
    return any(pair == (tokenize.STRING, tokenize.STRING) for pair in itertools.pairwise(words))


def _mapping(path: Path) -> tuple[pl.DataFrame, int]:
    """Read each product's first category, and count the others."""
    found = look_up(path)
    if found is None:
        raise PersonaeError(f"{path}: no such file; the baskets need it for the categories of their items")
    try:
        table = pl.read_excel(found, engine="calamine", infer_schema_length=None)
    except Exception as error:  # noqa: BLE001 - the reader raises several kinds for a file that is no workbook
        raise PersonaeError(f"{path}: cannot be read as a workbook ({str(error).splitlines()[0]})") from None
    check_columns(path, table, ["product_name", "category"])
    words = table.select(
        item=pl.col("product_name").cast(pl.String).str.strip_chars(),
        category=pl.col("category").cast(pl.String).str.strip_chars(),
    ).drop_nulls()
    mapping = words.unique("item", keep="first", maintain_order=True)
    return mapping, words.height - mapping.height
