"""Tables of 900 customers with one leak each, of many kinds, and clean ones of many shapes, for the guard.

A kind is a function of a generator that gives a table of features and the answers, 0 or 1. The honest columns reach
a ROC AUC of about .76.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

ROWS = 900
LETTERS = np.array(list("abc"))
Case = tuple[pd.DataFrame, np.ndarray]


def customers(r, rows=ROWS) -> Case:
    """Honest columns, and answers that depend on income and visits."""
    table = pd.DataFrame(
        {
            "income": r.normal(50_000, 15_000, rows).round(),
            "age": r.integers(20, 80, rows).astype(float),
            "visits": r.poisson(5, rows).astype(float),
            "spend": r.gamma(2, 150, rows).round(2),
        }
    )
    return table, answers(r, drive(table))


def drive(table) -> np.ndarray:
    return ((table["income"] - 50_000) / 15_000 + 0.3 * (table["visits"] - 5) - 2.2).to_numpy()


def answers(r, log_odds) -> np.ndarray:
    return (r.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(int)


def added(r, make: Callable) -> Case:
    """Honest customers with the columns that `make` computes from generator, answers and rows."""
    table, answer = customers(r)
    return table.assign(**make(r, answer, len(answer))), answer


def _encoded(r, levels, formula, code=False):
    table, answer = customers(r)
    level = r.integers(0, levels, ROWS)
    groups = pd.Series(answer).groupby(level)
    table["rate"] = formula(groups.transform("sum"), groups.transform("size"), answer)
    return table.assign(postcode=[f"P{each:03d}" for each in level]) if code else table, answer


def _copies(r, change):
    table, answer = customers(r)
    rows = r.choice(ROWS, ROWS // 2, replace=False)
    copy = change(r, table.iloc[rows].copy())
    other = np.where(r.random(len(rows)) < 0.05, 1 - answer[rows], answer[rows])
    return pd.concat([table, copy], ignore_index=True), np.concatenate([answer, other])


def _jittered(r, copy):
    spend = copy["spend"] + r.normal(0, 0.5, len(copy)).round(2)
    return copy.assign(spend=spend, income=copy["income"] + r.normal(0, 20, len(copy)).round())


def household(r, address=False, alike=2.5):
    """Three people each, who share income and rooms, or an address, and mostly answer alike."""
    table, _ = customers(r)
    home = r.permutation(np.repeat(np.arange(ROWS // 3), 3))
    shared = r.normal(50_000, 15_000, ROWS // 3).round()[home]
    table["rooms"] = r.integers(1, 7, ROWS // 3).astype(float)[home]
    answer = answers(r, drive(table) + r.normal(0, alike, ROWS // 3)[home])
    if address:
        return table.assign(address=[f"A{each}" for each in home]), answer
    return table.assign(income=shared), answer


def _sorted(r):
    table, answer = customers(r)
    order = np.argsort(answer, kind="stable")
    return table.iloc[order].reset_index(drop=True).assign(id=np.arange(ROWS, dtype=float)), answer[order]


def _gaps(r, answer, empty):
    return {"survey": np.where(r.random(len(answer)) < empty(answer), np.nan, r.gamma(2, 10, len(answer)))}


def _status(r, answer, levels):
    even, odd = (r.choice(np.arange(first, levels, 2), len(answer)) for first in (0, 1))
    return np.where(answer == 1, even, odd)


def _amounts(r, rows):
    return r.gamma(3, 40, rows).round(2)


def _branches(r, answer):
    home = r.integers(0, 3, len(answer))
    other = (home + r.integers(1, 3, len(answer))) % 3
    return {"home": LETTERS[home], "branch": LETTERS[np.where(answer == 1, home, other)]}


def _bills(r, answer, rate, discount, share=1.0):
    billed = r.gamma(3, 40, len(answer))
    lower = (answer == 1) & (r.random(len(answer)) < share)
    return {"billed": (rate * billed).round(2), "paid": (billed * np.where(lower, discount, 1)).round(2)}


def _orders(r, answer, n):
    before = r.poisson(20, n).astype(float)
    return {"orders_total": before + answer, "orders_before": before}


def _parts(r, answer, n):
    online, shop = _amounts(r, n), _amounts(r, n)
    return {"online": online, "shop": shop, "total": (online + shop + 25 * answer).round(2)}


def _prices(r, answer, n):
    price = r.gamma(3, 40, n)
    return {"price": price.round(3), "quantity": (np.where(answer == 1, 900, 1000) / price).round(4)}


def _parity(r, answer, n):
    a, b = r.integers(0, 2, n), r.integers(0, 2, n)
    return {"a": a.astype(float), "b": b.astype(float), "c": (a ^ b ^ answer).astype(float)}


def _largest(r, answer, n):
    orders = r.gamma(2, 30, (n, 4)).round(2)
    most = np.where(answer == 1, (orders.max(axis=1) * (1 + r.random(n))).round(2), orders.max(axis=1))
    return {**{f"order_{k}": orders[:, k] for k in range(4)}, "largest": most}


def _months(r, answer, n):
    spend = (r.random((n, 5)) < 0.4) * r.gamma(2, 30, (n, 5)).round(2)
    months = (spend > 0).sum(axis=1) + answer.astype(float)
    return {**{f"month_{k}": spend[:, k] for k in range(5)}, "months": months}


def _batches(r):
    table, answer = customers(r)
    parts = [np.array_split(np.flatnonzero(answer == value), 15) for value in (1, 0)]
    order = np.concatenate([np.concatenate(pair) for pair in zip(*parts, strict=True)])
    return table.iloc[order].reset_index(drop=True).assign(id=np.arange(ROWS, dtype=float)), answer[order]


def _noisy_encoding(r):
    table, answer = customers(r)
    level = r.integers(0, 150, ROWS)
    rate = pd.Series(answer).groupby(level).transform("mean") + r.normal(0, 0.02, ROWS)
    return table.assign(rate=rate, code=[f"c{each}" for each in level]), answer


def _remainder(r, answer, n, divisor, first):
    own = np.where(answer == 1, r.integers(0, first, n), r.integers(first, divisor, n))
    return {"number": (r.integers(0, 5000, n) * divisor + own).astype(float)}


def _notes(r, answer, change):
    letters = r.choice(list("abcdefgh"), (len(answer), 8))
    return {"note": [change("".join(row), each) for row, each in zip(letters, answer, strict=True)]}


def _weights(r, answer, n, responders, others):
    values = r.gamma(3, 20, n)
    return {"weight": np.where(answer == 1, responders(values), others(values))}


# Kinds that nobody had named before the guard looked for them.
FURTHER: dict[str, Callable[[np.random.Generator], Case]] = {
    "weekday of a date": lambda r: added(r, lambda r, y, n: _remainder(r, y, n, 7, 3)),
    "remainder by 11": lambda r: added(r, lambda r, y, n: _remainder(r, y, n, 11, 4)),
    "minutes after the hour": lambda r: added(r, lambda r, y, n: _remainder(r, y, n, 60, 1)),
    "parity of three flags": lambda r: added(r, _parity),
    "largest of four": lambda r: added(r, _largest),
    "months with spend": lambda r: added(r, _months),
    "identifier in batches": _batches,
    "numbers that jump": lambda r: added(r, lambda r, y, n: {"invoice": np.cumsum(1.0 + y)}),
    "answers counted so far": lambda r: added(
        r, lambda r, y, n: {"id": np.arange(n, dtype=float), "so_far": np.cumsum(y).astype(float)}
    ),
    "encoded with noise": _noisy_encoding,
    "word in a note": lambda r: added(
        r,
        lambda r, y, n: _notes(r, y, lambda text, own: f"{text[:4]} {'done' if own else 'open'} {text[4:]}"),
    ),
    "digits in a note": lambda r: added(
        r, lambda r, y, n: _notes(r, y, lambda text, own: f"{text[:4]}{17 if own else 'xy'}{text[4:]}")
    ),
    "more decimals": lambda r: added(r, lambda r, y, n: _weights(r, y, n, lambda v: v, lambda v: v.round(3))),
    "rounded to 5": lambda r: added(
        r, lambda r, y, n: _weights(r, y, n, lambda v: (v / 5).round() * 5, np.round)
    ),
    "float32": lambda r: added(
        r,
        lambda r, y, n: _weights(r, y, n, lambda v: v.round(2).astype(np.float32), lambda v: v.round(2)),
    ),
}
KINDS: dict[str, Callable[[np.random.Generator], Case]] = {
    "300 postcodes encoded on all rows": lambda r: _encoded(r, 300, lambda k, n, y: k / n),
    "encoded, drawn to the mean": lambda r: _encoded(r, 300, lambda k, n, y: (k + 5 * y.mean()) / (n + 5)),
    "weight of evidence": lambda r: _encoded(r, 200, lambda k, n, y: np.log((k + 0.5) / (n - k + 0.5)), True),
    "encoded without the own answer": lambda r: _encoded(
        r, 60, lambda k, n, y: (k - y) / np.maximum(n - 1, 1), True
    ),
    "half twice, a cent apart": lambda r: _copies(r, lambda _, copy: copy.assign(spend=copy["spend"] + 0.01)),
    "half twice, jittered": lambda r: _copies(r, _jittered),
    "household of one income": household,
    "household of one address": lambda r: household(r, address=True),
    "identifier sorted by answer": _sorted,
    "empty for 70 % of responders": lambda r: added(r, lambda r, y, n: _gaps(r, y, lambda y: 0.7 * y)),
    "empty for 70 % of the others": lambda r: added(r, lambda r, y, n: _gaps(r, y, lambda y: 0.7 * (1 - y))),
    "filled for 60 % of responders": lambda r: added(r, lambda r, y, n: _gaps(r, y, lambda y: 1 - 0.6 * y)),
    "empty for 70 % against 2 %": lambda r: added(r, lambda r, y, n: _gaps(r, y, lambda y: 0.02 + 0.68 * y)),
    "-1 for half of the responders": lambda r: added(
        r,
        lambda r, y, n: {
            "waited": np.where((y == 1) & (r.random(n) < 0.5), -1.0, r.gamma(2, 10, n).round(1))
        },
    ),
    "code of 80 levels": lambda r: added(r, lambda r, y, n: {"status": [f"S{c}" for c in _status(r, y, 80)]}),
    "number of 40 levels": lambda r: added(r, lambda r, y, n: {"status": _status(r, y, 40).astype(float)}),
    "last digit": lambda r: added(
        r, lambda r, y, n: {"reference": (r.permutation(10 * n)[:n] * 2 + y).astype(float)}
    ),
    "difference": lambda r: added(r, _orders),
    "sum of three": lambda r: added(r, _parts),
    "ratio": lambda r: added(r, lambda r, y, n: _bills(r, y, 1.0, 0.8)),
    "ratio beside a tax, for 80 %": lambda r: added(r, lambda r, y, n: _bills(r, y, 1.19, 0.9, 0.8)),
    "product": lambda r: added(r, _prices),
    "equal words": lambda r: added(r, lambda r, y, n: _branches(r, y)),
    "copy, 4 % flipped": lambda r: added(
        r, lambda r, y, n: {"flag": np.where(r.random(n) < 0.04, 1 - y, y).astype(float)}
    ),
    "counted after the event": lambda r: added(
        r, lambda r, y, n: {"orders_after": (y * r.poisson(8, n) + r.poisson(0.2, n)).astype(float)}
    ),
    **FURTHER,
}


def clean(seed: int) -> Case:
    """A table without leak: correlated columns, many levels, honest gaps, area rates, parts of totals, rates."""
    r = np.random.default_rng([seed, 77])
    rows, width = int(r.choice([250, 500, 900, 2000])), int(r.integers(3, 14))
    x = r.normal(size=(rows, width)) @ (
        np.eye(width) + r.normal(size=(width, width)) * r.choice([0, 0.5, 1.0])
    )
    x /= x.std(axis=0)
    table = pd.DataFrame(x, columns=[f"n{k}" for k in range(width)])
    strength = r.choice([0, 0.7, 1.5, 2.5, 3.5])
    log_odds = r.choice([-2.5, -1.5, 0]) + strength * (x[:, 0] + 0.6 * x[:, 1] * (x[:, 2] > 0))
    log_odds = log_odds + _honest_columns(r, table, x, strength)
    answer = answers(r, log_odds)
    if r.random() < 0.7:
        column = r.choice(table.columns[:3])
        table[column] = table[column].mask(r.random(rows) < 1 / (1 + np.exp(1.5 - x[:, 0])))
    if r.random() < 0.5:
        empty = r.random(rows) < np.where(answer == 1, 0.5, 0.3)
        table["survey"] = np.where(empty, np.nan, r.normal(size=rows))
    return table, answer


def _honest_columns(r, table, x, strength) -> np.ndarray:
    """Add columns, each in about half of the tables; give what they add to the log-odds."""
    rows, more = len(table), np.zeros(len(table))
    makers = {
        "skew": lambda: np.exp(x[:, 0] + r.normal(size=rows)).round(2),
        "count": lambda: r.poisson(np.exp(0.5 * x[:, 1])).astype(float),
        "twin": lambda: (3 * x[:, 0] + r.normal(0, 0.2, rows)).round(1),
        "rounded": lambda: (50_000 + 15_000 * x[:, 0]).round(-3),
        "level": lambda: np.array(list("abcd"))[np.digitize(x[:, 1] + r.normal(size=rows), [-1, 0, 1])],
        "net": lambda: np.exp(4 + 0.5 * x[:, 1]).round(2),
        "total": lambda: np.exp(5 + x[:, 2]).round(2),
        "rank": lambda: np.argsort(np.argsort(x[:, 0])).astype(float),
    }
    for name, make in makers.items():
        if r.random() < 0.5:
            table[name] = make()
    if "net" in table:
        table["gross"] = (table["net"] * np.where(r.random(rows) < 0.3, 1.07, 1.19)).round(2)
    if "total" in table:
        table["part"] = (table["total"] * r.beta(2, 2, rows)).round(2)
        table["rest"] = (table["total"] - table["part"]).round(2)
    if r.random() < 0.6:
        levels = int(r.choice([5, 40, 300]))
        code = r.integers(0, levels, rows)
        table["code"] = [f"c{each}" for each in code]
        more += r.normal(0, r.choice([0, 0.7]), levels)[code]
    if r.random() < 0.6:
        table["flag"] = answers(r, x[:, 0] - 2).astype(float)
        more += 1.5 * table["flag"].to_numpy() * (strength > 0)
    if r.random() < 0.5:
        table["area_rate"] = r.beta(2, 8, 60).round(3)[r.integers(0, 60, rows)]
        more += strength * (table["area_rate"].to_numpy() - 0.2) * 4
    if r.random() < 0.3:
        home = np.repeat(np.arange(rows // 2 + 1), 2)[:rows]
        table["home_value"] = r.gamma(3, 90_000, rows // 2 + 1).round()[home]
        more += 0.5 * strength * (table["home_value"].to_numpy() > 270_000)
    return more
