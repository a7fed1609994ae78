"""Trials of stage impute: error on masked cells, of customers that leave an outer fold untouched."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import bootstrap_sums
from personae.imputation.completion import Scorecard, complete
from personae.imputation.imputer import TableImputer, as_figures
from personae.imputation.masking import Cells
from personae.imputation.scorecard import Rules, codes
from personae.imputation.scoring import Design, score_case
from personae.imputation.settings import Impute
from personae.sweep.held import RESAMPLES, Held

Report = Callable[[float], None]


class GapTrials:
    """One study's customers with gaps, divided into those that search and those held out.

    Parameters
    ----------
    customers : DataFrame
        With `customer` and `unit`.
    base : Impute
        Settings that all trials share; leaking columns stay out, masks follow the really missing cells.
    seed, search_seed, folds, outer : int
        One unit in `outer` is held out; cells of the others are hidden in `folds` folds.
    """

    def __init__(
        self, customers: pd.DataFrame, base: Impute, *, seed: int, search_seed: int, folds: int, outer: int
    ) -> None:
        self._columns = [name for name in base.columns if np.isnan(as_figures(customers, [name])).any()]
        if not self._columns:
            raise PersonaeError(
                "impute: no column of this study has a gap, so there is nothing to search for"
            )
        self._customers, self._seed = customers, seed
        units = codes(customers, "unit")
        own = int(np.random.SeedSequence([seed, search_seed]).generate_state(1)[0])
        order = np.random.default_rng(own).permutation(units.max() + 1)
        held = np.isin(units, order[: max(1, len(order) // outer)])
        self._inner, self._outer = customers[~held].reset_index(drop=True), customers[held]
        self._units, self._outer_units = codes(self._inner, "unit"), units[held]
        self._design = Design(folds, 1, 1, own)

    def measure(self, settings: Impute, report: Report) -> dict[str, float]:
        """Score a trial: root mean squared error over the baseline's, mean over columns, unseen customers."""
        imputer, ratios, figures = self._imputer(settings), [], {}
        with ThreadpoolController().limit(limits=1):
            for column in self._columns:
                cells = Cells(
                    column,
                    as_figures(self._inner, [column])[:, 0],
                    codes(self._inner, "customer"),
                    self._units,
                )
                score = score_case(self._inner, cells, "unseen", imputer, self._design)
                ratios.append(score.rmse / score.baseline_rmse)
                report(float(np.mean(ratios)))
                for name in ("rmse", "mae", "r2", "baseline_rmse"):
                    figures[f"impute.columns.{column}.unseen.{name}"] = getattr(score, name)
        return {"error": float(np.mean(ratios)), **figures}

    def conclude(self, settings: Impute) -> tuple[Held, Scorecard]:
        """Score on customers held out what was fitted on the others, and give what `dvc repro` will write."""
        with ThreadpoolController().limit(limits=1):
            held = self._held(settings)
        design = Design(settings.folds, settings.repeats, settings.resamples, self._seed)
        found = complete(
            self._customers,
            columns=settings.columns,
            predictors=settings.predictors,
            method=settings.imputer.method,
            options=settings.imputer.model_dump(exclude={"method"}),
            others=[(other.method, other.model_dump(exclude={"method"})) for other in settings.others],
            customer="customer",
            unit="unit",
            leaky=settings.leaky,
            structural=settings.structural,
            rules=Rules(**settings.rules.model_dump()),
            design=design,
        )
        return held, found.scorecard

    def _imputer(self, settings: Impute) -> TableImputer:
        return TableImputer(
            settings.imputer.method,
            options=settings.imputer.model_dump(exclude={"method"}),
            columns=self._columns,
            predictors=list(settings.predictors),
            customer=None,
            leaky=settings.leaky,
            random_state=self._seed,
        )

    def _held(self, settings: Impute) -> Held:
        fitted = self._imputer(settings).fit(self._inner)
        squares = []
        for column in self._columns:
            truth = as_figures(self._outer, [column])[:, 0]
            hidden = self._outer.assign(**{column: np.nan})
            filled = fitted.transform(hidden)[column].to_numpy()
            plain = fitted.models_[column].baseline(None, len(hidden))
            squares += [np.where(np.isnan(truth), 0.0, guess - truth) ** 2 for guess in (filled, plain)]
        rng = np.random.default_rng([self._seed, 1])
        ratios = _ratio(bootstrap_sums(np.column_stack(squares), self._outer_units, RESAMPLES, rng))
        low, high = np.nanquantile(ratios[1:], [0.025, 0.975])
        return Held(len(self._outer), {"error": float(ratios[0])}, {"error": (float(low), float(high))})


def _ratio(sums: FloatArray) -> FloatArray:
    """Root of squared errors over the baseline's, mean over columns; sums alternate between the two."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(sums[:, ::2] / sums[:, 1::2]).mean(axis=1))
