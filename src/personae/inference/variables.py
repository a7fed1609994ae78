"""One column, compared over all groups and in every pair of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from personae.core.arrays import FloatArray
from personae.inference import effects, omnibus
from personae.inference.equivalence import (
    RANK_EFFICIENCY,
    association_power,
    equivalence_p,
    level_equivalence_p,
    power,
)
from personae.inference.rules import Rules

NAN = float("nan")
NO_INTERVAL = (NAN, NAN)
D_INTERVALS: Mapping[str, Literal["noncentral t", "delta method"]] = {
    "tukey": "noncentral t",
    "games-howell": "delta method",
}
Interval = tuple[float, float]
Groups = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Variable:
    """One column over all groups; `p` is NaN and `test` None where the column is only described."""

    normality: Mapping[str, float]
    levene_p: float
    test: omnibus.TestName | None
    statistic: float
    p: float
    p_adjusted: float
    effect_name: effects.EffectName
    effect: float
    effect_ci: Interval
    missing: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One column in one pair of groups; a category has Cramér's V in place of delta and d.

    `statistic` is U of `a` (Mann-Whitney), z (Dunn), the difference of means (Tukey, Games-Howell) or
    chi-squared; Fisher's exact test has none (NaN). Cohen's d has an interval after ANOVA and Welch's ANOVA
    only: where a rank test was chosen, none holds.
    """

    a: str
    b: str
    variable: str
    test: omnibus.PairTestName | None
    p: float
    p_adjusted: float = NAN
    p_within_pair: float = NAN
    cliffs_delta: float = NAN
    ci: Interval = NO_INTERVAL
    cohens_d: float = NAN
    cohens_d_ci: Interval = NO_INTERVAL
    cramers_v: float = NAN
    cramers_v_ci: Interval = NO_INTERVAL
    equivalence_p: float = NAN
    power: float = NAN
    power_within_pair: float = NAN
    statistic: float = NAN


def compare_numbers(
    name: str, groups: Groups, rules: Rules, *, missing: int, seed: int
) -> tuple[Variable, list[Pair]]:
    """Check assumptions, test, and size the differences of a numeric column.

    Parameters
    ----------
    groups : values of each group, none missing, not all equal.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rules = Rules(0.05, "holm", "mann-whitney", 0.3, 0.6, 0.3, 5, 199, "keep")
    >>> groups = {"a": rng.normal(size=50), "b": rng.normal(1, 1, 50)}
    >>> compare_numbers("age", groups, rules, missing=0, seed=0)[0].test
    'anova'
    """
    checked = omnibus.check_assumptions(groups, rules.alpha, seed)
    overall = omnibus.omnibus_test(groups, checked.test)
    effect = effects.epsilon_squared(list(groups.values()))
    variable = Variable(
        normality=checked.normality,
        levene_p=checked.levene_p,
        test=checked.test,
        statistic=overall.statistic,
        p=overall.p,
        p_adjusted=NAN,
        effect_name=effect.name,
        effect=effect.value,
        effect_ci=(effect.low, effect.high),
        missing=missing,
    )
    tests = omnibus.pair_tests(groups, checked.test, rules.rank_test)
    return variable, [_number_pair(name, pair, groups, test, rules) for pair, test in tests.items()]


def _number_pair(
    name: str,
    pair: tuple[str, str],
    groups: Groups,
    test: omnibus.PairOutcome,
    rules: Rules,
) -> Pair:
    a, b = groups[pair[0]], groups[pair[1]]
    delta, d = effects.cliffs_delta(a, b), effects.cohens_d(a, b, D_INTERVALS.get(test.name))
    return Pair(
        a=pair[0],
        b=pair[1],
        variable=name,
        test=test.name,
        p=test.p,
        cliffs_delta=delta.value,
        ci=(delta.low, delta.high),
        cohens_d=d.value,
        cohens_d_ci=(d.low, d.high),
        equivalence_p=equivalence_p(a, b, rules.margin),
        power=pair_power(test.name, a, b, rules.power_effect, rules.alpha),
        statistic=test.statistic,
    )


def pair_power(
    test: omnibus.PairTestName, a: NDArray[Any], b: NDArray[Any], effect: float, alpha: float
) -> float:
    """Power of a pair's test at `alpha` to see a shift of `effect`, or an association as strong.

    Parameters
    ----------
    a, b : values of the two groups, none missing.

    Examples
    --------
    >>> round(pair_power("mann-whitney", np.arange(80), np.arange(60), 0.3, alpha=0.05), 2)
    0.4
    """
    if test in ("chi2", "fisher"):
        levels = len(np.unique(np.concatenate([a, b])))
        return association_power(effect, len(a), len(b), levels, alpha)
    efficiency = RANK_EFFICIENCY if test in ("mann-whitney", "dunn") else 1.0
    return power(effect, len(a), len(b), alpha, efficiency)


def compare_categories(
    name: str, groups: Mapping[str, NDArray[np.str_]], rules: Rules, *, missing: int, seed: int
) -> tuple[Variable, list[Pair]]:
    """Test and size the association of a category with the groups.

    Examples
    --------
    >>> rules = Rules(0.05, "holm", "mann-whitney", 0.3, 0.6, 0.3, 5, 199, "keep")
    >>> groups = {"a": np.array(["m", "f"] * 20), "b": np.array(["m", "m", "f"] * 20)}
    >>> compare_categories("sex", groups, rules, missing=0, seed=0)[0].test
    'chi2'
    """
    table = _counts(list(groups.values()))
    overall, effect = omnibus.association_test(table, seed), effects.cramers_v(table)
    variable = Variable(
        normality={},
        levene_p=NAN,
        test=overall.name,
        statistic=overall.statistic,
        p=overall.p,
        p_adjusted=NAN,
        effect_name=effect.name,
        effect=effect.value,
        effect_ci=(effect.low, effect.high),
        missing=missing,
    )
    return variable, [_category_pair(name, pair, groups, rules, seed) for pair in combinations(groups, 2)]


def _category_pair(
    name: str, pair: tuple[str, str], groups: Mapping[str, NDArray[np.str_]], rules: Rules, seed: int
) -> Pair:
    a, b = pair
    table = _counts([groups[a], groups[b]])
    if table.shape[1] == 1:
        test, size = omnibus.CategoryOutcome("chi2", 0.0, 1.0), effects.Effect("cramers_v", 0.0, NAN, NAN)
    else:
        test, size = omnibus.association_test(table, seed), effects.cramers_v(table)
    return Pair(
        a=a,
        b=b,
        variable=name,
        test=test.name,
        p=test.p,
        cramers_v=size.value,
        cramers_v_ci=(size.low, size.high),
        equivalence_p=level_equivalence_p(groups[a], groups[b], rules.margin),
        power=pair_power(test.name, groups[a], groups[b], rules.power_effect, rules.alpha),
        statistic=test.statistic,
    )


def _counts(groups: list[NDArray[np.str_]]) -> FloatArray:
    levels = np.unique(np.concatenate(groups))
    return np.array([[np.sum(group == level) for level in levels] for group in groups], dtype=float)


def described(variable: Variable, pairs: list[Pair]) -> tuple[Variable, list[Pair]]:
    """Keep effect sizes and intervals only: the column made the groups, so a test of it would be circular.

    Examples
    --------
    >>> rules = Rules(0.05, "holm", "mann-whitney", 0.3, 0.6, 0.3, 5, 199, "keep")
    >>> groups = {"a": np.arange(9.0), "b": np.arange(9.0) + 9}
    >>> described(*compare_numbers("age", groups, rules, missing=0, seed=0))[0].test is None
    True
    """
    plain = replace(variable, normality={}, levene_p=NAN, test=None, statistic=NAN, p=NAN)
    return plain, [
        replace(pair, test=None, statistic=NAN, p=NAN, equivalence_p=NAN, power=NAN) for pair in pairs
    ]
