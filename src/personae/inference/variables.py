"""One column, compared over all groups and in every pair of them: a row of figures each."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from personae.core.arrays import FloatArray
from personae.inference import effects, omnibus
from personae.inference.effects import NAN
from personae.inference.equivalence import RANK_EFFICIENCY, association_power, power
from personae.inference.margins import equivalence
from personae.inference.settings import ComparisonCriteria
from personae.inference.values import Values, is_number

NO_INTERVAL = (NAN, NAN)
D_INTERVALS: Mapping[str, Literal["noncentral t", "delta method"]] = {
    "tukey": "noncentral t",
    "games-howell": "delta method",
}
PAIR = {
    "test": None,
    **dict.fromkeys(("p", "p_adjusted", "p_within_pair"), NAN),
    **{"cliffs_delta": NAN, "ci": NO_INTERVAL, "cohens_d": NAN, "cohens_d_ci": NO_INTERVAL},
    **{"cramers_v": NAN, "cramers_v_ci": NO_INTERVAL},
    **dict.fromkeys(("equivalence_p", "power", "power_within_pair", "statistic"), NAN),
    **{"margin": None, "difference": NAN, "difference_ci": NO_INTERVAL},
}
Row = dict[str, Any]


def compare_column(
    name: str, groups: Mapping[str, Values], rules: ComparisonCriteria, *, missing: int = 0, seed: int = 0
) -> tuple[Row, list[Row]]:
    """Test a column over all groups and in every pair, and size the differences.

    Parameters
    ----------
    name : of the column.
    groups : values of each group, none missing, not all equal.
    missing : rows left out, to be stated.

    Returns
    -------
    variable : dict
        Assumption checks, `test`, `statistic`, `p` and effect size over all groups, as in `variables` of
        `compare.json`; `p_adjusted` is left open.
    pairs : list of dict
        As in `pairs` of `compare.json`. A category has Cramér's V in place of delta and d. `statistic` is U
        of `a` (Mann-Whitney), z (Dunn), the difference of means (Tukey, Games-Howell) or chi-squared;
        Fisher's exact test has none (NaN). Cohen's d has an interval after ANOVA and Welch's ANOVA only:
        where a rank test was chosen, none holds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> groups = {"a": rng.normal(size=50), "b": rng.normal(1, 1, 50)}
    >>> compare_column("age", groups, ComparisonCriteria())[0]["test"]
    'anova'
    >>> groups = {"a": np.array(["m", "f"] * 20), "b": np.array(["m", "m", "f"] * 20)}
    >>> compare_column("sex", groups, ComparisonCriteria())[0]["test"]
    'chi2'
    """
    normality: dict[str, float] = {}
    levene_p = NAN
    if is_number(next(iter(groups.values()))):
        normality, levene_p, chosen = omnibus.check_assumptions(groups, rules.alpha, seed)
        test, statistic, p = omnibus.omnibus_test(groups, chosen)
        effect_name, (effect, interval) = "epsilon_squared", effects.epsilon_squared(list(groups.values()))
        tests = omnibus.pair_tests(groups, chosen, rules.rank_test)
        pairs = [_number_pair(name, pair, groups, outcome, rules) for pair, outcome in tests.items()]
    else:
        table = _counts(list(groups.values()))
        test, statistic, p = omnibus.association_test(table, seed)
        effect_name, (effect, interval) = "cramers_v", effects.cramers_v(table)
        pairs = [_category_pair(name, pair, groups, rules, seed) for pair in combinations(groups, 2)]
    variable = {
        "normality": normality,
        "levene_p": levene_p,
        "test": test,
        "statistic": statistic,
        "p": p,
        "p_adjusted": NAN,
        "effect_name": effect_name,
        "effect": effect,
        "effect_ci": interval,
        "missing": missing,
    }
    return variable, pairs


def _number_pair(
    name: str,
    pair: tuple[str, str],
    groups: Mapping[str, FloatArray],
    outcome: omnibus.Outcome,
    rules: ComparisonCriteria,
) -> Row:
    a, b = (groups[group] for group in pair)
    test, statistic, p = outcome
    delta, delta_ci = effects.cliffs_delta(a, b)
    d, d_ci = effects.cohens_d(a, b, D_INTERVALS.get(test))
    return {
        **{"a": pair[0], "b": pair[1], "variable": name},
        **PAIR,
        **{"test": test, "statistic": statistic, "p": p},
        **{"cliffs_delta": delta, "ci": delta_ci, "cohens_d": d, "cohens_d_ci": d_ci},
        **_equivalence(name, a, b, rules),
        "power": pair_power(test, a, b, rules.power_effect, rules.alpha),
    }


def _equivalence(name: str, a: Values, b: Values, rules: ComparisonCriteria) -> Row:
    shown = equivalence(name, a, b, rules, rules.margins.get(name))
    return {
        "equivalence_p": shown.p,
        "margin": {"value": shown.value, "unit": shown.unit, "text": shown.text},
        "difference": shown.difference,
        "difference_ci": shown.interval,
    }


def pair_power(test: str, a: NDArray[Any], b: NDArray[Any], effect: float, alpha: float) -> float:
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


def _category_pair(
    name: str,
    pair: tuple[str, str],
    groups: Mapping[str, NDArray[np.str_]],
    rules: ComparisonCriteria,
    seed: int,
) -> Row:
    a, b = (groups[group] for group in pair)
    table = _counts([a, b])
    test, statistic, p = "chi2", 0.0, 1.0
    size, interval = 0.0, NO_INTERVAL
    if table.shape[1] > 1:
        test, statistic, p = omnibus.association_test(table, seed)
        size, interval = effects.cramers_v(table)
    return {
        **{"a": pair[0], "b": pair[1], "variable": name},
        **PAIR,
        **{"test": test, "statistic": statistic, "p": p, "cramers_v": size, "cramers_v_ci": interval},
        **_equivalence(name, a, b, rules),
        "power": pair_power(test, a, b, rules.power_effect, rules.alpha),
    }


def _counts(groups: list[NDArray[np.str_]]) -> FloatArray:
    levels = np.unique(np.concatenate(groups))
    return np.array([[np.sum(group == level) for level in levels] for group in groups], dtype=float)


def described(variable: Row, pairs: list[Row]) -> tuple[Row, list[Row]]:
    """Keep effect sizes and intervals only: the column made the groups, so a test of it would be circular.

    Examples
    --------
    >>> groups = {"a": np.arange(9.0), "b": np.arange(9.0) + 9}
    >>> described(*compare_column("age", groups, ComparisonCriteria()))[0]["test"] is None
    True
    """
    untested = {"test": None, "statistic": NAN, "p": NAN}
    return {**variable, **untested, "normality": {}, "levene_p": NAN}, [
        {**pair, **untested, "equivalence_p": NAN, "power": NAN, "margin": None} for pair in pairs
    ]
