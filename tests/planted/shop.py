"""Invoice lines of a look-alike of an online shop, and what is planted in them."""

import datetime

import numpy as np
import polars as pl

# Bought together: whoever takes the first takes the second in this share of the baskets.
PAIR, TOGETHER = ("85000A", "85001A"), 0.7
ITEMS = 30
START = datetime.datetime(2024, 1, 1, 9, 30)


def shop(customers: int, weeks: int, seed: int = 0) -> tuple[pl.DataFrame, dict[str, int]]:
    """Make lines with the columns of the well-known file, and count what is planted.

    Half of the customers buy often, the others seldom. A tenth of the baskets is cancelled by a later one
    with a C before its number and negative quantities; some lines have no customer, some no price.

    Returns
    -------
    lines : InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
    planted : lines in all, `cancelled`, `nameless`, `free`, and `kept` of them
    """
    rng = np.random.default_rng(seed)
    rows, number = list[tuple[object, ...]](), 536_365
    names = ["tea cup", "saucer", *(f"thing {item}" for item in range(2, ITEMS))]
    prices = rng.lognormal(1, 0.5, ITEMS).round(2)
    for customer in range(customers):
        often = customer % 2
        for week in np.flatnonzero(rng.random(weeks) < (0.5 if often else 0.12)):
            time = START + datetime.timedelta(
                days=int(week * 7 + rng.integers(0, 7)), minutes=int(rng.integers(0, 500))
            )
            items = set(rng.choice(np.arange(2, ITEMS), rng.integers(1, 5), replace=False).tolist())
            if rng.random() < 0.3:
                items |= {0, 1} if rng.random() < TOGETHER else {0}
            basket = [
                (
                    f"{85_000 + item}A",
                    names[item],
                    int(rng.integers(1, 12)),
                    time,
                    float(prices[item]),
                    12_346 + customer,
                )
                for item in sorted(items)
            ]
            rows += [(str(number), *line) for line in basket]
            number += 1
            if rng.random() < 0.1:
                rows += [(f"C{number}", *line[:2], -line[2], *line[3:]) for line in basket]
                number += 1
    nameless = rng.random(len(rows)) < 0.05
    free = rng.random(len(rows)) < 0.02
    names_of = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]
    lines = pl.DataFrame(rows, schema=names_of, orient="row").with_columns(
        pl.when(pl.Series(nameless))
        .then(None)
        .otherwise(pl.col("CustomerID").cast(pl.Float64))
        .alias("CustomerID"),
        pl.when(pl.Series(free)).then(0.0).otherwise("UnitPrice").alias("UnitPrice"),
        InvoiceDate=pl.col("InvoiceDate").dt.strftime("%m/%d/%Y %H:%M"),
        Country=pl.lit("United Kingdom"),
    )
    cancelled = lines["InvoiceNo"].str.starts_with("C").to_numpy()
    kept = ~nameless & ~cancelled & ~free
    return lines, {
        "lines": lines.height,
        "cancelled": int(cancelled.sum()),
        "nameless": int(nameless.sum()),
        "free": int(free.sum()),
        "kept": int(kept.sum()),
    }
