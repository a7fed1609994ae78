"""Simulated supermarket: planted niches, rules and data quirks."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

import numpy as np
import polars as pl

from personae.studies.grocery.source import BASKETS, CUSTOMERS, MAPPING, PROMOTION, SPENDING

PRODUCTS = {
    category: goods.split(", ")
    for category, goods in {
        "groceries": (
            "bread, rice, pasta, flour, sugar, salt, butter, eggs, cheddar, yoghurt, oats, muesli, jam, "
            "honey, tomato sauce, olive oil, vinegar, crackers, cookies, chocolate, peanut butter, "
            "canned_beans, whole weat bread, tortillas, baby porridge, nappies"
        ),
        "vegetables": "tomatoes, onions, carrots, potatoes, spinach, broccoli, peppers, courgette",
        "electronics": "phone, laptop, tablet, charger, speaker, headphones, smart watch",
        "videogames": "star racer 3, dungeon & dice, half-moon: origins, puzzle park, headphones",
        "nonalcohol_drinks": "mineral water, orange juice, cola, iced tea, lemonade",
        "alcohol_drinks": "beer, red wine, white wine, cider, gin",
        "meat": "chicken, beef, pork, turkey, ham",
        "fish": "salmon, cod, tuna, sardines, shrimp",
        "hygiene": "soap, shampoo, toothpaste, deodorant, razor",
        "pet food": "cat food, dog food, bird seed",
    }.items()
}
SEGMENTS = {
    # share of the customers, and per cent of their spend in each category, in the order of SPENDING
    "families": (0.42, (60, 4, 9, 6, 2, 8, 5, 4, 1, 1)),
    "party people": (0.2, (38, 6, 4, 12, 26, 6, 2, 3, 2, 1)),
    "vegetarians": (0.2, (47, 3, 30, 9, 4, 0.5, 0.5, 4, 1, 1)),
    "gamers": (0.13, (28, 26, 3, 8, 5, 4, 2, 2, 21, 1)),
    "fishermen": (0.03, (0.5, 0.2, 0.3, 0.3, 0.3, 0.2, 97, 0.2, 0.2, 0.8)),
    "pet lovers": (0.02, (16, 1, 2, 2, 1, 3, 1, 2, 1, 71)),
}
# antecedent, consequent, chance that the antecedent brings the consequent along, segment (None: everybody)
RULES = (
    ("flour", "sugar", 0.6, None),
    ("pasta", "tomato sauce", 0.65, None),
    ("baby porridge", "nappies", 0.7, "families"),
    ("beer", "tortillas", 0.55, "party people"),
    ("phone", "charger", 0.65, "gamers"),
)
INVOICES = 31_000


def simulate(
    customers: int, baskets: int, seed: int, *, planted: bool = True
) -> tuple[dict[str, pl.DataFrame], np.ndarray]:
    """Draw customers and baskets.

    Parameters
    ----------
    customers
        Rows, at least 200.
    baskets
        Shopping trips of these customers, at least 100.
    seed
        Same seed, same files.
    planted
        Whether the rules hold; without them items meet by chance, segment and basket size alone.

    Returns
    -------
    `customers`, `baskets` and `mapping` in the publisher's columns; and the planted segment of each customer,
    an index into `SEGMENTS`.
    """
    rng = np.random.default_rng(seed)
    shares = np.array([share for share, _ in SEGMENTS.values()])
    segment = rng.choice(len(SEGMENTS), size=customers, p=shares)
    tastes = np.array([taste for _, taste in SEGMENTS.values()]) / 100
    taste = np.array([rng.dirichlet(tastes[number] * 60 + 0.02) for number in segment])
    numbers = rng.permutation(customers + customers // 5)[:customers] + 1
    table = _customers(numbers, segment, taste, rng)
    return {
        "customers": _with_quirks(table, rng),
        "baskets": _trips(numbers, segment, taste, baskets, rng, planted=planted),
        "mapping": _mapping(),
    }, segment


def to_files(tables: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Write the tables in the publisher's formats, text and workbook."""
    return {
        CUSTOMERS: tables["customers"].write_csv().encode(),
        BASKETS: tables["baskets"].write_csv().encode(),
        MAPPING: to_workbook(tables["mapping"], "product_category"),
    }


def _customers(
    numbers: np.ndarray, segment: np.ndarray, taste: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    size = len(numbers)
    names = np.array(list(SEGMENTS))[segment]
    total = rng.lognormal(10.2, 0.5, size)
    kids = rng.poisson(np.where(names == "families", 2.0, 0.3))
    minutes = rng.integers(0, 61 * 365 * 24 * 60, size).astype("timedelta64[m]")
    born = pl.Series((np.datetime64("1940-01-01") + minutes).astype("datetime64[ms]"))
    titles = rng.choice(["", "Bsc. ", "Msc. ", "Phd. "], size, p=[0.46, 0.18, 0.18, 0.18])
    deals = np.where(names == "party people", 0.55, 0.3)
    spent = dict(zip(SPENDING, (taste * total[:, None]).round().T, strict=True))
    first = {name: spent.pop(name) for name in [*SPENDING][:2]}
    return pl.DataFrame(
        {
            "customer_id": numbers,
            "customer_name": [
                f"{title}Customer {number}" for title, number in zip(titles, numbers, strict=True)
            ],
            "customer_gender": rng.choice(["female", "male"], size),
            "customer_birthdate": born.dt.strftime("%m/%d/%Y %I:%M %p"),
            "kids_home": kids.astype(float),
            "teens_home": rng.poisson(kids * 0.4).astype(float),
            "number_complaints": rng.poisson(0.8, size).astype(float),
            "distinct_stores_visited": 1 + rng.poisson(np.where(names == "fishermen", 0, 1.2)).astype(float),
            **first,
            "typical_hour": rng.choice([10, 11, 17, 18, 21], size).astype(float),
            **spent,
            "lifetime_total_distinct_products": rng.poisson(np.where(names == "fishermen", 12, 170)).astype(
                float
            ),
            PROMOTION: rng.normal(deals, 0.12),
            "year_first_transaction": rng.integers(1998, 2025, size).astype(float),
            "loyalty_card_number": rng.integers(900_000, 1_000_000, size).astype(float),
            "latitude": rng.uniform(38.66, 38.81, size),
            "longitude": rng.uniform(-9.24, -9.06, size),
        }
    )


def _with_quirks(table: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Plant gaps, missing cards, impossible shares and future years."""
    gaps = {
        "loyalty_card_number": 0.185,
        "distinct_stores_visited": 0.01,
        "lifetime_spend_fish": 0.01,
        "lifetime_spend_alcohol_drinks": 0.01,
        "lifetime_spend_vegetables": 0.005,
        "kids_home": 0.005,
        "customer_birthdate": 0.004,
        "typical_hour": 0.004,
    }
    lost = {name: pl.Series(rng.random(table.height) < share) for name, share in gaps.items()}
    wild = pl.Series(rng.random(table.height) < 0.02) * pl.Series(rng.choice([-0.7, 0.9], table.height))
    ahead = pl.Series(rng.random(table.height) < 0.009)
    return table.with_columns(
        pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in lost.items()
    ).with_columns(
        pl.col(PROMOTION) + wild,
        year_first_transaction=pl.when(ahead).then(2026.0).otherwise("year_first_transaction"),
    )


def _trips(
    numbers: np.ndarray,
    segment: np.ndarray,
    taste: np.ndarray,
    baskets: int,
    rng: np.random.Generator,
    *,
    planted: bool,
) -> pl.DataFrame:
    """Draw baskets by size, taste and item appeal, then planted rules."""
    items = [item for goods in PRODUCTS.values() for item in goods]
    groups = np.repeat(np.arange(len(PRODUCTS)), [len(goods) for goods in PRODUCTS.values()])
    appeal = rng.lognormal(0, 0.5, len(items))
    appeal /= np.bincount(groups, appeal)[groups]
    order = ["groceries", "vegetables", "electronics", "videogames", "nonalcohol_drinks", "alcohol_drinks"]
    order += ["meat", "fish", "hygiene", "petfood"]
    column = [list(SPENDING.values()).index(name) for name in order]
    names = list(SEGMENTS)
    owners = rng.choice(len(numbers), baskets, p=rng.dirichlet(np.full(len(numbers), 4)))
    lists = []
    for owner, size in zip(owners, rng.geometric(0.2, baskets), strict=True):
        weight = taste[owner][column][groups] * appeal + 1e-9
        held = list(rng.choice(items, min(size, 25), replace=False, p=weight / weight.sum()))
        for antecedent, consequent, chance, only in RULES if planted else ():
            meant = only is None or names[segment[owner]] == only
            if meant and antecedent in held and consequent not in held and rng.random() < chance:
                held.append(consequent)
        lists.append(str([*dict.fromkeys(map(str, held))]))
    invoices = rng.permutation(np.arange(INVOICES, INVOICES + 3 * baskets))[:baskets]
    return pl.DataFrame({"invoice_id": invoices, "list_of_goods": lists, "customer_id": numbers[owners]})


def _mapping() -> pl.DataFrame:
    """Map products to categories, one ambiguous and one doubled."""
    rows = [(item, category) for category, goods in PRODUCTS.items() for item in goods]
    rows.append(("spinach", "vegetables"))
    return pl.DataFrame(rows, schema=["product_name", "category"], orient="row")


def to_workbook(table: pl.DataFrame, sheet: str) -> bytes:
    """Write text as a plain Excel workbook with reproducible bytes."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' for value in row) + "</row>"
        for row in [table.columns, *table.rows()]
    )
    office = "http://schemas.openxmlformats.org"
    main, relations = f"{office}/spreadsheetml/2006/main", f"{office}/officeDocument/2006/relationships"
    package, types = f"{office}/package/2006/relationships", f"{office}/package/2006/content-types"
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{types}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{spreadsheet}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{spreadsheet}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return content.getvalue()
