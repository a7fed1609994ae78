"""The warning example: oversampling before the split fakes its figures, and the guard says so.

Run: python benchmarks/response_guard.py
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings
from tests.planted.leaks import oversample

from personae.response import leakage, metrics
from personae.response.folds import Folds, grouped_folds, identical_rows
from personae.response.plan import describe, units_of
from personae.response.preprocessing import features
from personae.response.validation import Plan, validate

FOREST = {"type": "random_forest"}


def figures(table, target, folds, plan):
    found = validate(table, target, folds, plan, seed=1, workers=2).models["random_forest"].probabilities[0]
    return metrics.figures(target, found)


def random_folds(target):
    assignment = np.empty((1, len(target)), dtype=np.intp)
    for k, (_, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=1).split(target, target)):
        assignment[0, test] = k
    return Folds(assignment, 5)


def main():
    chosen = settings()
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
        table, target = features(everyone, chosen.features), everyone[chosen.target].to_numpy()
        plan = describe(chosen, table)
        plain = Plan(
            plan.preprocessing,
            {"random_forest": plan.models["random_forest"]},
            {},
            ("none",),
            "roc_auc",
            False,
        )
        units = units_of(chosen, everyone, table)
        folds = grouped_folds(target, units, folds=5, repeats=1, seed=1) if grouped else random_folds(target)
        found = figures(table, target, folds, plain)
        majority = np.bincount(target).max() / len(target)
        print(f"{recipe:<46}{found['accuracy']:>10.3f}{found['roc_auc']:>10.3f}{majority:>10.3f}")
        apart = units if grouped else np.arange(len(table))
        verdicts = leakage.inspect(table, target, apart, suspicious_auc=chosen.guard.suspicious_auc, seed=1)

        def run(answers, table=table, apart=apart, plain=plain):
            dealt = grouped_folds(answers, apart, folds=5, repeats=1, seed=1)
            return (
                validate(table, answers, dealt, plain, seed=1, workers=2)
                .models["random_forest"]
                .probabilities[0]
            )

        verdicts.append(leakage.canary(run, target, identical_rows(table), permutations=3, seed=1))
        for finding in verdicts:
            if finding.verdict != "clean":
                print(f"    {finding.verdict}: {finding.check}: {finding.evidence}")


if __name__ == "__main__":
    main()
