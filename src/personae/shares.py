"""A share of customers and its interval."""

from scipy.stats import binomtest


def share(part: int, whole: int) -> tuple[float, tuple[float, float]] | tuple[None, None]:
    """Divide, and give the 95 % score interval (Wilson 1927); None twice where there is nobody.

    Examples
    --------
    >>> found, (low, high) = share(29, 31)
    >>> round(found, 3), round(low, 3), round(high, 3)
    (0.935, 0.793, 0.982)
    """
    if not whole:
        return None, None
    bounds = binomtest(part, whole).proportion_ci(method="wilson")
    return part / whole, (float(bounds.low), float(bounds.high))
