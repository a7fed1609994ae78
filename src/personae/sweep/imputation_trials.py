"""Trials of stage impute: error on masked cells, outer fold held out."""

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.statistics import bootstrap_sums
from personae.imputation.completion import impute_table
from personae.imputation.imputer import as_figures
from personae.imputation.masking import Cells
from personae.imputation.scorecard import build_imputer, codes, predict_hidden, score_cells
from personae.imputation.settings import Impute
from personae.sweep.settings import ImputeSweep
from personae.sweep.trials import RESAMPLES, Conclusion, Report


class ImputationTrials:
    """One study's customers with gaps, split into search and holdout.

    Parameters
    ----------
    customers : DataFrame
        With `customer` and `unit`.
    base : Impute
        Settings that all trials share; leaking columns stay out, masks follow the really missing cells.
    sweep : ImputeSweep
        One unit in `outer` is held out; cells of the others are hidden in `folds` folds.
    seed : int
        The study's.
    """

    def __init__(self, customers: pd.DataFrame, base: Impute, sweep: ImputeSweep, *, seed: int) -> None:
        self._columns = [name for name in base.columns if np.isnan(as_figures(customers, [name])).any()]
        if not self._columns:
            raise PersonaeError(
                "impute: no column of this study has a gap, so there is nothing to search for"
            )
        self._customers, self._seed, self._folds = customers, seed, sweep.folds
        units = codes(customers, "unit")
        self._search_seed = int(np.random.SeedSequence([seed, sweep.seed]).generate_state(1)[0])
        order = np.random.default_rng(self._search_seed).permutation(units.max() + 1)
        held = np.isin(units, order[: max(1, len(order) // sweep.outer)])
        self._inner, self._outer = customers[~held].reset_index(drop=True), customers[held]

    def measure(self, settings: Impute, report: Report) -> dict[str, float]:
        """Mean RMSE over the baseline's, on masked cells of new customers."""
        quick = settings.model_copy(update={"folds": self._folds, "repeats": 1, "resamples": 1})
        imputer = build_imputer(settings, self._columns, customer=None, seed=self._seed)
        owners = codes(self._inner, "customer"), codes(self._inner, "unit")
        ratios, figures = [], {}
        with ThreadpoolController().limit(limits=1):
            for column in self._columns:
                cells = Cells(column, as_figures(self._inner, [column])[:, 0], *owners)
                score = score_cells(self._inner, cells, "unseen", imputer, quick, seed=self._search_seed)
                ratios.append(score["rmse"] / score["baseline_rmse"])
                report(float(np.mean(ratios)))
                for name in ("rmse", "mae", "r2", "baseline_rmse"):
                    figures[f"impute.columns.{column}.unseen.{name}"] = score[name]
        return {"error": float(np.mean(ratios)), **figures}

    def conclude(self, settings: Impute) -> Conclusion:
        """Score the winner on held-out customers and give its full result."""
        with ThreadpoolController().limit(limits=1):
            ratios = self._on_outer_fold(settings)
        low, high = np.nanquantile(ratios[1:], [0.025, 0.975])
        return Conclusion(
            {"error": float(ratios[0])},
            f"outer fold of {len(self._outer)} customers",
            to_json(impute_table(self._customers, settings, seed=self._seed).scorecard),
            {"error": (float(low), float(high))},
        )

    def _on_outer_fold(self, settings: Impute) -> FloatArray:
        """Error over the baseline's on held-out customers, with bootstrap samples."""
        fitted = build_imputer(settings, self._columns, customer=None, seed=self._seed).fit(self._inner)
        squares = []
        for column in self._columns:
            truth = as_figures(self._outer, [column])[:, 0]
            guesses = predict_hidden(fitted, column, self._outer)
            squares += [np.where(np.isnan(truth), 0.0, guess - truth) ** 2 for guess in guesses]
        rng = np.random.default_rng([self._seed, 1])
        return _ratio(bootstrap_sums(np.column_stack(squares), codes(self._outer, "unit"), RESAMPLES, rng))


def _ratio(sums: FloatArray) -> FloatArray:
    """Mean over columns of the RMSE divided by the baseline's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(sums[:, ::2] / sums[:, 1::2]).mean(axis=1))
