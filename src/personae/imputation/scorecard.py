"""How good is an imputation on cells it has not seen, and is it to be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.base import clone

from personae.core.arrays import IntArray
from personae.imputation.imputer import TableImputer, as_figures
from personae.imputation.masking import Case, Cells
from personae.imputation.scoring import Design, Interval, Score, score_case

Verdict = Literal["impute", "baseline", "refuse"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a verdict asks for.

    Attributes
    ----------
    unseen_customers, known_customers
        Independent groups on whom a case must have been checked; fewer: `refuse`.
    impute_support, baseline_support
        Share of the really missing cells inside the training range below which nothing is predicted, and
        below which not even the baseline is trusted.
    largest_shift
        Distance of filled-in values from the baseline's, see `Score.shift`, above which nothing is
        predicted: what was learned where values are seen seems not to hold where they are not.
    """

    unseen_customers: int
    known_customers: int
    impute_support: float
    baseline_support: float
    largest_shift: float


@dataclass(frozen=True, slots=True)
class Compared:
    """What is told of a method that only stands beside the chosen one."""

    rmse: float
    mae: float
    r2: float
    difference_ci: Interval


@dataclass(frozen=True, slots=True)
class CaseScore(Score):
    """A score with its verdict; beside it the same with leaking columns, and other methods."""

    verdict: Verdict
    reason: str
    leaky: Score | None
    others: Mapping[str, Compared]


@dataclass(frozen=True, slots=True)
class ColumnScore:
    """Both cases of one column."""

    missing: int
    missing_share: float
    leaky_columns: Sequence[str]
    unseen: CaseScore
    known: CaseScore | None

    @property
    def plan(self) -> dict[str, str]:
        """Verdict by case, as `TableImputer` takes it; where nobody has two values, known is as unseen."""
        return {"unseen": self.unseen.verdict, "known": (self.known or self.unseen).verdict}


def score_column(
    table: pd.DataFrame,
    column: str,
    imputer: TableImputer,
    groups: IntArray,
    *,
    others: Mapping[str, TableImputer],
    rules: Rules,
    design: Design,
) -> ColumnScore:
    """Score one column of a table, for unseen and for known customers.

    Parameters
    ----------
    table
        One row a customer, or several in order of time.
    imputer
        Not fitted; its `leaky` columns are left out for the verdict and put back for comparison.
    groups
        Code of the independent group of each row.
    others
        Imputers to show beside it; the verdict does not look at them.
    """
    customers = codes(table, imputer.customer)
    cells = Cells(column, as_figures(table, [column])[:, 0], customers, groups)
    leaky = (imputer.leaky or {}).get(column, ())

    def case_score(case: Case) -> CaseScore:
        score = score_case(table, cells, case, imputer, design)
        verdict, reason = decide(score, case, rules)
        with_leak = None
        if leaky:
            leaking = clone(imputer).set_params(leaky=None)
            with_leak = score_case(table, cells, case, leaking, design)
        beside = {
            name: _compared(score_case(table, cells, case, other, design)) for name, other in others.items()
        }
        figures = {field.name: getattr(score, field.name) for field in fields(score)}
        return CaseScore(**figures, verdict=verdict, reason=reason, leaky=with_leak, others=beside)

    return ColumnScore(
        missing=int(cells.missing.sum()),
        missing_share=float(cells.missing.mean()),
        leaky_columns=list(leaky),
        unseen=case_score("unseen"),
        known=case_score("known") if len(cells.scored("known")) else None,
    )


def decide(score: Score, case: Case, rules: Rules) -> tuple[Verdict, str]:
    """Apply the rule of the verdict.

    `refuse` if too few customers have a value or most missing cells lie outside the training range: then
    the observed say too little about the missing, and a mean is no better than a guess. `impute` if the
    whole interval of the error difference is below 0, support is enough and the filled-in values are not
    elsewhere than the baseline's. Else `baseline`.
    """
    needed = rules.unseen_customers if case == "unseen" else rules.known_customers
    share = 1.0 if score.support is None else score.support
    inside = f"{share:.0%} of the missing cells lie inside the training range"
    if score.groups < needed:
        return "refuse", f"customers that can be checked: {score.groups}; needed: {needed}"
    if share < rules.baseline_support:
        return "refuse", f"{inside}; {rules.baseline_support:.0%} are needed"
    if not score.difference_ci[1] < 0:
        return "baseline", "not better than the baseline beyond chance"
    if share < rules.impute_support:
        return "baseline", f"{inside}; {rules.impute_support:.0%} are needed"
    if abs(score.shift or 0.0) > rules.largest_shift:
        return "baseline", f"filled-in values lie {score.shift:+.1f} baseline errors from what is observed"
    return "impute", f"better than the baseline beyond chance; {inside}"


def codes(table: pd.DataFrame, column: str | None) -> IntArray:
    """Number the rows by who they belong to; None: every row is somebody new.

    Examples
    --------
    >>> codes(pd.DataFrame({"user": ["a", "b", "a"]}), "user").tolist()
    [0, 1, 0]
    """
    numbers: IntArray = np.arange(len(table)) if column is None else pd.factorize(table[column])[0]
    return numbers


def _compared(score: Score) -> Compared:
    return Compared(score.rmse, score.mae, score.r2, score.difference_ci)
