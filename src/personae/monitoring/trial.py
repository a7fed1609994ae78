"""Champion and challenger on the same answers, from a study's months."""

import datetime
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from personae.monitoring.gate import by_unit, log_loss
from personae.monitoring.month import Incoming, answered, judged, prepared, scored
from personae.scoring.scorer import Scorer
from personae.targeting.choose import economics_of


def trained_until(scorer: Scorer, registered: datetime.date) -> str:
    """Last month that a model may have learned from, such as 2024-03.

    The newest day of its data, and the months that were absorbed. Where neither is known, or its answers lie
    after the day that describes customers, the month in which it was registered.
    """
    preparation = scorer.preparation
    day = getattr(preparation, "last", None) or (preparation.as_of if preparation.answer else None)
    files = getattr(preparation.settings, "files", ())
    absorbed = [name[:7] for name in files if re.match(r"\d{4}-\d\d-", name)]
    known = [*absorbed, *([f"{day:%Y-%m}"] if day else [])]
    return max(known, default=f"{registered:%Y-%m}")


def compare(champion: Scorer, challenger: Scorer, months: Sequence[Incoming]) -> dict[str, Any]:
    """Gain in log loss and profit of the challenger on every answer that both models have a probability for.

    Returns
    -------
    dict
        `gain`, shape (customers,); `profit`, likewise, None without prices; `months` that had answers.
    """
    rows = []
    for month in months:
        answers = answered(champion, month)
        if not answers.height:
            continue
        own = judged(scored(champion, month), answers)
        other = scored(challenger, month).select("customer", theirs="probability", their_decision="decision")
        both = own.join(other.drop_nulls("theirs"), on="customer", how="inner", maintain_order="left")
        rows.append(_priced(champion, month, both).with_columns(month=pl.lit(month.name)))
    if not rows:
        return {"gain": np.zeros(0), "profit": None, "months": []}
    table = pl.concat(rows)
    response, units = table["response"].to_numpy(), table["customer"].to_numpy()
    loss = [log_loss(response, table[name].to_numpy()) for name in ("probability", "theirs")]
    priced = not table["worth"].has_nulls()
    profit = by_unit(table["worth"].to_numpy(), units) if priced else None
    months_used = table["month"].unique(maintain_order=True).to_list()
    return {"gain": by_unit(loss[0] - loss[1], units), "profit": profit, "months": months_used}


def _priced(scorer: Scorer, month: Incoming, both: pl.DataFrame) -> pl.DataFrame:
    """Add what the challenger's decision earned more than the champion's."""
    prices = scorer.parts.settings.prices
    if prices is None or scorer.parts.settings.table != "customers":
        return both.with_columns(worth=pl.lit(None, pl.Float64))
    customers = both.select("customer").join(
        prepared(scorer, month), on="customer", how="left", maintain_order="left"
    )
    money = economics_of(prices, customers.to_pandas(), both["segment"].to_pandas(), alone=True)
    earned = both["response"].to_numpy() * money.revenue - money.cost
    more = (both["their_decision"] == "contact").cast(pl.Int64) - (both["decision"] == "contact").cast(
        pl.Int64
    )
    return both.with_columns(worth=pl.Series(earned * more.to_numpy()))
