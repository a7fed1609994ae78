"""Numbers on pages: rounded for people, exact in a data attribute."""

import math
from typing import Any

from markupsafe import Markup

from personae.core.numbers import MINUS, p_value, percent, rounded
from personae.report.traced import Traced

NOTHING = Markup('<span class="none">not measured</span>')

METRICS = {"roc_auc": "ROC AUC", "ece": "ECE", "f1": "F1", "brier": "Brier score"}


def metric(name: Any) -> str:
    """Write the name of a metric as people do.

    Examples
    --------
    >>> metric("roc_auc"), metric("balanced_accuracy")
    ('ROC AUC', 'balanced accuracy')
    """
    return METRICS.get(str(name), str(name).replace("_", " "))


def figure(value: Any, how: str = "number", digits: int = 3) -> Markup:
    """Write one figure.

    Parameters
    ----------
    value
        A traced number; what is missing or null reads "not measured".
    how
        `number`, `percent` or `p`.
    digits
        Significant digits of a number.
    """
    raw = getattr(value, "raw", value)
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        return NOTHING if raw is None or not isinstance(value, Traced) else Markup("{}").format(value)
    text = {"percent": percent, "p": p_value}.get(how, lambda number: rounded(number, digits))(raw)
    return _marked(value, how, text)


def _marked(value: Any, how: str, text: str) -> Markup:
    """Append the exact figure and its key, where known."""
    if not isinstance(value, Traced):
        return Markup("{}").format(text)
    marked = Markup('<data value="{}" data-key="{}" data-as="{}">{}</data>')
    return marked.format(repr(value.raw), value.key, how, text)


def spread(mean: Any, deviation: Any, how: str = "number") -> Markup:
    """Format mean and standard deviation, both to the mean's third digit."""
    pair = [each for each in (mean, deviation) if getattr(each, "raw", None) is not None]
    if len(pair) < 2:
        return figure(mean, how)
    if how == "percent":
        texts = [f"{100 * each.raw:.1f} %" for each in pair]
    else:
        size = abs(mean.raw) or abs(deviation.raw) or 1
        places = max(0, 2 - math.floor(math.log10(size)))
        texts = [f"{each.raw:,.{places}f}" for each in pair]
    marked = (_marked(each, how, text.replace("-", MINUS)) for each, text in zip(pair, texts, strict=True))
    return Markup(" ± ").join(marked)


def wrapped(name: Any) -> Markup:
    """Write a column's name with possible line breaks between words."""
    return Markup("{}").format(str(name)).replace("_", Markup("_<wbr>"))


def interval(bounds: Any, how: str = "number", digits: int = 3) -> Markup:
    """Format an interval, of two bounds or an object; empty for none."""
    if not isinstance(bounds, Traced) or not bounds:
        return Markup("")
    low, high = (bounds["lower"], bounds["upper"]) if "lower" in bounds else (bounds[0], bounds[1])
    return Markup("") if low.raw is None or high.raw is None else between(low, high, how, digits)


def estimate(value: Any, bounds: Any, how: str = "number") -> Markup:
    """Write a figure with its interval, where it has one."""
    return Markup(" ").join(filter(None, (figure(value, how), interval(bounds, how))))


def between(low: Any, high: Any, how: str = "number", digits: int = 3) -> Markup:
    """Write an interval from its two bounds."""
    inside = Markup("{} to {}").format(figure(low, how, digits), figure(high, how, digits))
    return Markup('<span class="interval">({})</span>').format(inside)


def source(value: Any) -> Markup:
    """Link to the file behind a figure, its key as text."""
    if not isinstance(value, Traced):
        return Markup("")
    file, _, pointer = value.key.partition("#")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/") if step]
    return Markup('<a class="source" href="{}">{}</a>').format(file, " › ".join([file, *steps]))


def linked(value: Any, text: str) -> Markup:
    """Give text with the key that it comes from."""
    return Markup('<span data-key="{}">{}</span>').format(value.key, text)
