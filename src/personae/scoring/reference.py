"""What a scorer is held against: prepared rows with their scores, and the model's own probabilities."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from personae.response.early import early_rows
from personae.scoring.fitted import Fitted
from personae.scoring.reasons import typical_values
from personae.scoring.scorer import Scorer

MOST_ROWS = 5000


def reference_rows(customers: pl.DataFrame, scores: pl.DataFrame, most: int = MOST_ROWS) -> pl.DataFrame:
    """Prepared customers with their scores; of many a sample by a hash of the customer.

    Examples
    --------
    >>> scores = pl.DataFrame({"customer": ["7"], "segment": [1], "probability": 0.2, "decision": "leave"})
    >>> reference_rows(pl.DataFrame({"customer": [7], "age": [40]}), scores).row(0)
    ('7', 40, 1, 0.2, 'leave')
    """
    named = customers.with_columns(pl.col("customer").cast(pl.String))
    found = scores.select(
        "customer",
        *(
            pl.col(name).alias(name if name not in named.columns else f"scored {name}")
            for name in ("segment", "probability", "decision")
        ),
    )
    rows = named.join(found, on="customer", how="inner", maintain_order="left")
    if rows.height <= most:
        return rows
    place = rows["customer"].hash(seed=0)
    return rows.filter(place.rank("ordinal") <= most)


def response_rows(scorer: Scorer, given: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The deployed model's probability of every row of its table, by customer and offer."""
    assert scorer.model is not None
    settings = scorer.parts.settings
    rows = early_rows(given, settings.early) if settings.early else given[settings.table]
    chances = scorer.model.predict_proba(rows.to_pandas())
    several = len(scorer.model.classes) > 2
    probability = chances.max(axis=1) if several else chances[:, 1]
    return rows.select("customer").with_columns(
        probability=pl.Series(probability), **scorer.parts.offered(rows)
    )


def typical_of(parts: Fitted, given: Sequence[pl.DataFrame]) -> dict[str, Any]:
    """Typical value of every prepared column that a scorer reads, of the first table that has it."""
    found: dict[str, Any] = {}
    for table in given:
        found = typical_values(table, parts.columns(table.columns)) | found
    return found
