"""Study journey: age, income and size of the households that are described."""

from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError

# Middle of each published band; the open ones get their edge, incomes are in thousands of dollars.
AGE = {"19-24": 21.5, "25-34": 29.5, "35-44": 39.5, "45-54": 49.5, "55-64": 59.5, "65+": 65.0}
INCOME = {
    **{"Under 15K": 15.0, "15-24K": 19.5, "25-34K": 29.5, "35-49K": 42.0, "50-74K": 62.0, "75-99K": 87.0},
    **{"100-124K": 112.0, "125-149K": 137.0, "150-174K": 162.0, "175-199K": 187.0, "200-249K": 224.5},
    "250K+": 250.0,
}


def read_demographics(path: Path, table: pl.DataFrame) -> pl.DataFrame:
    """Households with ages, incomes and sizes as numbers; raises for an unknown band."""
    for column, bands in (("age", AGE), ("income", INCOME)):
        unknown = sorted(set(table[column].drop_nulls().unique()) - set(bands))
        if unknown:
            raise PersonaeError(
                f"{path}: column {column} holds {unknown[0]!r}; expected one of {', '.join(bands)}"
            )
    for column in ("household_size", "kids_count"):
        odd = table[column].drop_nulls().cast(pl.String).str.contains(r"^\d{1,3}\+?$")
        if not odd.all():
            value = table[column].drop_nulls().filter(~odd)[0]
            raise PersonaeError(f"{path}: column {column} holds {value!r}; expected a number such as 2 or 5+")
    return table.select(
        "home_ownership",
        "marital_status",
        customer="household_id",
        age=pl.col("age").replace_strict(AGE, return_dtype=pl.Float64),
        income=pl.col("income").replace_strict(INCOME, return_dtype=pl.Float64),
        household_size=pl.col("household_size").str.strip_chars("+").cast(pl.Int64),
        kids=pl.col("kids_count").str.strip_chars("+").cast(pl.Int64),
    )
