"""The warning example: oversampling before the split fakes its figures, and the guard says so.

Run: python -m benchmarks.response_guard
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings
from tests.planted.leaks import oversample

from personae.response import leakage, metrics
from personae.response.folds import Folds, grouped_folds, identical_rows
from personae.response.plan import build_plan
from personae.response.validation import validate


def predicted(plan):
    return validate(plan, nested=False).probabilities["random_forest"][0]


def random_folds(target):
    assignment = np.empty((1, len(target)), dtype=np.intp)
    for k, (_, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=1).split(target, target)):
        assignment[0, test] = k
    return Folds(assignment, 5)


def main():
    chosen = settings().without_stacks("random_forest").model_copy(update={"ablated": [], "repeats": 1})
    honest, origin = customers()
    faked = oversample(honest, chosen.target, np.random.default_rng(1))
    print(f"campaign ({origin}), Random Forest, 5 folds")
    print(f"{'recipe':<46}{'accuracy':>10}{'ROC AUC':>10}{'majority':>10}")
    cases = {
        "identical customers in one fold": (honest, True),
        "random folds": (honest, False),
        "oversampled before the split, random folds": (faked, False),
    }
    for recipe, (everyone, grouped) in cases.items():
        plan = build_plan(everyone, chosen, seed=1)
        if not grouped:
            plan = replace(plan, groups=np.arange(len(plan.target)), folds=random_folds(plan.target))
        found = metrics.figures(plan.target, predicted(plan))
        majority = np.bincount(plan.target).max() / len(plan.target)
        print(f"{recipe:<46}{found['accuracy']:>10.3f}{found['roc_auc']:>10.3f}{majority:>10.3f}")

        def run(answers, plan=plan):
            folds = grouped_folds(answers, plan.groups, folds=5, repeats=1, seed=1)
            return predicted(replace(plan, target=answers, folds=folds))

        alike = identical_rows(plan.table)
        permuted = leakage.permuted_target_check(run, plan.target, alike, permutations=3, seed=1)
        verdicts = [*leakage.inspect(plan), permuted]
        for finding in verdicts:
            if finding.verdict != "clean":
                print(f"    {finding.verdict}: {finding.check}: {finding.evidence}")


if __name__ == "__main__":
    main()
