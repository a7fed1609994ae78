"""Source transactions: basket lines to customers, baskets and repurchases."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from pydantic import Field

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.features.baskets import MONEY, basket_features
from personae.sources.contract import check_columns
from personae.sources.dates import dates, time_pattern
from personae.sources.files import TableFile, read_files
from personae.sources.gathered import Gathered, piecewise
from personae.sources.settings import TransactionsPrepare
from personae.sources.values import Parsed, check_values, decimal_mark, identifiers, labels, numbers

AGAIN = "again"
DAYS_A_WEEK = 7
# Of pieces, or of money, in one line.
LARGEST = 1e9


def prepare(directory: Path, settings: TransactionsPrepare) -> Prepared:
    """Read the lines, drop what is no purchase, describe the customers.

    Parameters
    ----------
    directory
        Holds the files that the settings name.
    settings
        Names of the columns and rules.

    Returns
    -------
    Prepared
        `customers`: one row a customer who bought in the first `early_weeks`, described by these weeks alone
        (see `basket_features`), with `again` (1: bought in a later week). `baskets`: one row a basket and
        item, with category and week, of all weeks.

    Raises
    ------
    PersonaeError
        If a file, column or value does not fit, or nothing is left.
    """
    files = read_files(directory, settings)
    lines = pl.concat([_lines(file, settings) for file in files], how="vertical")
    bought, rejected = _purchases(lines, settings)
    start = bought["day"].min()
    assert isinstance(start, datetime.date)
    week = (pl.col("day") - start).dt.total_days() // DAYS_A_WEEK + 1
    bought = bought.with_columns(week=week.cast(pl.Int64)).sort("customer", "basket", "item", "spend")
    weeks = int(bought["week"].max())  # type: ignore[arg-type]
    early_weeks = _early_weeks(directory, settings, weeks)
    until = start + datetime.timedelta(days=early_weeks * DAYS_A_WEEK - 1)
    later = bought.filter(pl.col("week") > early_weeks).select("customer").unique()
    customers = _customers(bought, until, later["customer"])
    basket_size = pl.col("item").n_unique().over("basket")
    baskets = bought.filter(basket_size <= settings.largest_basket)
    late, large = bought["customer"].n_unique() - customers.height, bought.height - baskets.height
    rejected[f"customer who bought after week {early_weeks} only"] = late
    rejected[f"line of a basket of more than {settings.largest_basket} items"] = large
    repeated = bought.height - bought.unique().height
    learned = _learn(max(files, key=lambda file: file.table.height), settings, start, until)
    return Prepared(
        tables={
            "customers": customers,
            "baskets": baskets.select("basket", "customer", "item", "category", "week")
            .unique()
            .sort("customer", "basket", "item"),
        },
        duplicates={"rows": repeated},
        rejected=rejected,
        notes={
            "lines": lines.height,
            "purchases": bought.height,
            "first_day": start.isoformat(),
            "early_until": until.isoformat(),
            "weeks": weeks,
            "event": {"column": AGAIN, "answer": "1", "text": f"bought again after week {early_weeks}"},
        },
        learned=learned.model_dump(mode="json"),
    )


def purchases(directory: Path, settings: TransactionsPrepare) -> pl.DataFrame:
    """Spend of every line that is a purchase: `customer`, `day`, `spend` in the file's own money."""
    lines = pl.concat([_lines(file, settings) for file in read_files(directory, settings)], how="vertical")
    bought, _ = _purchases(lines, settings)
    return bought.select("customer", "day", spend=pl.col("spend") / MONEY)


class Preparation(Frozen):
    """What is learned from the lines, enough to describe a single customer.

    Attributes
    ----------
    settings
        Names of the columns and rules, as found: with decimal mark and pattern of the times.
    first, as_of
        Days from which and up to which purchases describe customers.
    """

    settings: TransactionsPrepare
    first: datetime.date = Field(strict=False)  # text in JSON
    as_of: datetime.date = Field(strict=False)

    @property
    def identifier(self) -> str:
        """Column that identifies a customer."""
        return self.settings.columns.id

    @property
    def answer(self) -> None:
        """No column: later purchases are the answer."""

    @property
    def columns(self) -> list[str]:
        """Columns that new lines must have."""
        return [name for name in self.settings.columns.model_dump().values() if name is not None]

    def raw(self, directory: Path) -> list[Path]:
        """Files of a folder that hold lines."""
        return [directory / name for name in self.settings.files]

    def gather(self, file: TableFile, as_of: datetime.date | None = None) -> Gathered:
        """Describe the customers of a file's lines by their purchases up to a day.

        Parameters
        ----------
        as_of
            That day, by default as in training; purchases of as many days before it count as there.

        Raises
        ------
        PersonaeError
            If a column is missing, or more than 1,000 lines have a problem.
        """
        until = as_of or self.as_of
        first = self.first + (until - self.as_of)
        check_columns(file.path, file.table, [self.identifier])
        wrong: dict[int, str] = {}
        parts = [part for _, part in piecewise(file, lambda rows: _lines(rows, self.settings), wrong)]
        everyone = identifiers(file.table[self.identifier])
        problems = {everyone[row]: text for row, text in reversed(wrong.items()) if everyone[row] is not None}
        lines = pl.concat([*parts, _lines(TableFile(file.path, file.table[:0], []), self.settings)])
        fit = lines.filter(~pl.col("customer").is_in(list(problems)))
        bought, _ = _kept(fit, self.settings)
        described: pl.DataFrame = basket_features(bought.filter(pl.col("day") >= first), until=until)
        named = everyone.drop_nulls().unique(maintain_order=True)
        absent = named.filter(~named.is_in([*problems, *described["customer"]]))
        problems |= dict.fromkeys(absent, f"no purchase from {first} to {until}, the day described (as_of)")
        return {"customers": described.sort("customer")}, problems


def _learn(
    file: TableFile, settings: TransactionsPrepare, first: datetime.date, until: datetime.date
) -> Preparation:
    """Keep the period, decimal mark and pattern of the times."""
    time = file.table[settings.columns.time]
    pattern = settings.time_pattern or time_pattern(time)
    found = {"decimal": settings.decimal or decimal_mark(file.table), "time_pattern": pattern}
    return Preparation(settings=settings.model_copy(update=found), first=first, as_of=until)


def _early_weeks(directory: Path, settings: TransactionsPrepare, weeks: int) -> int:
    """Weeks that describe customers, by default half; later ones must remain."""
    early_weeks = settings.early_weeks or max(weeks // 2, 1)
    if early_weeks >= weeks:
        raise PersonaeError(
            f"{directory}: prepare.early_weeks holds {early_weeks}; the lines are of {weeks} weeks, and "
            "later ones are needed to say who bought again"
        )
    return early_weeks


def half_of_the_weeks(times: Sequence[pl.Series], pattern: str | None = None) -> int | None:
    """Half of the weeks of some files' days; None below two weeks."""
    given = pl.concat([_days(time, pattern).values.cast(pl.Date) for time in times])
    first, last = given.min(), given.max()
    if not isinstance(first, datetime.date) or not isinstance(last, datetime.date):
        return None
    return ((last - first).days // DAYS_A_WEEK + 1) // 2 or None


def _days(time: pl.Series, pattern: str | None) -> Parsed:
    return dates(time, pattern or time_pattern(time))


def _customers(bought: pl.DataFrame, until: datetime.date, later: pl.Series) -> pl.DataFrame:
    """Describe customers by purchases until a day, and later repurchases."""
    described: pl.DataFrame = basket_features(bought, until=until)
    return described.sort("customer").with_columns(
        pl.col("customer").is_in(later.implode()).cast(pl.Int64).alias(AGAIN),
        unit=pl.int_range(pl.len(), dtype=pl.Int64),
    )


def _lines(file: TableFile, settings: TransactionsPrepare) -> pl.DataFrame:
    """Read the named columns of all files as one table."""
    names = settings.columns
    table = file.table
    wanted = [name for name in names.model_dump().values() if name is not None]
    check_columns(file.path, table, wanted)
    decimal = settings.decimal or decimal_mark(table)

    def figures(name: str | None) -> pl.Series:
        if name is None:
            return pl.Series("one", [1.0] * table.height, dtype=pl.Float64)
        parsed = numbers(table[name], decimal, settings.missing.get(name, ()))
        return check_values(file, name, parsed, "a number", LARGEST).cast(pl.Float64)

    days = _days(table[names.time], settings.time_pattern)
    day = check_values(file, names.time, days, "a date or time").cast(pl.Date)
    quantity = figures(names.quantity)
    spend = figures(names.amount) if names.amount else quantity * figures(names.price)
    item = labels(table[names.item])
    customer = identifiers(table[names.id])
    return pl.DataFrame(
        {
            "customer": customer,
            "basket": labels(table[names.basket]) if names.basket else customer + " " + day.cast(pl.String),
            "item": item,
            "category": labels(table[names.category]) if names.category else item,
            "day": day,
            "quantity": quantity,
            "spend": (spend * MONEY).round().cast(pl.Int64),
        }
    )


def _purchases(lines: pl.DataFrame, settings: TransactionsPrepare) -> tuple[pl.DataFrame, dict[str, int]]:
    """Drop what is no purchase; raise where nothing is left."""
    kept, rejected = _kept(lines, settings)
    if kept.is_empty():
        most = max(rejected, key=lambda reason: rejected[reason])
        raise PersonaeError(f"{settings.files[0]}: no purchase is left; most lines: {most}")
    return kept, rejected


def _kept(lines: pl.DataFrame, settings: TransactionsPrepare) -> tuple[pl.DataFrame, dict[str, int]]:
    """Drop cancellations, then lines with a missing or invalid value."""
    rules = [
        ("line without a customer", pl.col("customer").is_null()),
        ("line of a cancelled basket", _matches(settings.cancelled)),
        ("line without an item", pl.col("item").is_null()),
        ("line without a basket", pl.col("basket").is_null()),
        ("line without a day", pl.col("day").is_null()),
        ("line of no piece, or of pieces returned", ~(pl.col("quantity") > 0).fill_null(value=False)),
        ("line without a price above 0", ~(pl.col("spend") > 0).fill_null(value=False)),
    ]
    rejected = {}
    for reason, condition in rules:
        kept = lines.filter(~condition.fill_null(value=False))
        rejected[reason] = lines.height - kept.height
        lines = kept
    return lines, rejected


def _matches(pattern: str | None) -> pl.Expr:
    if pattern is None:  # of every line, for Polars does not broadcast a literal that fills gaps
        return pl.col("basket").is_null() & pl.lit(value=False)
    return pl.col("basket").str.contains(pattern)
