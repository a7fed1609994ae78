"""The stated rules of a comparison."""

from dataclasses import dataclass
from typing import Literal

from personae.core.statistics import Correction

Decision = Literal["merge", "keep"]
RankTest = Literal["mann-whitney", "dunn"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Levels, margins and choices that decide tests and verdicts; stated with every result.

    Attributes
    ----------
    alpha : level of the assumption checks, of each equivalence test and of each merge verdict.
    correction : correction of `p_adjusted` over all tests of the run.
    rank_test : pair test after Kruskal-Wallis.
    margin : equivalence margin in pooled standard deviations.
    auc_bound : the two-sample AUC's upper bound must stay below it for a merge.
    power_effect : shift in standard deviations at which power is stated.
    min_group : smaller groups are left out, and so is a column known for fewer rows of a group.
    permutations : permuted labels in the two-sample test.
    on_inconclusive : what the business decides where the data do not.
    """

    alpha: float
    correction: Correction
    rank_test: RankTest
    margin: float
    auc_bound: float
    power_effect: float
    min_group: int
    permutations: int
    on_inconclusive: Decision
