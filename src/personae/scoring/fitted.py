"""Imputer, segmenter and response model of a study as one answer to prepared customers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from personae.imputation.completion import complete_customers
from personae.imputation.imputer import TableImputer
from personae.response.early import early_rows
from personae.response.model import ResponseModel
from personae.scoring.reasons import reasons
from personae.scoring.settings import ScorerSettings
from personae.segmentation.segmenter import Segmenter
from personae.targeting.choose import economics_of
from personae.targeting.profit import contact


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a study fitted.

    Attributes
    ----------
    settings
        Rows of the response model, prices.
    segment_names
        Of the personas, by segment.
    typical
        Value of every prepared column that the parts read, which reasons compare with.
    model
        None where the study predicts nothing.
    offer
        Column that names an offer, where customers get several.
    """

    settings: ScorerSettings
    imputer: TableImputer
    segmenter: Segmenter
    segment_names: Mapping[int, str]
    typical: Mapping[str, Any]
    model: ResponseModel | None
    offer: str | None

    def columns(self, known: Collection[str]) -> list[str]:
        """Prepared columns that any part reads, of those known."""
        prices = self.settings.prices
        priced = (prices.cost, prices.revenue, *prices.cost_by, *prices.revenue_by) if prices else ()
        every = [
            *self.segmenter.space.columns,
            *self.segmenter.space.categorical,
            *self.imputer.models_,
            *self._predictors(),
            *(self.model.columns if self.model else ()),
            *priced,
        ]
        return [str(name) for name in dict.fromkeys(every) if name in known]

    @property
    def placing(self) -> list[str]:
        """Prepared columns without which a described customer gets no segment."""
        filled = () if self.settings.early else (*self.imputer.models_, *self._predictors())
        own = [*self.segmenter.space.columns, *self.segmenter.space.categorical, *filled]
        return [name for name in dict.fromkeys(own) if name in self.typical]

    def _predictors(self) -> list[str]:
        return [name for used in self.imputer.predictors_.values() for name in used]

    @property
    def inputs(self) -> list[str]:
        """Prepared columns that the segmenter reads, and the model of the same rows."""
        own = [*self.segmenter.space.columns, *self.segmenter.space.categorical]
        alike = self.model and self.settings.table == "customers"
        return list(dict.fromkeys([*own, *(self.model.columns if self.model and alike else ())]))

    def answers(self, tables: Mapping[str, pl.DataFrame], count: int = 0) -> pl.DataFrame:
        """Segment, probability and decision of prepared customers, in order; some with a problem.

        Parameters
        ----------
        tables
            `customers`, or what they are described from, and the rows of the response model.
        count
            Of reasons.
        """
        completed = complete_customers(tables, self.imputer)
        gaps = [
            pl.when(pl.col(name).is_null()).then(pl.lit(f"{name}: missing, and nothing to fill it with"))
            for name in self.segmenter.space.columns
            if completed[name].null_count()
        ]
        nothing = pl.repeat(None, pl.len(), dtype=pl.String)
        problem = completed.select(problem=pl.coalesce([*gaps, nothing]))["problem"]
        sound = problem.is_null()
        table = completed.filter(sound)
        space = self.segmenter.space
        named = ["customer", *space.columns, *space.categorical]
        placed = self.segmenter.predict(table.select(*dict.fromkeys(named)).to_pandas())
        described = tables.get("customers", completed)
        answers = table.select(pl.col("customer").cast(pl.String)).with_columns(
            *(pl.Series(str(name), cells.to_numpy()) for name, cells in placed.items()),
            flags=described.filter(sound).select(_flags(described, self.inputs)).to_series(),
        )
        answers = answers.with_columns(
            segment_name=pl.col("segment").replace_strict(
                self.segment_names, default=None, return_dtype=pl.String
            )
        )
        answers = self._responses(answers, table, self._rows(tables, sound), count)
        wrong = completed.filter(~sound).select(pl.col("customer").cast(pl.String))
        everyone = pl.concat(
            [
                answers.with_columns(place=pl.Series(sound.arg_true())),
                wrong.with_columns(problem=problem.filter(~sound), place=pl.Series((~sound).arg_true())),
            ],
            how="diagonal",
        )
        return everyone.sort("place").drop("place")

    def _rows(self, tables: Mapping[str, pl.DataFrame], sound: pl.Series) -> pl.DataFrame:
        """Rows of the response model, one a customer at most."""
        if self.settings.early is not None:
            return early_rows(tables, self.settings.early) if "days" in tables else pl.DataFrame()
        rows = tables.get(self.settings.table, pl.DataFrame())
        return rows.filter(sound) if self.settings.table == "customers" else rows

    def _responses(
        self, answers: pl.DataFrame, customers: pl.DataFrame, rows: pl.DataFrame, count: int
    ) -> pl.DataFrame:
        """Add probability and decision; customers without a row of the model have none."""
        if self.model is None or not rows.height:
            return answers
        if self.settings.table != "customers":
            known = customers.select("customer", *set(customers.columns) - set(rows.columns))
            both = rows.join(known, on="customer", how="inner", maintain_order="left")
            segments = both.select(pl.col("customer").cast(pl.String)).join(
                answers, on="customer", how="left", maintain_order="left"
            )
            responded = self._priced(both.to_pandas(), segments["segment"], count)
            responded = responded.with_columns(segments["customer"], **self.offered(both))
            return answers.join(responded, on="customer", how="left", maintain_order="left")
        return answers.hstack(self._priced(rows.to_pandas(), answers["segment"], count))

    def offered(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Name the offer that each row of the response model is about, where there are several."""
        if self.offer is None or self.offer not in rows.columns:
            return {}
        return {"offer": rows[self.offer].cast(pl.String)}

    def _priced(self, table: pd.DataFrame, segments: pl.Series, count: int) -> pl.DataFrame:
        """Probability, decision and reasons of rows of the response model."""
        assert self.model is not None
        chances = self.model.predict_proba(table)
        found: dict[str, Any] = {"probability": chances.max(axis=1)}
        if len(self.model.classes) > 2:
            named = np.array([str(one) for one in self.model.classes])
            found["predicted"] = named[chances.argmax(axis=1)]
        else:
            found["probability"] = chances[:, 1]
        if len(self.model.classes) == 2 and self.settings.prices is not None:
            money = economics_of(self.settings.prices, table, segments.to_pandas(), alone=True)
            found["expected_profit"] = money.expected(chances[:, 1])
            decision = np.where(contact(chances[:, 1], money), "contact", "leave")
            found["decision"] = np.where(money.revenue > 0, decision, "none")
        return pl.DataFrame(found | reasons(self.model, table, self.typical, count))


def _flags(customers: pl.DataFrame, inputs: list[str]) -> pl.Expr:
    """Say of each row what is missing, and what its preparation repaired."""
    said = [
        pl.when(pl.col(name).is_null()).then(pl.lit(f"{name}: missing"))
        for name in inputs
        if name in customers.columns and customers[name].null_count()
    ]
    if "flags" in customers.columns:
        said.append(pl.when(pl.col("flags") != "").then(pl.col("flags")))
    return pl.concat_str(said, separator="; ", ignore_nulls=True) if said else pl.repeat("", pl.len())
