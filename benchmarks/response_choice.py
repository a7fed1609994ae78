"""How to choose a model in inner folds: by the highest mean, or the stack unless another is better beyond chance.

`python benchmarks/response_choice.py`: samples of the campaign file, dealt at random into 5 folds or, by the date of
enrolment, into 6 blocks of which the last three are predicted from earlier ones. Log loss counts each probability, as
stage target does when it multiplies probabilities with money.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
from response_cases import customers, settings

from personae.response import metrics
from personae.response.calibration import log_loss
from personae.response.folds import grouped_folds, time_folds
from personae.response.plan import build_plan
from personae.response.validation import validate

SAMPLES = (("random", 400, 8), ("random", 900, 5), ("forward", 700, 8), ("forward", 1200, 6))


def figures(target, probabilities, folds):
    """ROC AUC, log loss, Brier and ECE: means over folds."""
    rows = [folds.assignment[0] == k for k in folds.outer]
    pairs = [(target[each], probabilities[0, each]) for each in rows]
    found = [(metrics.figures(truth, given), log_loss(given, truth)) for truth, given in pairs]
    return np.mean([(one["roc_auc"], loss, one["brier"], one["ece"]) for one, loss in found], axis=0)


def with_stack(chosen, preferred):
    stack = chosen.models["stack"].model_copy(update={"preferred": preferred})
    changes = {"models": chosen.models | {"stack": stack}, "calibrations": ["none", "sigmoid"]}
    return chosen.model_copy(update=changes)


def one_sample(everyone, chosen, kind, seed):
    plan = build_plan(everyone, chosen, seed=seed)
    if kind == "random":
        folds = grouped_folds(plan.target, plan.groups, folds=5, repeats=1, seed=seed)
    else:
        folds = time_folds(plan.target, -everyone["tenure"].to_numpy(), folds=6)
    given = {
        rule: validate(replace(plan, folds=folds, settings=with_stack(chosen, preferred)))
        for rule, preferred in (("highest mean", False), ("stack preferred", True))
    }
    found = {rule: figures(plan.target, one.procedure, folds) for rule, one in given.items()}
    return found, {rule: Counter(one.chosen) for rule, one in given.items()}


def main():
    everyone, origin = customers()
    chosen = settings()
    print(f"{origin}\n\n| folds | customers | samples | rule | ROC AUC | log loss | Brier | ECE | chosen |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, rows, count in SAMPLES:
        samples = [everyone.sample(rows, random_state=seed).reset_index(drop=True) for seed in range(count)]
        found = [one_sample(sample, chosen, kind, seed) for seed, sample in enumerate(samples)]
        for rule in found[0][0]:
            means = " | ".join(f"{each:.4f}" for each in np.mean([one[rule] for one, _ in found], axis=0))
            names = sum((counts[rule] for _, counts in found), Counter()).most_common()
            picks = ", ".join(f"{name} {times}" for name, times in names)
            print(f"| {kind} | {rows} | {count} | {rule} | {means} | {picks} |", flush=True)
        gaps = [one["stack preferred"][1] - one["highest mean"][1] for one, _ in found]
        print(
            f"| | | | log loss, second rule - first | | {np.mean(gaps):+.4f} (sd {np.std(gaps, ddof=1):.4f}) | | | |"
        )


if __name__ == "__main__":
    main()
