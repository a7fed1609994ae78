"""Numbers on pages: rounded for people, exact in a data attribute."""

import math
from typing import Any

from markupsafe import Markup

from personae.core.numbers import MINUS, fixed, money, p_value, percent, rounded
from personae.report.traced import Traced

NOTHING = Markup('<span class="none">not measured</span>')

# Contact lists whose profit is compared, by their key in `target.json`.
LISTS = {
    "everyone": "everyone",
    "nobody": "no one",
    "random": "as many at random",
    "top_rfm": "highest RFM score",
    "model": "the model’s list",
    "oracle": "perfect information",
}
METRICS = {"roc_auc": "ROC AUC", "ece": "ECE", "f1": "F1", "brier": "Brier score"}


def metric(name: Any) -> str:
    """Write the name of a metric as people do.

    Examples
    --------
    >>> metric("roc_auc"), metric("balanced_accuracy")
    ('ROC AUC', 'balanced accuracy')
    """
    return METRICS.get(str(name), str(name).replace("_", " "))


def figure(value: Any, how: str = "number", digits: int = 3, places: int | None = None) -> Markup:
    """Write one figure.

    Parameters
    ----------
    value
        A traced number; what is missing or null reads "not measured".
    how
        `number`, `percent`, `p`, `money` or `of 100` (a share in whole hundredths).
    digits, places
        Significant digits of a number; or its decimals, the same in a whole column.
    """
    raw = getattr(value, "raw", value)
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        return NOTHING if raw is None or not isinstance(value, Traced) else Markup("{}").format(value)
    ways = {"percent": percent, "p": p_value, "money": money, "of 100": _of_100}
    by_size = ways[how](raw) if how in ways else rounded(raw, digits)
    text = by_size if places is None else fixed(raw, places)
    return _marked(value, how, text)


def decimals(value: Any, digits: int = 3) -> int:
    """Decimals that give a figure so many digits, for its whole column.

    Examples
    --------
    >>> decimals(11.8), decimals(0.0148), decimals(11263)
    (1, 4, 0)
    """
    size = abs(getattr(value, "raw", value) or 1)
    return max(0, digits - 1 - math.floor(math.log10(size)))


def amount(value: Any, currency: str = "", places: int | None = None) -> Markup:
    """Write an amount with its currency, a sign before, a code after.

    Decimals are left out unless `places` names their number.

    Examples
    --------
    >>> print(*(each.striptags() for each in (amount(-40.2, "$"), amount(40, "EUR"), amount(12))), sep="; ")
    −$40; 40 EUR; 12
    """
    text = figure(value, "money", places=places)
    if not currency or text == NOTHING:
        return text
    if currency.isalpha():
        return text + Markup(" {}").format(currency)
    raw = getattr(value, "raw", value)
    sign = MINUS if raw < 0 else ""
    whole = Markup("{}{}").format(sign, currency) + text.replace(MINUS, "")
    return Markup('<span class="amount">{}</span>').format(whole)


def _of_100(share: float) -> str:
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "fewer than 1" if share < 0.5 else "more than 99"
    return f"{100 * share:.0f}"


def _marked(value: Any, how: str, text: str) -> Markup:
    """Append the exact figure and its key, where known."""
    if not isinstance(value, Traced):
        return Markup("{}").format(text)
    marked = Markup('<data value="{}" data-key="{}" data-as="{}">{}</data>')
    return marked.format(repr(value.raw), value.key, how, text)


def spread(mean: Any, deviation: Any, how: str = "number", places: int | None = None) -> Markup:
    """Format mean and standard deviation, by default to the mean's third digit; no deviation of zero."""
    pair = [each for each in (mean, deviation) if getattr(each, "raw", None) is not None]
    pair = pair[:1] if pair[1:] and not pair[1].raw else pair
    if len(pair) < 2:
        return figure(mean, how, places=places)
    if how == "percent":
        texts = [f"{100 * each.raw:.1f} %" for each in pair]
    else:
        places = decimals(mean.raw or deviation.raw) if places is None else places
        texts = [fixed(each.raw, places) for each in pair]
    marked = (_marked(each, how, text.replace("-", MINUS)) for each, text in zip(pair, texts, strict=True))
    return Markup(" ± ").join(marked)


def interval(bounds: Any, how: str = "number", digits: int = 3, places: int | None = None) -> Markup:
    """Format an interval, of two bounds or an object; empty for none."""
    if not isinstance(bounds, Traced) or not bounds:
        return Markup("")
    low, high = (bounds["lower"], bounds["upper"]) if "lower" in bounds else (bounds[0], bounds[1])
    return Markup("") if low.raw is None or high.raw is None else between(low, high, how, digits, places)


def estimate(value: Any, bounds: Any, how: str = "number", places: int | None = None) -> Markup:
    """Write a figure with its interval, where it has one."""
    parts = (figure(value, how, places=places), interval(bounds, how, places=places))
    return Markup(" ").join(filter(None, parts))


def between(low: Any, high: Any, how: str = "number", digits: int = 3, places: int | None = None) -> Markup:
    """Write an interval from its two bounds."""
    inside = Markup("{} to {}").format(*(figure(bound, how, digits, places) for bound in (low, high)))
    return Markup('<span class="interval">({})</span>').format(inside)


def source(value: Any) -> Markup:
    """Link to the file behind a figure: a small mark, its key as title."""
    if not isinstance(value, Traced):
        return Markup("")
    file, _, pointer = value.key.partition("#")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/") if step]
    key = " › ".join([file, *steps])
    return Markup('<a class="source" href="{}" title="{}" aria-label="source: {}">#</a>').format(
        file, key, key
    )
