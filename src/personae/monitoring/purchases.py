"""Repeat purchases and their amounts: BG/NBD with Gamma-Gamma.

References
----------
Fader, Hardie and Lee (2005), "Counting your customers" the easy way. Fader and Hardie (2013), The Gamma-Gamma
model of monetary value.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError


@dataclass(frozen=True, slots=True)
class History:
    """Customers' purchases up to a time, each of shape (customers,).

    Attributes
    ----------
    repeats
        Days with a purchase after the first one.
    last, age
        Weeks from the first purchase to the last one, and to the time.
    amount
        Mean spend of the repeat purchases; 0 without any.
    """

    repeats: FloatArray
    last: FloatArray
    age: FloatArray
    amount: FloatArray

    def at(self, rows: IntArray) -> "History":
        """Give some customers, once or several times each."""
        return History(*(each[rows] for each in (self.repeats, self.last, self.age, self.amount)))


def bgnbd_log_likelihood(parameters: FloatArray, history: History) -> float:
    """Log-likelihood of r, alpha, a and b.

    Examples
    --------
    >>> one = History(*(np.array([each]) for each in (2.0, 30.4, 38.9, 0.0)))
    >>> round(bgnbd_log_likelihood(np.array([0.243, 4.414, 0.793, 2.426]), one), 2)
    -9.46
    """
    r, alpha, a, b = parameters
    x, last, age = history.repeats, history.last, history.age
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last)
    return float((common + np.logaddexp(alive, np.where(x > 0, gone, -np.inf))).sum())


def fit_bgnbd(history: History, start: FloatArray | None = None) -> FloatArray:
    """Fit r, alpha, a and b by maximum likelihood.

    Raises
    ------
    PersonaeError
        If nobody came back: nothing tells then how often customers do.
    """
    if not history.repeats.any():
        raise PersonaeError("no customer bought on a second day: nothing tells how often they come back")
    return _fit(lambda given: bgnbd_log_likelihood(given, history), np.ones(4) if start is None else start)


def fit_gamma_gamma(history: History, start: FloatArray | None = None) -> FloatArray:
    """Fit p, q and v of the amounts of those who came back, by maximum likelihood."""
    back = (history.repeats > 0) & (history.amount > 0)
    x, m = history.repeats[back], history.amount[back]

    def likelihood(given: FloatArray) -> float:
        p, q, v = given
        each = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        each += (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
        return float(each.sum())

    return _fit(likelihood, np.array([2.0, 3.0, m.mean()]) if start is None else start)


def expected_purchases(parameters: FloatArray, history: History, weeks: float) -> FloatArray:
    """Purchases expected of each customer in the next weeks, shape (customers,)."""
    r, alpha, a, b = parameters
    x, last, age = history.repeats, history.last, history.age
    z = weeks / (alpha + age + weeks)
    part = hyp2f1(r + x, b + x, a + b + x - 1, z) * ((alpha + age) / (alpha + age + weeks)) ** (r + x)
    gone = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + last)) ** (r + x), 0.0)
    expected: FloatArray = (a + b + x - 1) / (a - 1) * (1 - part) / (1 + gone)
    return expected


def expected_amount(parameters: FloatArray, history: History) -> FloatArray:
    """Mean spend expected of each customer's next purchases, shape (customers,)."""
    p, q, v = parameters
    x = history.repeats
    amount: FloatArray = p * (v + x * history.amount) / (p * x + q - 1)
    return amount


def _fit(likelihood: Callable[[FloatArray], float], start: FloatArray) -> FloatArray:
    """Maximise over positive parameters, on the scale of their logarithms."""
    found = minimize(
        lambda logs: -likelihood(np.exp(logs)),
        np.log(start),
        method="L-BFGS-B",
        bounds=[(-10, 10)] * len(start),
    )
    best: FloatArray = np.exp(found.x)
    return best
