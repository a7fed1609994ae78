"""What the data say about a segmentation."""

from collections.abc import Iterable, Sequence

from personae.core.statistics import STABLE
from personae.segmentation.borders import Border

# From the least to the most that the data can say.
VERDICTS = ("not supported", "weak", "supported")
SIGNIFICANT = 0.05


def may_be_significant(reached: Iterable[bool], tables: int) -> bool:
    """Say whether p can be `SIGNIFICANT` at most, if none of the remaining of `tables` reaches the observed.

    Examples
    --------
    >>> may_be_significant([False] * 10, 19), may_be_significant([False, True], 19)
    (True, False)
    """
    return bool((1 + sum(reached)) / (1 + tables) <= SIGNIFICANT)


def headline(k: int, supported_k: int | None) -> str:
    """Number of natural groups, and how the segments relate; empty without.

    Examples
    --------
    >>> headline(4, 2)
    '2 natural groups; the 4 segments cut them further'
    >>> headline(2, 3), headline(3, 3), headline(3, None)
    ('3 natural groups; the 2 segments join some of them', '3 natural groups', '')
    """
    if supported_k is None:
        return ""
    groups = f"{supported_k} natural groups"
    if k == supported_k:
        return groups
    return f"{groups}; the {k} segments {'cut them further' if k > supported_k else 'join some of them'}"


def judge(
    p_value: float,
    min_jaccard: float,
    qualified: bool = True,
    *,
    k: int,
    supported_k: int | None,
    borders: Sequence[Border] = (),
    why: str = "",
) -> tuple[str, str]:
    """Give the verdict on a segmentation, and the reason in a sentence.

    Parameters
    ----------
    p_value : float
        The largest over the null models.
    min_jaccard : float
        Of the least stable segment.
    qualified : bool
        False where no k met the rule and the lowest was taken.
    k, supported_k : int
        Number of segments judged, and the largest one with a gap at every border; None where there is none.
    borders : sequence of dict
        Of the k segments, by their ids `a` and `b`.
    why : str
        Why no number of segments is supported.

    Examples
    --------
    >>> judge(0.01, 0.6, k=2, supported_k=None)
    ('weak', 'the least stable segment has mean bootstrap Jaccard 0.60 (< 0.75)')
    >>> gap, cut = {"a": 0, "b": 1, "gap": True}, {"a": 0, "b": 1, "gap": False}
    >>> judge(0.01, 0.95, k=2, supported_k=2, borders=[gap])[0]
    'supported'
    >>> judge(0.01, 0.95, k=2, supported_k=None, borders=[cut], why="no number is stable with gaps")
    ('weak', 'no number is stable with gaps; no gap between segments 0 and 1')
    >>> judge(0.2, 0.95, k=2, supported_k=2, borders=[gap])[0]
    'not supported'
    """
    not_supported, weak, supported = VERDICTS
    if not p_value <= SIGNIFICANT:
        chance = f"p = {p_value:.3g} > {SIGNIFICANT:g}"
        return not_supported, f"simulated data without segments reaches the same silhouette ({chance})"
    if not min_jaccard >= STABLE:
        return weak, f"the least stable segment has mean bootstrap Jaccard {min_jaccard:.2f} (< {STABLE:g})"
    instead = headline(k, supported_k) or why
    cuts = [f"segments {border['a']} and {border['b']}" for border in borders if not border["gap"]]
    if cuts or not borders:
        what = f"no gap between {', '.join(cuts)}" if cuts else "no border could be judged"
        return weak, "; ".join(filter(None, [instead, what]))
    if k != supported_k:
        return weak, instead
    if not qualified:
        return weak, "no number of segments was stable and large enough, so the lowest was taken"
    return (
        supported,
        f"every border is a gap, every segment is stable (mean bootstrap Jaccard {min_jaccard:.2f} or more) "
        f"and simulated data without segments rarely reaches the silhouette (p = {p_value:.3g})",
    )
