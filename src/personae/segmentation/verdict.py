"""What the data say about a segmentation."""

from personae.core.statistics import STABLE

# From the least to the most that the data can say.
VERDICTS = ("not supported", "weak", "supported")
SIGNIFICANT = 0.05


def judge(p_value: float, min_jaccard: float, qualified: bool = True) -> tuple[str, str]:
    """Give the verdict on a segmentation, and the reason in a sentence.

    Parameters
    ----------
    p_value : float
        The largest over the null models.
    min_jaccard : float
        Of the least stable segment.
    qualified : bool
        False where no k met the rule and the lowest was taken.

    Examples
    --------
    >>> judge(0.01, 0.6)
    ('weak', 'the least stable segment comes back with Jaccard 0.60, below 0.75')
    >>> judge(0.01, 0.95)[0], judge(0.2, 0.95)[0]
    ('supported', 'not supported')
    """
    if not p_value <= SIGNIFICANT:
        return VERDICTS[0], f"tables without segments do as well (p {p_value:.3g}, above {SIGNIFICANT:g})"
    if not min_jaccard >= STABLE:
        return VERDICTS[
            1
        ], f"the least stable segment comes back with Jaccard {min_jaccard:.2f}, below {STABLE:g}"
    if not qualified:
        return VERDICTS[1], "no number of segments was stable and large enough, so the lowest was taken"
    return (
        VERDICTS[2],
        f"beyond chance (p {p_value:.3g}) and every segment comes back (Jaccard {min_jaccard:.2f} or more)",
    )
