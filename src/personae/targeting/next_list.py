"""Whether the next list is ranked by what the contact brings rather than by who responds."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from personae.core.arrays import FloatArray, IntArray
from personae.targeting.uplift import BOOSTING, uplift

RESPONSE, UPLIFT = "response", "uplift"
METHOD = "two models"
# Customers of the smaller arm below which a model of the effect is not tried.
MIN_IN_ARM = 100


def next_list(
    sent: pd.DataFrame, inputs: FloatArray, *, model: Any = None, resamples: int = 1000, seed: int = 0
) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """Rank the customers of a read-out campaign by uplift, if that beats the response model beyond chance.

    Parameters
    ----------
    sent : customers of a list whose answer is known, dealt at random: customer, decision (`contact` or
        `control`), probability, response, cost, revenue
    inputs : numbers known before the contact, shape (customers, inputs)
    model : unfitted scikit-learn classifier; by default gradient boosting

    Returns
    -------
    report
        `rank_by` (`uplift` or `response`), `reason`; `qini` of the uplift model, out of fold, and of the
        response model, and their `difference` with a 99 % interval.
    customers
        `customer`, `uplift`, `expected_profit` and `decision`, the best first; None where the response model
        goes on to rank.
    """
    treatment = (sent["decision"] == "contact").to_numpy().astype(np.intp)
    response = sent["response"].to_numpy().astype(np.intp)
    fewest = int(min(treatment.sum(), (1 - treatment).sum()))
    if fewest < MIN_IN_ARM:
        reason = f"the smaller arm has {fewest} customers; a model of the effect takes {MIN_IN_ARM}"
        return {"rank_by": RESPONSE, "reason": reason}, None
    model = HistGradientBoostingClassifier(**BOOSTING, random_state=seed) if model is None else model
    probability = sent["probability"].to_numpy(dtype=float)
    options = {"randomised": True, "model": model, "resamples": resamples, "seed": seed}
    found = uplift(inputs, treatment, response, rival=probability, **options)
    if "rival" not in found:
        return {"rank_by": RESPONSE, "reason": found["reason"]}, None
    rival = found["rival"]
    low, high = rival["difference"][METHOD]["ci"]
    figures = {
        "qini": {UPLIFT: found["qini"][METHOD]["coefficient"], RESPONSE: rival["coefficient"]},
        "difference": {"mean": rival["difference"][METHOD]["mean"], "ci": (low, high)},
    }
    if low <= 0:
        reason = "the uplift model's Qini does not beat the response model's beyond chance"
        return {"rank_by": RESPONSE, "reason": reason} | figures, None
    reason = "the uplift model's Qini beats the response model's beyond chance"
    effect = _effect(model, inputs, treatment, response)
    profit = effect * sent["revenue"].to_numpy(dtype=float) - sent["cost"].to_numpy(dtype=float)
    decision = np.where(profit > 0, "contact", "leave")
    columns = {"customer": sent["customer"].to_numpy(), "uplift": effect, "expected_profit": profit}
    listed = pd.DataFrame(columns | {"decision": decision})
    return {"rank_by": UPLIFT, "reason": reason} | figures, listed.sort_values(
        "expected_profit", ascending=False
    )


def _effect(model: Any, inputs: FloatArray, treatment: IntArray, response: IntArray) -> FloatArray:
    """Response with contact less response without, by a model of each arm."""
    with threadpool_limits(limits=1):
        arms = [clone(model).fit(inputs[treatment == arm], response[treatment == arm]) for arm in (1, 0)]
        effect: FloatArray = arms[0].predict_proba(inputs)[:, 1] - arms[1].predict_proba(inputs)[:, 1]
    return effect
