"""How often the leakage guard finds each kind of leak, and how often it reports one in clean tables.

python benchmarks/guard_rates.py [tables a kind, clean tables; default 20 40]
"""

import sys
import time
import warnings

import numpy as np
from tests.planted.leak_kinds import KINDS, clean
from tests.response.planted import plan_for
from threadpoolctl import threadpool_limits

from personae.response import leakage


def leaks(table, answer):
    plan = plan_for(table.assign(answer=answer), features=list(table), seed=1)
    return [finding for finding in leakage.inspect(plan) if finding.verdict == "leak"]


def main():
    warnings.simplefilter("ignore")
    tables, clean_tables = [*map(int, sys.argv[1:]), *(20, 40)[len(sys.argv) - 1 :]]
    for kind, make in KINDS.items():
        found = [leaks(*make(np.random.default_rng([seed, 5]))) for seed in range(tables)]
        named = {finding.check for each in found for finding in each}
        print(f"{kind:34s} {sum(map(bool, found))} of {tables}  {', '.join(sorted(named))}", flush=True)
    start, alarms = time.process_time(), 0
    for seed in range(clean_tables):
        found = leaks(*clean(seed))
        alarms += bool(found)
        for finding in found:
            print(f"  clean table {seed}: {finding.check} {finding.columns}: {finding.evidence}")
    spent = (time.process_time() - start) / max(clean_tables, 1)
    print(f"clean tables with a leak reported: {alarms} of {clean_tables}; {spent:.2f} CPU s a table")


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
