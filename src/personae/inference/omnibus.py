"""Assumption checks, and the test over all groups and per pair that they allow."""

from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from personae.core.arrays import FloatArray
from personae.inference.settings import RankTest

NumberTest = Literal["anova", "welch", "kruskal"]
# Name of the test, its statistic, and p.
Outcome = tuple[str, float, float]

SHAPIRO_LIMIT = 5000
SMALLEST_EXPECTED = 5.0
# Random tables of Fisher's test, and log-probabilities that differ by rounding only.
FISHER_TABLES = 9999
SAME = 100 * np.finfo(float).eps


def check_assumptions(
    groups: Mapping[str, FloatArray], alpha: float, seed: int
) -> tuple[dict[str, float], float, NumberTest]:
    """Decide between ANOVA, Welch's ANOVA and Kruskal-Wallis.

    Kruskal-Wallis if a group is not normal (Shapiro-Wilk p <= alpha, or it does not vary), else Welch if
    variances differ (Levene's test about the median: Brown and Forsythe 1974), else ANOVA. Above 5,000
    values, Shapiro-Wilk looks at 5,000 drawn at random: its p-value is not calibrated beyond.

    Returns
    -------
    Shapiro-Wilk p per group (NaN: it does not vary), Brown-Forsythe p, and the test they allow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> groups = {"a": rng.normal(size=40), "b": rng.normal(scale=3, size=40)}
    >>> check_assumptions(groups, alpha=0.05, seed=0)[2]
    'welch'
    """
    rng = np.random.default_rng(seed)
    normality = {name: _shapiro_p(values, rng) for name, values in groups.items()}
    varies = any(np.ptp(values) > 0 for values in groups.values())
    levene_p = float(stats.levene(*groups.values(), center="median").pvalue) if varies else float("nan")
    if not all(p > alpha for p in normality.values()):
        return normality, levene_p, "kruskal"
    return normality, levene_p, "anova" if levene_p > alpha else "welch"


def _shapiro_p(values: FloatArray, rng: np.random.Generator) -> float:
    if np.ptp(values) == 0:
        return float("nan")
    if len(values) > SHAPIRO_LIMIT:
        values = rng.choice(values, SHAPIRO_LIMIT, replace=False)
    return float(stats.shapiro(values).pvalue)


def omnibus_test(groups: Mapping[str, FloatArray], test: NumberTest) -> Outcome:
    """Test whether all groups have one mean (ANOVA, Welch 1951) or one distribution (Kruskal-Wallis 1952).

    Examples
    --------
    >>> omnibus_test({"a": np.array([1.0, 2, 3]), "b": np.array([4.0, 5, 6])}, "anova")[1]
    13.5
    """
    values = list(groups.values())
    if test == "kruskal":
        result = stats.kruskal(*values)
    else:
        result = stats.f_oneway(*values, equal_var=test == "anova")
    return test, float(result.statistic), float(result.pvalue)


def pair_tests(
    groups: Mapping[str, FloatArray],
    test: NumberTest,
    rank_test: RankTest = "mann-whitney",
) -> dict[tuple[str, str], Outcome]:
    """Test every pair: Tukey after ANOVA, Games-Howell after Welch, a rank test after Kruskal-Wallis.

    The p-values of Tukey and Games-Howell are already corrected over the pairs of this variable.

    References
    ----------
    Tukey (1949); Games and Howell (1976); Mann and Whitney (1947); Dunn (1964).

    Examples
    --------
    >>> groups = {"a": np.arange(9.0), "b": np.arange(9.0) + 5}
    >>> pair_tests(groups, "kruskal", "mann-whitney")["a", "b"][:2]
    ('mann-whitney', 8.0)
    """
    pairs = list(combinations(groups, 2))
    if test == "kruskal":
        if rank_test == "dunn":
            return _dunn(groups, pairs)
        return {(a, b): _mann_whitney(groups[a], groups[b]) for a, b in pairs}
    result = stats.tukey_hsd(*groups.values(), equal_var=test == "anova")
    name = "tukey" if test == "anova" else "games-howell"
    places = combinations(range(len(groups)), 2)
    return {
        pair: (name, float(result.statistic[place]), float(result.pvalue[place]))
        for pair, place in zip(pairs, places, strict=True)
    }


def _mann_whitney(a: FloatArray, b: FloatArray) -> Outcome:
    if np.ptp(np.concatenate([a, b])) == 0:
        return "mann-whitney", len(a) * len(b) / 2, 1.0
    result = stats.mannwhitneyu(a, b)
    return "mann-whitney", float(result.statistic), float(result.pvalue)


def _dunn(groups: Mapping[str, FloatArray], pairs: list[tuple[str, str]]) -> dict[tuple[str, str], Outcome]:
    """Difference of mean ranks over all groups in standard errors (variance corrected for ties)."""
    ranks = stats.rankdata(np.concatenate(list(groups.values())))
    count = len(ranks)
    ends = np.cumsum([len(values) for values in groups.values()])[:-1]
    means = dict(zip(groups, (part.mean() for part in np.split(ranks, ends)), strict=True))
    variance = float(np.sum((ranks - ranks.mean()) ** 2) / (count - 1))
    tests = {}
    for a, b in pairs:
        error = np.sqrt(variance * (1 / len(groups[a]) + 1 / len(groups[b])))
        z = float((means[a] - means[b]) / error)
        tests[a, b] = "dunn", z, float(2 * stats.norm.sf(abs(z)))
    return tests


def association_test(table: FloatArray, seed: int) -> Outcome:
    """Test whether groups differ in a category: chi-squared, or Fisher's exact test where counts are small.

    Fisher where an expected count is below 5 (Cochran 1954); beyond two by two its p-value comes from 9,999
    random tables with the same margins. No continuity correction.

    Parameters
    ----------
    table : counts, (groups, levels), without an empty row or column.

    Examples
    --------
    >>> association_test(np.array([[8, 2], [1, 5]]), seed=0)[0]
    'fisher'
    """
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    if expected.min() >= SMALLEST_EXPECTED:
        result = stats.chi2_contingency(table, correction=False)
        return "chi2", float(result.statistic), float(result.pvalue)
    counts = table.astype(int)
    if counts.shape == (2, 2):
        return "fisher", float("nan"), float(stats.fisher_exact(counts).pvalue)
    # SciPy's own random tables fail where there are more rows than tables have cells in all.
    margins = counts.sum(axis=1), counts.sum(axis=0)
    law = stats.random_table(*margins, seed=np.random.default_rng(seed))
    drawn = law.logpmf(law.rvs(size=FISHER_TABLES))
    rarer = int((drawn <= law.logpmf(counts) + SAME).sum())
    return "fisher", float("nan"), (1 + rarer) / (1 + FISHER_TABLES)
