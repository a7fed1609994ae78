"""The merge verdict: whether two groups may be treated as one.

`merge`: every feature is equivalent within the margin and the upper bound of the two-sample AUC is below
`auc_bound`, even if some difference is significant (and too small to matter). `keep`: otherwise, if a
corrected test within the pair or the corrected permutation test of the AUC is at most alpha.
`inconclusive`: otherwise. A missing proof of difference is never taken as proof of equality, and neither is
a feature that could not be compared.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np

from personae.core.arrays import BoolArray
from personae.core.statistics import adjust
from personae.inference.settings import ComparisonCriteria
from personae.inference.twosample import TwoSample, two_sample_test
from personae.inference.values import Members, Values, design_matrix, is_constant
from personae.inference.values import known as known_rows
from personae.inference.variables import pair_power

Verdict = Literal["merge", "keep", "inconclusive"]
NAN = float("nan")
MOST_MARGINS = 12
POWERS = ("power", "power_within_pair")
Row = Mapping[str, Any]


def within_pair(p_values: Sequence[float], two_sample: TwoSample | None) -> tuple[list[float], float]:
    """Holm over the features of one pair and its two-sample test, together one family.

    So a pair of equal groups is kept apart with probability alpha at most, whatever is tested.

    Returns
    -------
    The corrected p-values of the features, and that of the two-sample test (NaN without one).

    Examples
    --------
    >>> within_pair([0.01, 0.5], TwoSample(0.6, 0.5, 0.7, 0.2, 100))
    ([0.03, 0.5], 0.4)
    """
    corrected = adjust([*p_values, two_sample.p if two_sample else NAN], "holm").tolist()
    return corrected[:-1], corrected[-1]


def judge(
    pair: tuple[str, str],
    features: Sequence[Row],
    two_sample: TwoSample | None,
    rules: ComparisonCriteria,
    untested: Sequence[str] = (),
) -> dict[str, Any]:
    """Judge a pair of groups by the rule of this module.

    Parameters
    ----------
    features : rows of this pair in `pairs`: `variable`, `p`, `equivalence_p`, `margin`, the powers.
    two_sample : None where too few rows are complete in every feature.
    untested : features that vary, and could not be compared in this pair.

    Returns
    -------
    dict
        As in `merge` of `compare.json`; the powers are the smallest of any feature.

    Examples
    --------
    >>> same = {"variable": "Age", "p": 0.4, "equivalence_p": 0.001, "margin": {"text": "3 years"}}
    >>> same |= {"power": 0.99, "power_within_pair": 0.98}
    >>> near = TwoSample(0.5, 0.46, 0.54, 0.5, 1000)
    >>> judge(("a", "b"), [same], near, ComparisonCriteria())["verdict"]
    'merge'
    """
    known = two_sample or TwoSample(NAN, NAN, NAN, NAN, 0)
    corrected, p_classifier = within_pair([row["p"] for row in features], two_sample)
    open_rows = [row for row in features if not row["equivalence_p"] <= rules.alpha]
    open_features = [row["variable"] for row in open_rows]
    different = [(p, row["variable"]) for row, p in zip(features, corrected, strict=True) if p <= rules.alpha]
    powers = [min((row[key] for row in features), default=NAN) for key in POWERS]
    if features and not open_features and not untested and known.high < rules.auc_bound:
        verdict: Verdict = "merge"
        reason = _merge_reason(features, [variable for _, variable in different], known, rules)
    elif different or p_classifier <= rules.alpha:
        verdict = "keep"
        reason = _keep_reason(sorted(different), known, p_classifier, rules.alpha)
        reason += f"; {_untested_text(untested)}" if untested else ""
    else:
        verdict = "inconclusive"
        reason = _open_reason(open_rows, untested, known, rules, features=len(features), powers=powers)
    return {
        "a": pair[0],
        "b": pair[1],
        "two_sample_auc": known.auc,
        "two_sample_ci": (known.low, known.high),
        "two_sample_p": known.p,
        "two_sample_p_adjusted": p_classifier,
        "two_sample_rows": known.rows,
        "not_equivalent": open_features,
        "untested": list(untested),
        **dict(zip(POWERS, powers, strict=True)),
        "verdict": verdict,
        "reason": reason,
        "decision": rules.on_inconclusive if verdict == "inconclusive" else verdict,
        "decided_by": "on_inconclusive" if verdict == "inconclusive" else "data",
    }


def _untested_text(untested: Sequence[str]) -> str:
    return f"{', '.join(untested)} could not be compared"


def _auc_text(known: TwoSample) -> str:
    if not known.rows:
        return "too few rows are complete in every feature for the two-sample test"
    return f"two-sample AUC {known.auc:.2f} ({known.low:.2f} to {known.high:.2f})"


def _margins(features: Sequence[Row]) -> str:
    """Name each feature with its margin, as many as can be read."""
    shown = [f"{row['variable']} {row['margin']['text']}" for row in features[:MOST_MARGINS]]
    more = len(features) - MOST_MARGINS
    return ", ".join([*shown, f"and {more} more, see the pairs"] if more > 0 else shown)


def _merge_reason(
    features: Sequence[Row], different: Sequence[str], known: TwoSample, rules: ComparisonCriteria
) -> str:
    small = (
        f"; the difference in {', '.join(different)} is significant but too small to matter"
        if different
        else ""
    )
    return (
        f"every feature is equivalent within its margin ({_margins(features)}) and {_auc_text(known)} "
        f"stays below {rules.auc_bound:.2f}{small}"
    )


def _keep_reason(
    different: Sequence[tuple[float, str]], known: TwoSample, p_classifier: float, alpha: float
) -> str:
    features = [f"{variable} (corrected p {p:.2g})" for p, variable in different[:3]]
    more = f" and {len(different) - 3} more" if len(different) > 3 else ""
    tested = f"the groups differ in {', '.join(features)}{more}; " if features else ""
    if not known.rows:
        return f"{tested}{_auc_text(known)}"
    told = "a classifier tells them apart" if p_classifier <= alpha else "a classifier alone does not show it"
    return f"{tested}{told}: {_auc_text(known)}, corrected permutation p {p_classifier:.2g}"


def _open_reason(
    open_features: Sequence[Row],
    untested: Sequence[str],
    known: TwoSample,
    rules: ComparisonCriteria,
    *,
    features: int,
    powers: Sequence[float],
) -> str:
    lack = [_untested_text(untested)] if untested else []
    if open_features:
        shown = f"{len(open_features)} of {features} features"
        lack.append(f"{shown} are not shown equivalent within their margin ({_margins(open_features)})")
    if not known.rows:
        lack.append(_auc_text(known))
    elif not known.high < rules.auc_bound:
        lack.append(f"{_auc_text(known)} is not bounded below {rules.auc_bound:.2f}")
    once, corrected = (f"{100 * power:.0f} %" for power in powers)
    chance = f"power to see d = {rules.power_effect:g}: {once} in one test, {corrected} after correction"
    told = f"no corrected difference ({chance})" if features else "no feature could be tested"
    return f"{told}, but {' and '.join(lack)}: neither equality nor difference is shown"


def judge_pairs(
    columns: Mapping[str, Values],
    varying: Sequence[str],
    members: Members,
    pairs: Sequence[dict[str, Any]],
    rules: ComparisonCriteria,
    *,
    seed: int,
) -> list[dict[str, Any]]:
    """Judge every pair of groups; its rows get their p-value and power in the family of the pair."""
    verdicts = []
    for number, (a, b) in enumerate(combinations(members, 2)):
        own = [row for row in pairs if (row["a"], row["b"]) == (a, b)]
        tested = {row["variable"]: columns[row["variable"]] for row in own}
        untested = [
            name
            for name, values in columns.items()
            if name not in tested and not is_constant(values, members[a], members[b], rules.min_group)
        ]
        part = np.random.SeedSequence([seed, number])
        classifier = _tell_apart(list(tested.values()), members[a], members[b], rules, part)
        # Holm's first step asks for the smallest p at this level: power where one column alone differs.
        level = rules.alpha / max(1, len(own) + (classifier is not None))
        corrected, _ = within_pair([row["p"] for row in own], classifier)
        for row, p in zip(own, corrected, strict=True):
            values = tested[row["variable"]]
            first, second = (values[members[name] & known_rows(values)] for name in (a, b))
            row["p_within_pair"] = p
            row["power_within_pair"] = pair_power(row["test"], first, second, rules.power_effect, level)
        verdicts.append(judge((a, b), own, classifier, rules, [*untested, *varying]))
    return verdicts


def _tell_apart(
    columns: Sequence[Values],
    a: BoolArray,
    b: BoolArray,
    rules: ComparisonCriteria,
    seed: np.random.SeedSequence,
) -> TwoSample | None:
    """Two-sample test on the rows that are complete in every column; None if a group has too few of them."""
    complete = np.all([np.ones(len(a), dtype=bool), *(known_rows(values) for values in columns)], axis=0)
    if not columns or min((a & complete).sum(), (b & complete).sum()) < rules.min_group:
        return None
    rows = (a | b) & complete
    return two_sample_test(design_matrix(columns, rows), b[rows], seed=seed, permutations=rules.permutations)


def final_groups(names: Sequence[str], verdicts: Sequence[Row]) -> dict[str, str]:
    """Name of the merged group of each group; only groups that may all be merged with each other are joined.

    Pairs are taken from the least to the most distinguishable.

    Examples
    --------
    >>> final_groups(["a", "b", "c"], [])
    {'a': 'a', 'b': 'b', 'c': 'c'}
    """
    allowed = {frozenset((row["a"], row["b"])) for row in verdicts if row["decision"] == "merge"}
    member: dict[str, tuple[str, ...]] = {name: (name,) for name in names}
    for row in sorted(
        verdicts, key=lambda row: (np.nan_to_num(row["two_sample_auc"], nan=1.0), row["a"], row["b"])
    ):
        first, second = member[row["a"]], member[row["b"]]
        if first != second and all(frozenset((a, b)) in allowed for a in first for b in second):
            joined = tuple(name for name in names if name in first + second)
            member.update(dict.fromkeys(joined, joined))
    return {name: "+".join(member[name]) for name in names}
