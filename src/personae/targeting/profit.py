"""Profit of contact lists by cut-off or budget, with uncertainty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.statistics import bootstrap_counts, bootstrap_sums

CURVE_POINTS = 100
# Points of the curve x customers that are held at once.
CURVE_CELLS = 20_000_000
# Of the profit interval: units with a response, units for a bootstrap, rows and samples that relearn a level.
FEWEST_RESPONDERS = 10
FEW_UNITS = 20
RELEARN_UP_TO = 50_000
RELEARNED = 400
BLOCK = 2_000_000
CURVE_COLUMNS = (
    "share",
    "contacts",
    *(f"{figure}{end}" for figure in ("gain", "lift", "profit") for end in ("", "_lower", "_upper")),
)


@dataclass(frozen=True, slots=True)
class Economics:
    """Cost and revenue of each contact, shape (customers,), one currency."""

    cost: FloatArray
    revenue: FloatArray

    @property
    def cutoff(self) -> FloatArray:
        """Break-even probability of a contact: cost over revenue."""
        return np.divide(self.cost, self.revenue, out=np.full_like(self.cost, np.inf), where=self.revenue > 0)

    def at(self, rows: BoolArray | IntArray) -> "Economics":
        """Choose customers, by a mask or by position."""
        return Economics(self.cost[rows], self.revenue[rows])

    def expected(self, probability: FloatArray) -> FloatArray:
        """Expected profit of contacting each customer."""
        return probability * self.revenue - self.cost

    def earned(self, response: IntArray) -> FloatArray:
        """Profit that contacting each customer would have had, the response being known."""
        return response * self.revenue - self.cost


def economics(rows: int, cost: float | FloatArray, revenue: float | FloatArray) -> Economics:
    """Check costs and revenues, given for all or for each customer.

    Raises
    ------
    PersonaeError
        If a figure is negative or not finite, or no contact could ever pay.

    Examples
    --------
    >>> economics(2, 3, 11).cutoff.round(3).tolist()
    [0.273, 0.273]
    """
    amounts = []
    for name, given in (("cost", cost), ("revenue", revenue)):
        values = np.broadcast_to(np.asarray(given, dtype=np.float64), (rows,)).copy()
        bad = ~(np.isfinite(values) & (values >= 0))
        if bad.any():
            raise PersonaeError(
                f"{name} per contact is {values[bad][0]:g} for {int(bad.sum())} customers; "
                "expected a number of at least 0"
            )
        amounts.append(values)
    money = Economics(*amounts)
    if not (money.revenue > money.cost).any():
        raise PersonaeError("no contact can pay: the revenue never exceeds the cost")
    return money


def amount_by_group(
    default: FloatArray, groups: Sequence[Any], own: Mapping[str, float], *, some: bool = False
) -> FloatArray:
    """Amount of each customer's segment or channel, with a default.

    With `some`, of customers who need not be of every group.

    Raises
    ------
    PersonaeError
        If an amount is named for a group that no customer is in.

    Examples
    --------
    >>> amount_by_group(np.array([3.0, 3.0, 4.0]), ["mail", "phone", "letter"], {"mail": 0.5}).tolist()
    [0.5, 3.0, 4.0]
    """
    known = {str(group) for group in groups}
    strange = [name for name in own if name not in known]
    if strange and not some:
        raise PersonaeError(
            f"'{strange[0]}' is no group of the customers; there are {', '.join(sorted(known))}"
        )
    return np.array([own.get(str(group), each) for group, each in zip(groups, default, strict=True)])


def check_probability(probability: FloatArray) -> None:
    """Refuse probabilities that are missing or outside [0, 1]."""
    bad = ~((probability >= 0) & (probability <= 1))
    if bad.any():
        raise PersonaeError(
            f"probability is {probability[bad].flat[0]} for {int(bad.sum())} predictions; "
            "expected values from 0 to 1"
        )


def contact(probability: FloatArray, money: Economics) -> BoolArray:
    """Decide by the cut-off: contact where the expected profit is not negative."""
    check_probability(probability)
    return probability >= money.cutoff


def profits(
    response: IntArray, probability: FloatArray, money: Economics, *, rfm: FloatArray | None = None
) -> dict[str, float]:
    """Profit on known responses of the model's list and of baselines.

    Parameters
    ----------
    response : 0 or 1, shape (customers,)
    probability : out of fold, shape (repeats, customers); each repeat decides by itself, profits are averaged
    money : cost and revenue
    rfm : a score that ranks customers by hand; as many are contacted as the model contacts

    Returns
    -------
    dict
        `everyone`, `nobody`, `oracle` (perfect information), `model`, `random` (the expectation for as many
        contacts as the model has) and, if given, `top_rfm`.
    """
    earned = money.earned(response)
    chosen = contact(probability, money)
    contacts = float(chosen.sum(axis=1).mean())
    profit = {
        "everyone": float(earned.sum()),
        "nobody": 0.0,
        "model": float((chosen @ earned).mean()),
        "oracle": float(np.maximum(earned, 0).sum()),
        "random": float(earned.mean() * contacts),
    }
    if rfm is not None:
        best = np.argsort(-rfm, kind="stable")[: round(contacts)]
        profit["top_rfm"] = float(earned[best].sum())
    return profit


def rfm_score(recency: FloatArray, frequency: FloatArray, monetary: FloatArray) -> FloatArray:
    """RFM score: sum of quintiles (Hughes 1994), ties by monetary.

    Examples
    --------
    >>> rfm_score(np.array([5.0, 90.0]), np.array([9.0, 1.0]), np.array([500.0, 20.0])).argmax()
    np.int64(0)
    """
    quintiles = [np.ceil(_rank(values) * 5) for values in (-recency, frequency, monetary)]
    return np.asarray(np.sum(quintiles, axis=0) + _rank(monetary) / 10)


def _rank(values: FloatArray) -> FloatArray:
    """Mean rank as a share, in (0, 1)."""
    ordered = np.sort(values)
    below, upto = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray((below + upto) / (2 * len(values)))


def profit_interval(
    response: IntArray,
    probability: FloatArray,
    money: Economics,
    units: IntArray,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Profit of the model with its 95 % bootstrap-t interval (Efron 1981).

    It estimates the mean profit on customer files of this size, drawn from the same population, decided by
    models of this quality. A file with more responders teaches its model to contact more: so the standard
    error is that of samples in which the level of the probabilities is learned again, where that is larger.
    Fewer than 20 units have Student's t. Below 10 units with a response there is no interval: NaN twice.

    Parameters
    ----------
    probability : out of fold, shape (repeats, customers)
    units : group of each customer; groups are drawn with replacement
    """
    by_customer = (contact(probability, money) * money.earned(response)).mean(axis=0)
    _, member = np.unique(units, return_inverse=True)
    totals = np.bincount(member, by_customer).astype(np.float64)
    profit, count = float(totals.sum()), len(totals)
    if (np.bincount(member, response) > 0).sum() < min(FEWEST_RESPONDERS, count):
        return profit, float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    error = _spread(np.ones((1, count)), totals)[0]
    if error <= 0:
        return profit, profit, profit
    wider = max(_relearned(response, probability, money, member, rng) / error, 1.0)
    if count < FEW_UNITS:
        reach = float(student_t.ppf(0.975, count - 1)) * error * wider
        return profit, profit - reach, profit + reach
    drawn = []
    for counts in bootstrap_counts(count, resamples, rng):
        drawn.append((counts @ totals - profit) / np.maximum(_spread(counts, totals), 1e-9 * error))
    low, high = np.quantile(np.concatenate(drawn), [0.025, 0.975])
    return profit, float(profit - high * error * wider), float(profit - low * error * wider)


def _spread(counts: FloatArray | IntArray, totals: FloatArray) -> FloatArray:
    """Standard error of the sum of units in each sample."""
    squares = counts @ totals**2 - (counts @ totals) ** 2 / len(totals)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _relearned(
    response: IntArray, probability: FloatArray, money: Economics, member: IntArray, rng: np.random.Generator
) -> float:
    """Standard error with the log-odds' level re-estimated in each sample."""
    if len(response) > RELEARN_UP_TO:
        return 0.0
    given = np.clip(probability.mean(axis=0), 1e-4, 1 - 1e-4)
    log_odds = np.log(given / (1 - given))
    cutoff = np.clip(money.cutoff, 1e-9, 1 - 1e-9)
    above = log_odds - np.where(money.cutoff >= 1, np.inf, np.log(cutoff / (1 - cutoff)))
    earned = money.earned(response)
    fixed = (contact(probability, money) * earned).mean(axis=0) - (above >= 0) * earned
    first = _level(log_odds, response, np.ones((1, len(response))))
    sums = []
    for counts in bootstrap_counts(int(member.max()) + 1, RELEARNED, rng):
        for part in np.array_split(counts, len(counts) * len(response) // BLOCK + 1):
            weights = part[:, member].astype(np.float64)
            moved = _level(log_odds, response, weights) - first
            sums.append((weights * (fixed + (above + moved[:, None] >= 0) * earned)).sum(axis=1))
    return float(np.concatenate(sums).std(ddof=1))


def _level(log_odds: FloatArray, response: IntArray, weights: FloatArray) -> FloatArray:
    """Log-odds shift that matches expected and observed responses by sample."""
    shift = np.zeros(len(weights))
    for _ in range(8):
        p = 1 / (1 + np.exp(-(log_odds + shift[:, None])))
        step = (weights * (response - p)).sum(axis=1) / np.maximum((weights * p * (1 - p)).sum(axis=1), 1e-9)
        shift += np.clip(step, -1, 1)
    return shift


def curve(
    response: IntArray,
    probability: FloatArray,
    money: Economics,
    units: IntArray,
    *,
    resamples: int = 200,
    seed: int = 0,
) -> dict[str, FloatArray]:
    """Gain, lift and profit by share contacted, best customers first.

    Gain is the share of all responders among the contacted, lift its ratio to the contacted share. Each
    repeat ranks by itself, figures are averaged; 95 % intervals bootstrap groups of customers.

    Returns
    -------
    dict
        `CURVE_COLUMNS`, one entry a point; `share` of the customers are contacted.
    """
    check_probability(probability)
    rows = len(response)
    counts = np.unique(np.linspace(0, rows, min(rows, CURVE_POINTS) + 1).round().astype(np.intp))[1:]
    order = np.argsort(-money.expected(probability), axis=1, kind="stable")
    place = np.argsort(order, axis=1)

    def figures(points: IntArray) -> FloatArray:
        reached = np.array([(place < count).mean(axis=0) for count in points])
        by_customer = np.vstack(
            [reached * money.earned(response), reached * response, reached, response, np.ones(rows)]
        )
        drawn = bootstrap_sums(by_customer.T, units, resamples, np.random.default_rng(seed))
        earned, responders, contacts = np.split(drawn[:, :-2], 3, axis=1)
        gain = responders / np.maximum(drawn[:, [-2]], 1)
        lift = gain / np.maximum(contacts / drawn[:, [-1]], 1e-12)
        low, high = np.quantile([gain[1:], lift[1:], earned[1:]], [0.025, 0.975], axis=1)
        return np.stack([[gain[0], lift[0], earned[0]], low, high], axis=1).reshape(9, -1)

    step = max(CURVE_CELLS // rows, 1)
    blocks = [figures(counts[first : first + step]) for first in range(0, len(counts), step)]
    return dict(zip(CURVE_COLUMNS, [counts / rows, counts, *np.hstack(blocks)], strict=True))


def profit_if_response_drops(
    response: IntArray, probability: FloatArray, money: Economics, response_drop: float = 0.2
) -> dict[str, float]:
    """Profit under lower response, with the same and an adapted list.

    Examples
    --------
    >>> money = economics(3, 3.0, 11.0)
    >>> profit = profit_if_response_drops(np.array([1, 0, 0]), np.array([[0.9, 0.3, 0.1]]), money, 0.2)
    >>> round(profit["same_list"], 6), round(profit["adapted"], 6)
    (2.8, 5.8)
    """
    earned = (1 - response_drop) * response * money.revenue - money.cost
    same = contact(probability, money) @ earned
    adapted = contact(probability * (1 - response_drop), money) @ earned
    return {"by": response_drop, "same_list": float(same.mean()), "adapted": float(adapted.mean())}
