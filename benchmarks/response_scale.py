"""Two million customers scored and targeted under a budget in one pass: seconds and peak memory.

Run: python benchmarks/response_scale.py [customers]
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings

from personae.response.model import fit_on_all, from_files, to_files
from personae.response.plan import build_plan
from personae.response.validation import validate
from personae.targeting import profit
from personae.targeting.budget import allocate


def main():
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    chosen = settings().model_copy(update={"folds": 3, "repeats": 1})
    known, origin = customers()
    plan = build_plan(known, chosen, seed=1)
    found = validate(plan)
    print(f"campaign ({origin}), customers drawn with replacement")
    print(
        f"{'model':<10}{'customers':>11}{'score s':>9}{'target s':>10}{'peak GB':>9}{'contacts':>10}{'gap':>9}"
    )
    for name, count in (("xgboost", wanted), ("stack", wanted)):
        model = from_files(to_files(fit_on_all(plan, found, name)))
        rows = np.random.default_rng(1).integers(0, len(known), count)
        everyone = known[chosen.features].iloc[rows].reset_index(drop=True)
        start = time.perf_counter()
        probability = model.predict_proba(everyone)[:, 1]
        scored = time.perf_counter()
        money = profit.economics(count, np.random.default_rng(2).choice([2.0, 3.0, 5.0], count), 11.0)
        listed = allocate(money.expected(probability), money.cost, count * 0.2)
        done = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{name:<10}{count:>11,}{scored - start:>9.1f}{done - scored:>10.1f}{peak:>9.2f}"
            f"{int(listed.chosen.sum()):>10,}{listed.gap:>9.1e}"
        )


if __name__ == "__main__":
    main()
