"""The merge verdict: whether two groups may be treated as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from personae.core.statistics import adjust
from personae.inference.rules import Decision, Rules
from personae.inference.twosample import TwoSample

Verdict = Literal["merge", "keep", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one pair and one feature; power in one test, and in the family of the pair."""

    variable: str
    p: float
    equivalence_p: float
    power: float
    power_within_pair: float


@dataclass(frozen=True, slots=True)
class Merge:
    """Verdict on one pair of groups, what was decided upon it, and who decided.

    The powers are the smallest of any feature: in one test, and after the correction within the pair.
    """

    a: str
    b: str
    two_sample_auc: float
    two_sample_ci: tuple[float, float]
    two_sample_p: float
    two_sample_p_adjusted: float
    two_sample_rows: int
    not_equivalent: tuple[str, ...]
    untested: tuple[str, ...]
    power: float
    power_within_pair: float
    verdict: Verdict
    reason: str
    decision: Decision
    decided_by: Literal["data", "on_inconclusive"]


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
    corrected = adjust([*p_values, two_sample.p if two_sample else float("nan")], "holm").tolist()
    return corrected[:-1], corrected[-1]


def judge(
    pair: tuple[str, str],
    evidence: Sequence[Evidence],
    two_sample: TwoSample | None,
    rules: Rules,
    untested: Sequence[str] = (),
) -> Merge:
    """Say whether a pair of groups is `merge`, `keep` or `inconclusive`.

    `merge`: every feature is equivalent within the margin and the upper bound of the two-sample AUC is below
    `auc_bound`, even if some difference is significant (and too small to matter). `keep`: otherwise, if a
    corrected test within the pair or the corrected permutation test of the AUC is at most alpha.
    `inconclusive`: otherwise. A missing proof of difference is never taken as proof of equality, and neither
    is a feature that could not be compared.

    Parameters
    ----------
    two_sample : None where too few rows are complete in every feature.
    untested : features that vary, and could not be compared in this pair.

    Examples
    --------
    >>> same = [Evidence("Age", p=0.4, equivalence_p=0.001, power=0.99, power_within_pair=0.98)]
    >>> rules = Rules(0.05, "holm", "mann-whitney", 0.3, 0.6, 0.3, 5, 199, "keep")
    >>> judge(("a", "b"), same, TwoSample(0.5, 0.46, 0.54, 0.5, 1000), rules).verdict
    'merge'
    """
    known = two_sample or TwoSample(float("nan"), float("nan"), float("nan"), float("nan"), 0)
    corrected, p_classifier = within_pair([item.p for item in evidence], two_sample)
    open_features = tuple(item.variable for item in evidence if not item.equivalence_p <= rules.alpha)
    different = [item.variable for item, p in zip(evidence, corrected, strict=True) if p <= rules.alpha]
    power = min((item.power for item in evidence), default=float("nan"))
    power_within = min((item.power_within_pair for item in evidence), default=float("nan"))
    if evidence and not open_features and not untested and known.high < rules.auc_bound:
        verdict: Verdict = "merge"
        reason = _merge_reason(different, known, rules)
    elif different or p_classifier <= rules.alpha:
        verdict = "keep"
        reason = _keep_reason(evidence, corrected, known, p_classifier, rules.alpha)
        reason += f"; {_untested_text(untested)}" if untested else ""
    else:
        verdict = "inconclusive"
        reason = _open_reason(
            open_features, untested, known, rules, features=len(evidence), powers=(power, power_within)
        )
    decided: Decision = rules.on_inconclusive if verdict == "inconclusive" else verdict
    return Merge(
        a=pair[0],
        b=pair[1],
        two_sample_auc=known.auc,
        two_sample_ci=(known.low, known.high),
        two_sample_p=known.p,
        two_sample_p_adjusted=p_classifier,
        two_sample_rows=known.rows,
        not_equivalent=open_features,
        untested=tuple(untested),
        power=power,
        power_within_pair=power_within,
        verdict=verdict,
        reason=reason,
        decision=decided,
        decided_by="on_inconclusive" if verdict == "inconclusive" else "data",
    )


def _untested_text(untested: Sequence[str]) -> str:
    return f"{', '.join(untested)} could not be compared"


def _auc_text(known: TwoSample) -> str:
    if not known.rows:
        return "too few rows are complete in every feature for the two-sample test"
    return f"two-sample AUC {known.auc:.2f} ({known.low:.2f} to {known.high:.2f})"


def _merge_reason(different: list[str], known: TwoSample, rules: Rules) -> str:
    small = (
        f"; the difference in {', '.join(different)} is significant but too small to matter"
        if different
        else ""
    )
    return (
        f"every feature is equivalent within {rules.margin:g} sd and {_auc_text(known)} "
        f"stays below {rules.auc_bound:.2f}{small}"
    )


def _keep_reason(
    evidence: Sequence[Evidence], corrected: list[float], known: TwoSample, p_classifier: float, alpha: float
) -> str:
    found = sorted((p, item.variable) for item, p in zip(evidence, corrected, strict=True) if p <= alpha)
    features = [f"{variable} (corrected p {p:.2g})" for p, variable in found[:3]]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    tested = f"the groups differ in {', '.join(features)}{more}; " if features else ""
    if not known.rows:
        return f"{tested}{_auc_text(known)}"
    told = "a classifier tells them apart" if p_classifier <= alpha else "a classifier alone does not show it"
    return f"{tested}{told}: {_auc_text(known)}, corrected permutation p {p_classifier:.2g}"


def _open_reason(
    open_features: Sequence[str],
    untested: Sequence[str],
    known: TwoSample,
    rules: Rules,
    *,
    features: int,
    powers: tuple[float, float],
) -> str:
    lack = [_untested_text(untested)] if untested else []
    if open_features:
        shown = f"{len(open_features)} of {features} features ({', '.join(open_features)})"
        lack.append(f"{shown} are not shown equivalent within {rules.margin:g} sd")
    if not known.rows:
        lack.append(_auc_text(known))
    elif not known.high < rules.auc_bound:
        lack.append(f"{_auc_text(known)} is not bounded below {rules.auc_bound:.2f}")
    once, corrected = (f"{100 * power:.0f} %" for power in powers)
    chance = f"power to see d = {rules.power_effect:g}: {once} in one test, {corrected} after correction"
    told = f"no corrected difference ({chance})" if features else "no feature could be tested"
    return f"{told}, but {' and '.join(lack)}: neither equality nor difference is shown"


def final_groups(names: Sequence[str], verdicts: Sequence[Merge]) -> Mapping[str, str]:
    """Name of the merged group of each group; only groups that may all be merged with each other are joined.

    Pairs are taken from the least to the most distinguishable.

    Examples
    --------
    >>> final_groups(["a", "b", "c"], [])
    {'a': 'a', 'b': 'b', 'c': 'c'}
    """
    allowed = {frozenset((item.a, item.b)) for item in verdicts if item.decision == "merge"}
    member: dict[str, tuple[str, ...]] = {name: (name,) for name in names}
    for item in sorted(
        verdicts, key=lambda item: (np.nan_to_num(item.two_sample_auc, nan=1.0), item.a, item.b)
    ):
        first, second = member[item.a], member[item.b]
        if first != second and all(frozenset((a, b)) in allowed for a in first for b in second):
            joined = tuple(name for name in names if name in first + second)
            member.update(dict.fromkeys(joined, joined))
    return {name: "+".join(member[name]) for name in names}
