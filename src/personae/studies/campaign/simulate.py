"""Simulated campaign customers: planted segments, answer and data quirks."""

import calendar
import datetime

import numpy as np
import polars as pl

from personae.studies.campaign.source import CAMPAIGNS, CHANNELS, FILE, SPENDING

SEGMENTS = {
    # share, income, children, total spend, orders, log odds of an answer
    "affluent": (0.22, 76_000, 0.2, 1_350, 21, -1.7),
    "loyal families": (0.28, 55_000, 1.1, 620, 18, -2.6),
    "careful families": (0.32, 33_000, 1.4, 90, 7, -3.3),
    "web newcomers": (0.18, 42_000, 0.6, 240, 11, -2.4),
}
EDUCATION = {"Basic": 0.03, "2n Cycle": 0.09, "Graduation": 0.5, "Master": 0.17, "PhD": 0.21}
MARITAL = {"Married": 0.39, "Together": 0.26, "Single": 0.21, "Divorced": 0.1, "Widow": 0.04}
TASTES = np.array([0.45, 0.06, 0.28, 0.08, 0.06, 0.07])
WAYS = np.array([0.33, 0.20, 0.47])
NEWEST = datetime.date(2014, 6, 29)
# Months after the sample, and whether customers drift: then incomes no longer go with spending.
MONTHS = {"2014-07": False, "2014-08": False, "2014-09": True}
A_MONTH, LONGEST = 400, 700
# Of those who respond if contacted, the share who respond without.
WITHOUT_CONTACT = 0.4


def simulate(customers: int, seed: int, newest: datetime.date = NEWEST) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw customers.

    Parameters
    ----------
    customers
        Rows, at least 50; one in twelve repeats an earlier customer under another identifier.
    seed, newest
        Same seed, same table; last day on which a customer may have joined.

    Returns
    -------
    The table in the publisher's columns, dates as day-month-year text; and what is planted in each row:
    `segment` (an index into `SEGMENTS`) and `probability` of an answer.
    """
    rng = np.random.default_rng(seed)
    twins = customers // 12
    size = customers - twins
    shares, income, children, spend, orders, appetite = (
        np.array(column) for column in zip(*SEGMENTS.values(), strict=True)
    )
    segment = rng.choice(len(SEGMENTS), size=size, p=shares)
    kids = np.minimum(rng.poisson(children[segment] * 0.5), 2)
    teens = np.minimum(rng.poisson(children[segment] * 0.5), 2)
    total = spend[segment] * rng.lognormal(0, 0.35, size)
    bought = np.maximum(rng.poisson(orders[segment]), 1)
    spending = (rng.dirichlet(TASTES * 25, size) * total[:, None]).astype(int)
    ways = np.array([rng.multinomial(count, rng.dirichlet(WAYS * 20)) for count in bought])
    deals = rng.poisson(0.12 * bought * (1 + kids + teens))
    days = rng.integers(0, 100, size)
    tenure = rng.integers(0, LONGEST, size)
    earlier = (rng.random((size, 5)) < np.where(segment[:, None] == 0, 0.18, 0.03)).astype(int)
    logit = appetite[segment] + 1.3 * earlier.sum(1) - 0.5 * (kids + teens)
    logit += 0.0022 * (tenure - 350) - 0.022 * (days - 49)
    probability = 1 / (1 + np.exp(-logit))
    joined = np.datetime64(newest) - tenure.astype("timedelta64[D]")
    columns = {
        "ID": rng.permutation(size * 5)[:size],
        "Year_Birth": 1969 + rng.normal(0, 11, size).astype(int).clip(-28, 26),
        "Education": rng.choice(list(EDUCATION), size, p=list(EDUCATION.values())),
        "Marital_Status": rng.choice(list(MARITAL), size, p=list(MARITAL.values())),
        "Income": (income[segment] * rng.lognormal(0, 0.16, size)).astype(int),
        "Kidhome": kids,
        "Teenhome": teens,
        "Dt_Customer": pl.Series(joined).dt.strftime("%d-%m-%Y"),
        "Recency": days,
        **dict(zip(SPENDING, spending.T, strict=True)),
        "NumDealsPurchases": deals,
        **dict(zip(CHANNELS, ways.T, strict=True)),
        "NumWebVisitsMonth": rng.poisson(np.where(segment == 3, 8, 5), size),
        **{CAMPAIGNS[index]: earlier[:, index] for index in (2, 3, 4, 0, 1)},
        "Complain": (rng.random(size) < 0.01).astype(int),
        "Z_CostContact": np.full(size, 3),
        "Z_Revenue": np.full(size, 11),
        "Response": (rng.random(size) < probability).astype(int),
    }
    table = _with_twins(_with_quirks(pl.DataFrame(columns), rng), twins, rng)
    planted = pl.DataFrame({"segment": segment, "probability": probability})
    return table, pl.concat([planted, planted.head(twins)])


def to_files(table: pl.DataFrame) -> dict[str, bytes]:
    """Write the table as the publisher does: tab separated, CRLF line ends."""
    return {FILE: table.write_csv(separator="\t", line_terminator="\r\n").encode()}


def simulate_months(customers: int, seed: int) -> dict[str, pl.DataFrame]:
    """Draw `A_MONTH` customers of each of `MONTHS`, with answers.

    Who joined since the sample is new. The others are customers of `simulate(customers, seed)` who spent a
    little more or less since and answer anew; after `LONGEST` days customers leave.
    """
    earlier, planted = simulate(customers, seed)
    joined = pl.col("Dt_Customer").str.to_date("%d-%m-%Y")
    made = {}
    for place, (name, drifts) in enumerate(MONTHS.items(), 1):
        year, month = map(int, name.split("-"))
        last = datetime.date(year, month, calendar.monthrange(year, month)[1])
        rng = np.random.default_rng([seed, place])
        new = simulate(A_MONTH, seed + place, last)[0].filter(joined > NEWEST)
        new = new.with_columns(ID=pl.Series(100_000 * place + rng.permutation(new.height)))
        there = earlier.with_columns(chance=planted["probability"]).head(customers - customers // 12)
        there = there.filter(joined >= last - datetime.timedelta(LONGEST))
        old = there.sample(A_MONTH - new.height, shuffle=True, seed=seed + place)
        factor = pl.Series(rng.lognormal(0, 0.15, old.height))
        old = old.with_columns(
            *((pl.col(column) * factor).cast(pl.Int64) for column in SPENDING),
            Recency=pl.Series(rng.integers(0, 100, old.height)),
            Response=pl.Series(rng.random(old.height) < old["chance"].to_numpy()).cast(pl.Int64),
        )
        table = pl.concat([old.drop("chance"), new])
        if drifts:
            table = table.with_columns(table["Income"].sample(fraction=1, shuffle=True, seed=seed))
        made[name] = table
    return made


def simulate_answers(listed: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Draw the answers of a list's customers: `customer`, `response`.

    Parameters
    ----------
    listed
        `customer`, `decision` (`contact` or `control`; others are left out), `probability` of a response if
        contacted, of which `WITHOUT_CONTACT` remains without.
    """
    sent = listed.filter(pl.col("decision").is_in(["contact", "control"])).sort("customer")
    contacted = (sent["decision"] == "contact").to_numpy()
    chance = sent["probability"].to_numpy() * np.where(contacted, 1, WITHOUT_CONTACT)
    response = (np.random.default_rng(seed).random(len(chance)) < chance).astype(int)
    return sent.select("customer", response=pl.Series(response))


def _with_quirks(table: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Plant missing and impossible values and odd marital words."""
    rows = rng.permutation(np.arange(table.height // 2, table.height))
    index = pl.int_range(pl.len())
    lost = rows[: max(table.height // 90, 3)].tolist()
    rich = int(rows[-1])
    old = dict(zip(rows[-4:-1].tolist(), [1893, 1899, 1900], strict=True))
    odd = ["Alone", "Alone", "Absurd", "YOLO", "YOLO", "Absurd"]
    words = dict(zip(rows[-10:-4].tolist(), odd, strict=True))
    return table.with_columns(
        Income=pl.when(index.is_in(lost)).then(None).when(index == rich).then(666_666).otherwise("Income"),
        Year_Birth=index.replace_strict(old, default=pl.col("Year_Birth")),
        Marital_Status=index.replace_strict(words, default=pl.col("Marital_Status")),
    )


def _with_twins(table: pl.DataFrame, twins: int, rng: np.random.Generator) -> pl.DataFrame:
    """Repeat some customers with new identifiers, one in ten answering differently."""
    flipped = rng.random(twins) < 0.1
    again = table.head(twins).with_columns(
        ID=pl.int_range(1, twins + 1) + table.select(pl.col("ID").max()).item(),
        Response=(pl.col("Response") - pl.Series(flipped.astype(int))).abs(),
    )
    return pl.concat([table, again])
