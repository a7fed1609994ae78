"""What a campaign brought: contacted customers compared with a random control group."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import adjust, wilson

LIST = ("customer", "decision", "probability", "segment", "cost", "revenue")
ARMS = ("contact", "control")
WORKED, HARMED, OPEN = "contact raises the response", "contact lowers the response", "no effect is shown"
PAID, LOST, UNDECIDED = "the campaign paid", "the campaign lost money", "whether it paid is not decided"
NOT_IDENTIFIABLE, TOO_FEW = "not identifiable", "too few"
NO_CONTROL = "the list holds no random control group (target.control), and who was not chosen is no control"
MIN_IN_ARM = 50
# What an arm is read from: its customers whose answer is known.
FIGURES = ["response", "revenue", "probability"]
# Of a contact's cost and a response's revenue.
MOST = 1e9
# Responses that an arm promises before the campaign: a floor on those that came would choose among campaigns.
MIN_EXPECTED = 10
# Level of each check that the arms are alike: one campaign in a hundred that was dealt at random fails it.
UNLIKE = 0.01


def read_out(listed: pd.DataFrame, answers: pd.DataFrame) -> dict[str, Any]:
    """Estimate the response and profit that the contact itself brought.

    Parameters
    ----------
    listed : the list as it was sent, as stage target writes it: customer, decision (`contact`, `control` or
        `leave`), probability, segment, cost and revenue
    answers : customer and response, 1 or 0, missing where it is not known; rows of others are ignored

    Returns
    -------
    dict
        `verdict` on the response and `profit_verdict`, `reason` where there is none; by arm the `customers`,
        `responses` and `rate`; `gain`, the difference of the rates, and `profit`, what the contacted earned
        more than they would have without, less the cost, each with a 95 % interval (Newcombe 1998; Zou and
        Donner 2008), the profit's NaN where amounts differ and an arm promises fewer than ten responses;
        `promised` by the model beside what came; `segments`, each with its own gain and the gain drawn to the
        common one (DerSimonian and Laird 1986).

    Raises
    ------
    PersonaeError
        If a column is missing, a customer is there twice, a response is neither 0 nor 1, a decision is not
        known, or a customer of the two arms has no probability, cost or revenue.
    """
    rows = _joined(listed, answers)
    known = rows[rows["response"].notna()]
    arms = {name: known.loc[known["decision"] == name, FIGURES].astype(float) for name in ARMS}
    result: dict[str, Any] = {name: _counted(rows, name) for name in arms}
    reason = _not_identifiable(rows, arms)
    if reason:
        return {"verdict": NOT_IDENTIFIABLE, "profit_verdict": NOT_IDENTIFIABLE, "reason": reason} | result
    fewest = min(map(len, arms.values()))
    if fewest < MIN_IN_ARM:
        reason = f"an arm has {fewest} customers whose answer is known; {MIN_IN_ARM} are the least"
        return {"verdict": TOO_FEW, "profit_verdict": TOO_FEW, "reason": reason} | result
    contact = known[known["decision"] == "contact"]
    gain, profit = _gain(arms), _profit(arms, contact["cost"].to_numpy(dtype=float))
    paid = TOO_FEW if np.isnan(profit["ci"][0]) else _verdict(profit["ci"], LOST, UNDECIDED, PAID)
    return {
        "verdict": _verdict(gain["ci"], HARMED, OPEN, WORKED),
        "profit_verdict": paid,
        "reason": "",
        **result,
        "gain": gain,
        "profit": profit,
        "promised": _promised(contact),
        "segments": _segments(known),
    }


def _joined(listed: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    for name, table, columns in (("list", listed, LIST), ("answers", answers, ("customer", "response"))):
        missing = [column for column in columns if column not in table]
        if missing:
            raise PersonaeError(
                f"{name}: column {missing[0]} is missing; it has {', '.join(map(str, table))}"
            )
        twice = table.loc[table["customer"].duplicated(), "customer"]
        if len(twice):
            raise PersonaeError(f"{name}: customer {twice.iloc[0]} is there twice; expected each once")
    _check_list(listed)
    wrong = answers.loc[~(answers["response"].isin([0, 1]) | answers["response"].isna()), "response"]
    if len(wrong):
        raise PersonaeError(f"answers: column response holds {wrong.iloc[0]}; expected 0, 1 or nothing")
    # Identifiers as text: a CSV gives numbers where Parquet has words.
    keyed = (each.assign(customer=each["customer"].astype(str)) for each in (listed, answers))
    left, right = keyed
    return left.merge(right[["customer", "response"]], on="customer", how="left")


def _check_list(listed: pd.DataFrame) -> None:
    """Refuse a decision of another name, which would be in no arm, and figures that an arm lacks."""
    odd = listed.loc[~listed["decision"].isin([*ARMS, "leave"]), "decision"]
    if len(odd):
        raise PersonaeError(
            f"list: column decision holds {str(odd.iloc[0])!r}; expected contact, control or leave"
        )
    sent = listed[listed["decision"].isin(ARMS)]
    if sent["segment"].isna().any():
        customer = sent.loc[sent["segment"].isna(), "customer"].iloc[0]
        raise PersonaeError(f"list: column segment is empty for customer {customer}")
    for name, most in (("probability", 1.0), ("cost", MOST), ("revenue", MOST)):
        figures = sent[name].astype(float)
        wrong = ~(np.isfinite(figures) & figures.between(0, most))
        if wrong.any():
            customer, given = sent.loc[wrong, "customer"].iloc[0], figures[wrong].iloc[0]
            expected = "0 to 1" if most == 1 else f"an amount up to {MOST:,.0f}"
            raise PersonaeError(
                f"list: column {name} holds {given:g} for customer {customer}; expected {expected}"
            )


def _counted(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    own = rows[rows["decision"] == name]
    known, responses = int(own["response"].notna().sum()), int(own["response"].sum())
    rate = responses / known if known else float("nan")
    return {"customers": len(own), "known": known, "responses": responses, "rate": rate}


def _not_identifiable(rows: pd.DataFrame, arms: dict[str, pd.DataFrame]) -> str:
    """Why the control group is none: not there, unlike the contacted, or answers known of one arm more."""
    sent = rows[rows["decision"].isin(ARMS)]
    held = (sent["decision"] == "control").to_numpy()
    if not held.any() or held.all():
        return NO_CONTROL if not held.any() else "nobody on the list was contacted"
    known = sent["response"].notna().to_numpy()
    counts = [[int((known & arm).sum()), int((~known & arm).sum())] for arm in (~held, held)]
    if not known.all() and stats.fisher_exact(counts).pvalue < UNLIKE:
        shares = " against ".join(f"{a / (a + b):.0%}" for a, b in counts)
        return f"answers are known of {shares} of contacted and control: those without one may differ"
    promise = [arm["probability"].to_numpy() for arm in arms.values()]
    if min(map(len, promise)) > 1 and stats.mannwhitneyu(*promise).pvalue < UNLIKE:
        means = " against ".join(f"{each.mean():.3f}" for each in promise)
        return f"contacted and control were not dealt at random: their mean probability is {means}"
    return ""


def _verdict(interval: tuple[float, float], below: str, between: str, above: str) -> str:
    return above if interval[0] > 0 else below if interval[1] < 0 else between


def _gain(arms: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Difference of the response rates (Newcombe 1998)."""
    mean, low, high = _difference([arm["response"].to_numpy() for arm in arms.values()])
    return {"mean": mean, "ci": (low, high)}


def _profit(arms: dict[str, pd.DataFrame], cost: FloatArray) -> dict[str, Any]:
    """Incremental profit of the contacted: their number times what each earned more, less what they cost."""
    rows, spent = len(cost), float(cost.sum())
    earned = [(arm["response"] * arm["revenue"]).to_numpy() for arm in arms.values()]
    mean, low, high = (rows * each - spent for each in _difference(earned))
    alike = np.ptp(np.concatenate([arm["revenue"] for arm in arms.values()])) == 0
    if not alike and min(arm["probability"].sum() for arm in arms.values()) < MIN_EXPECTED:
        low = high = float("nan")
    return {"mean": mean, "ci": (low, high), "spent": spent}


def _difference(values: list[FloatArray]) -> tuple[float, float, float]:
    """Difference of the means of two arms with its 95 % limits, made of those of each arm.

    A mean of amounts has Wilson's limits of as many responses as would give it with one amount, the mean one
    weighted by itself; with equal amounts these are the responses.
    """
    paid = np.concatenate(values)
    total = float(paid.sum())
    unit = float((paid**2).sum()) / total if total else 1.0
    (a, b), limits = (float(each.mean()) for each in values), []
    for each in values:
        limits += [float(limit) * unit for limit in wilson(float(each.sum()) / unit, len(each))]
    a_low, a_high, b_low, b_high = limits
    low = a - b - float(np.hypot(a - a_low, b_high - b))
    return a - b, low, a - b + float(np.hypot(a_high - a, b - b_low))


def _promised(contact: pd.DataFrame) -> dict[str, Any]:
    """Responses that the model expected of the contacted, and those that came per expected one."""
    expected, came = float(contact["probability"].sum()), float(contact["response"].sum())
    low, high = (float(each) * len(contact) / expected for each in wilson(came, len(contact)))
    earned = (contact["probability"] * contact["revenue"] - contact["cost"]).sum()
    return {"responses": expected, "observed_to_expected": came / expected, "ci": (low, high)} | {
        "profit": float(earned)
    }


def _segments(known: pd.DataFrame) -> dict[str, Any]:
    """Gain by segment, drawn to the common one by what each segment's size leaves open.

    One response and one refusal more in each arm (Agresti and Caffo 2000) keep a small segment's variance.
    """
    table = known.assign(contacted=(known["decision"] == "contact").astype(int)).groupby("segment")
    rows: list[dict[str, Any]] = []
    figures = []
    for segment, own in table:
        arms = [own.loc[own["contacted"] == arm, "response"] for arm in (1, 0)]
        if min(map(len, arms)) < 2:
            continue
        rates = [(arm.sum() + 1) / (len(arm) + 2) for arm in arms]
        variance = sum(rate * (1 - rate) / (len(arm) + 2) for rate, arm in zip(rates, arms, strict=True))
        counts = {"contacted": len(arms[0]), "control": len(arms[1])}
        rows.append({"segment": str(segment), **counts})
        figures.append((arms[0].mean() - arms[1].mean(), variance))
    if len(rows) < 2:
        return {"rows": [], "p_differ": None}
    raw, variance = np.array(figures).T
    pooled, low, high, p_differ = _pooled(raw, variance)
    p_values = adjust(2 * stats.norm.sf(np.abs(raw) / np.sqrt(variance)), "holm")
    columns = {"raw": raw, "gain": pooled, "low": low, "high": high, "p_holm": p_values}
    for i, row in enumerate(rows):
        row |= {name: float(values[i]) for name, values in columns.items()}
    return {"rows": rows, "p_differ": p_differ}


def _pooled(raw: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Empirical Bayes estimates, their 95 % limits, and the p-value of Cochran's Q."""
    weight = 1 / variance
    common = float((weight * raw).sum() / weight.sum())
    q = float((weight * (raw - common) ** 2).sum())
    spread = max((q - len(raw) + 1) / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0)
    own = spread / (spread + variance)
    inverse = 1 / (variance + spread)
    centre = float((inverse * raw).sum() / inverse.sum())
    mean = own * raw + (1 - own) * centre
    error = np.sqrt(own * variance + (1 - own) ** 2 / inverse.sum())
    half = stats.norm.ppf(0.975) * error
    return mean, mean - half, mean + half, float(stats.chi2.sf(q, len(raw) - 1))
