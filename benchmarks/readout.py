"""What a readout says of simulated campaigns: `python benchmarks/readout.py [CAMPAIGNS]`.

Each campaign deals a control group at random; the contact raises every response by the same gain, or by all of
it where it is less. Counted are intervals that hold the truth, campaigns without effect that are called a success, and
campaigns of the planned size whose gain is shown.
"""

import sys

import numpy as np
import pandas as pd

from personae.core.statistics import wilson
from personae.targeting.control import hold_out
from personae.targeting.readout import PAID, TOO_FEW, WORKED, read_out
from personae.targeting.settings import Control

RATES = {"10 %": (2.0, 18.0), "3 %": (0.5, 15.0), "30 %": (6.0, 14.0)}
LINES = [
    (400, Control(share=0.25), "10 %", 0.0),
    (400, Control(share=0.25), "3 %", 0.0),
    (1000, Control(share=0.1), "10 %", 0.04),
    (1000, Control(share=0.3), "3 %", 0.0),
    (5000, Control(share=0.1), "10 %", 0.0),
    (2000, Control(gain=0.05), "30 %", 0.05),
    (1500, Control(gain=0.08), "30 %", 0.08),
]


def simulated(
    rng: np.random.Generator, rows: int, settings: Control, rate: str, gain: float, *, spread: float
) -> dict[str, bool]:
    """Read one campaign out; `spread` is the standard deviation of the logarithm of the revenue."""
    chance = rng.beta(*RATES[rate], rows)
    held, _ = hold_out(np.ones(rows, dtype=bool), chance, settings, int(rng.integers(2**31)))
    effect, revenue = np.minimum(gain, chance), rng.lognormal(2.2, spread, rows)
    responded = rng.random(rows) < np.where(held, chance - effect, chance)
    customer = np.arange(rows)
    listed = {"customer": customer, "decision": np.where(held, "control", "contact"), "probability": chance}
    listed |= {"segment": customer % 3, "cost": 0.5, "revenue": revenue}
    answers = pd.DataFrame({"customer": customer, "response": responded.astype(float)})
    found = read_out(pd.DataFrame(listed), answers)
    if "gain" not in found:
        return {"alike": False}
    profit = (~held).sum() * ((effect * revenue).mean() - 0.5)
    few = found["profit_verdict"] == TOO_FEW
    return {
        "alike": True,
        "gain held": found["gain"]["ci"][0] <= effect.mean() <= found["gain"]["ci"][1],
        "worked": found["verdict"] == WORKED,
        "paid": found["profit_verdict"] == PAID,
        "too few": few,
    } | ({} if few else {"profit held": found["profit"]["ci"][0] <= profit <= found["profit"]["ci"][1]})


def main() -> None:
    """Print the rates of each line."""
    campaigns = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    names = ["gain held", "profit held", "worked", "paid", "too few", "alike"]
    print(f"{campaigns} campaigns a line; 95 % Wilson interval in parentheses")
    print(f"| listed | control | response | gain | revenue | {' | '.join(names)} |")
    print("|--:|---|--:|--:|---|" + "--:|" * len(names))
    for spread in (0.0, 0.8):
        for rows, settings, rate, gain in LINES:
            rng = np.random.default_rng(1)
            made = [simulated(rng, rows, settings, rate, gain, spread=spread) for _ in range(campaigns)]
            shares = []
            for name in names:
                known = [each[name] for each in made if name in each]
                low, high = wilson(sum(known), len(known))
                shares.append(f"{np.mean(known):.1%} ({low:.1%}-{high:.1%})" if known else "")
            control = f"{settings.share:.0%}" if settings.share else f"for {settings.gain:.0%}"
            revenue = "differs" if spread else "equal"
            print(
                f"| {rows} | {control} | {rate} | {gain:.0%} | {revenue} | {' | '.join(shares)} |", flush=True
            )


if __name__ == "__main__":
    main()
