"""Reports of studies that never were, for pages that must read well whatever comes."""

from typing import Any

import numpy as np
import polars as pl

from personae.core.files import to_json
from personae.report.gallery import pictures
from personae.report.page import Findings, render
from personae.sources.exploration import explore

SCRIPT = "<script>alert(1)</script>"
NAMES = ("high earners", "large families", "bargain hunters", "new customers")
FIGURES = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "average_precision",
    "brier",
    "ece",
)
NULL_MODELS = ("gaussian", "box", "skewed", "copula")


def study(
    segments: int = 3,
    *,
    long_names: bool = False,
    hostile: bool = False,
    refused: bool = False,
    baskets: bool = True,
    without: tuple[str, ...] = (),
) -> Findings:
    """A study with all reports but those named in `without`.

    `refused`: nothing is supported, imputed, better than chance or worth a contact. `baskets`: whether there
    are any; without them no rule was tried.
    """
    rng = np.random.default_rng(segments)
    name = (
        SCRIPT
        if hostile
        else "a_column_whose_name_never_seems_to_come_to_an_end_at_all"
        if long_names
        else "Income"
    )
    reports: dict[str, Any] = {
        "prepare": _prepare(name),
        "impute": {"columns": {name: {"missing_share": 0.2, "unseen": _imputed(refused), "known": None}}},
        "segment": _segment(segments, refused, rng),
        "personas": [
            _persona(each, segments, name, long_names, hostile, refused) for each in range(segments)
        ],
        "compare": _compare(segments, name, refused),
        "classify": _classify(refused),
        "target": _target(refused),
        "promotions": [] if refused else [_promotion(each, hostile) for each in range(5)],
        "segment_days": _segment(3, refused, rng),
        "anomalies": _anomalies(name, refused),
        "prescription": _prescription(name),
        "pictures/exploration": to_json(explore(_customers(name, rng))),
    }
    tables = {
        "candidates": [_candidate(k, rng) for k in range(2, 9)],
        "probabilities": [_probability(name)],
        "curves/roc": _curve("false_positive_rate", "true_positive_rate"),
        "curves/precision_recall": _curve("recall", "precision"),
        "curves/reliability": [
            {"model": model, "predicted": x, "observed": x**1.2, "rows": 90 * (1 - x)}
            for model in MODELS
            for x in (0.05, 0.4, 0.8)
        ],
        "curves/profit": _profit_curve(),
        "dendrogram": [
            {"first": 0.0, "second": 1.0, "distance": 5.0, "customers": 120.0},
            {"first": 2.0, "second": 3.0, "distance": 9.0, "customers": 300.0},
        ],
        "rules": [{"segment": 0, "antecedent": "herbs", "verdict": "replicates"}],
    }
    if not baskets:
        reports["prepare"] |= {"baskets": 0, "remark": "no customer_basket.csv: no rules, no promotions"}
        del reports["promotions"], tables["rules"]
    kept = {key: value for key, value in reports.items() if key not in without}
    tables = {} if "tables" in without else tables
    highlights = [("Product", "KP781", name, "5")] if tables else []
    return Findings("fabricated", kept, tables, {"settings": "0" * 64}, highlights)


def illustrated(findings: Findings) -> str:
    """The page with its pictures, which take most of its time."""
    return render(findings, pictures(findings.reports, findings.tables))


def _prepare(name: str) -> dict[str, Any]:
    return {
        "data": "sample",
        "rows": 300,
        "columns": 6,
        "duplicates": {"rows": 3, "groups": 2, "conflicting_target_groups": 1},
        "missing": {name: {"count": 60, "share": 0.2}, "age": {"count": 1, "share": 1 / 300}},
        "repairs": [{"rule": f"{name}: written again", "column": name, "rows": 3}],
        "rejected": [{"reason": "no identifier", "rows": 2}],
    }


def _imputed(refused: bool) -> dict[str, Any]:
    return {
        "method": "xgboost",
        "rmse": 21000.5 if refused else 9000.25,
        "mae": 7100.0,
        "r2": -0.31 if refused else 0.707684,
        "r2_ci": [-0.5, -0.1] if refused else [0.65, 0.74],
        "baseline": "mean",
        "baseline_rmse": 18552.7,
        "baseline_mae": 15538.9,
        "difference_ci": [1000.0, 4000.0] if refused else [-9179.0, -7906.0],
        "support": 0.4 if refused else 1.0,
        "verdict": "refuse" if refused else "impute",
        "reason": "40% of the missing cells lie inside the training range"
        if refused
        else "better beyond chance",
        "leaky": None,
        "observed": {"mean": 51000.0, "sd": 18000.0, "p05": 24000.0, "median": 50500.0, "p95": 82000.0},
        "filled": {"mean": 50100.0, "sd": 15000.0, "p05": 26000.0, "median": 49000.0, "p95": 79000.0},
        "others": {"knn": {"rmse": 9100.0, "mae": 7200.0, "r2": 0.69, "difference_ci": [-9000.0, -7800.0]}},
    }


def _null() -> dict[str, float]:
    return {"mean": 0.15, "p95": 0.17, "p_value": 0.01, "tables": 99}


def _segment(segments: int, refused: bool, rng: np.random.Generator) -> dict[str, Any]:
    jaccard = [round(float(value), 6) for value in rng.uniform(0.3, 0.6, segments) + (0 if refused else 0.4)]
    only = segments < 2
    return {
        "k": segments,
        "method": "kmeans",
        "space": {"name": "reference", "columns": ["age", "Income"], "scaler": "standard"},
        "silhouette": None if only else 0.231456,
        "silhouette_ci": None if only else [0.21, 0.25],
        "null": {model: _null() for model in NULL_MODELS} | {"p_value": 0.4 if refused else 0.01},
        "calinski_harabasz": 200.0,
        "davies_bouldin": 1.5,
        "inertia": 1234.5,
        "stability": {
            "ari_mean": 0.8,
            "ari_sd": 0.1,
            "jaccard": jaccard,
            "min_jaccard": min(jaccard),
            "prediction_strength": 0.7,
        },
        "sizes": [300 // segments] * segments,
        "ids": list(range(segments)),
        "rule": "stability",
        "verdict": "not supported" if refused else "supported",
        "reason": "p 0.40 against tables without segments"
        if refused
        else "p 0.01, every Jaccard at least 0.75",
        "kind": "constructive" if refused else "natural",
        "supported_k": None if refused else segments,
        "headline": "" if refused else f"{segments} natural groups",
        "borders": [
            {"a": each, "b": each + 1, "dip_p": 0.01, "neighbours": 0.02, "gap": not refused}
            for each in range(segments - 1)
        ],
        "columns_that_matter": [
            {"column": "age", "p_value": 0.3, "silhouette": 0.2301, "could_be_noise": refused},
            {"column": "Income", "p_value": 0.05, "silhouette": 0.1, "could_be_noise": False},
        ],
        "votes": {"silhouette": 2, "elbow": 3, "gap": None, "stability": segments},
        "sampled": {"null": 100, "ward": 200},
        "agreement": {"ward": 0.7},
        "sensitivity": {
            "customers": 300,
            "variations": [
                {"choice": choice, "to": to, "jaccard": jaccard}
                for choice, to in (("k", "4"), ("column left out", "Income"), ("method", "ward"))
            ],
            "survives": [0.333333] * segments,
        },
        "also": {},
    }


def _persona(
    each: int, segments: int, column: str, long_names: bool, hostile: bool, refused: bool
) -> dict[str, Any]:
    name = f"{NAMES[each % len(NAMES)]} ({each})"
    if long_names:
        name = ", ".join(NAMES) + f", and whoever else was left over in number {each}"
    features = [column, "age", "MntWines", "tenure"]
    return {
        "id": each,
        "name": f"{SCRIPT} {each}" if hostile else name,
        "size": 300 // segments,
        "share": round(1 / segments, 6),
        "drivers": [
            {
                "feature": f,
                "label": f,
                "value": 10.5 * i,
                "overall": 9.25,
                "effect": 0.9 - 0.5 * i,
                "ci": [0.7 - 0.5 * i, 1.1 - 0.5 * i],
            }
            for i, f in enumerate(features)
        ],
        "rule": {"text": f"{column} > 50,000 and age ≤ 40", "fidelity": 0.8765, "coverage": 0.6543},
        "exemplar": {"customer": 12, "age": 33},
        "response_rate": 0.149,
        "response_rate_ci": [0.1, 0.21],
        "action": "offer the premium range",
        "caveats": ["the data does not support these segments"] if refused else [],
        "borders": [f"towards segment {each + 1} (others): a gap, fewer customers lie between"],
    }


def _candidate(k: int, rng: np.random.Generator) -> dict[str, Any]:
    silhouette = round(0.3 - 0.02 * k + float(rng.normal(0, 0.01)), 6)
    nulls = {f"{model}_{figure}": value for model in NULL_MODELS for figure, value in _null().items()}
    return {
        "k": k, "method": "kmeans", "votes": "gap elbow" if k == 3 else None, "silhouette": silhouette,
        "silhouette_low": silhouette - 0.02, "silhouette_high": silhouette + 0.02, **nulls, "inertia": 3000.0 / k,
        "min_jaccard": round(1 - 0.08 * k, 6), "prediction_strength": round(1 - 0.1 * k, 6), "smallest_share": 0.1,
    }  # fmt: skip


def _compare(segments: int, name: str, refused: bool) -> dict[str, Any]:
    groups = [f"group {each}" for each in range(segments)]
    pairs = [(a, b) for i, a in enumerate(groups) for b in groups[i + 1 :]]
    verdict = "inconclusive" if refused else "keep"
    return {
        "grouping": "segment",
        "sizes": dict.fromkeys(groups, 20),
        "descriptive": ["age"],
        "rules": {
            "alpha": 0.05,
            "correction": "holm",
            "margin": 0.3,
            "auc_bound": 0.6,
            "on_inconclusive": "merge",
        },
        "tests": 1 + len(pairs),
        "variables": {
            name: {
                "normality": dict.fromkeys(groups, 0.0004),
                "levene_p": 0.27,
                "test": "kruskal",
                "statistic": 12.3,
                "p": 0.0004,
                "p_adjusted": 0.004,
                "effect_name": "epsilon_squared",
                "effect": 0.2,
                "effect_ci": [0.1, 0.3],
            },
            "age": {
                "normality": {},
                "levene_p": None,
                "test": None,
                "statistic": None,
                "p": None,
                "p_adjusted": None,
                "effect_name": "epsilon_squared",
                "effect": 0.4,
                "effect_ci": [0.3, 0.5],
            },
        },
        "pairs": [
            {
                "a": a,
                "b": b,
                "variable": name,
                "test": "mann-whitney",
                "p": 0.01,
                "p_adjusted": 0.14,
                "p_within_pair": 0.02,
                "cliffs_delta": -0.15,
                "ci": [-0.36, 0.07],
                "cohens_d": -0.27,
                "cohens_d_ci": [-0.6, 0.07],
                "cramers_v": None,
                "cramers_v_ci": [None, None],
                "equivalence_p": 0.2,
                "power": 0.39,
                "power_within_pair": 0.14,
            }
            for a, b in pairs
        ],
        "merge": [
            {
                "a": a,
                "b": b,
                "two_sample_auc": 0.61,
                "two_sample_ci": [0.45, 0.7],
                "two_sample_p_adjusted": 0.06,
                "verdict": verdict,
                "power": 0.39,
                "power_within_pair": 0.14,
                "reason": "power is 39 %",
                "decision": "merge" if refused else verdict,
                "decided_by": "on_inconclusive" if refused else "data",
            }
            for a, b in pairs
        ],
    }


def _probability(name: str) -> dict[str, Any]:
    return {
        "kind": "conditional", "event": "Product", "event_value": "KP781", "given": name, "given_value": "5",
        "count": 29, "total": 31, "probability": 0.935484, "low": 0.7928, "high": 0.982, "base_rate": 0.222222, "small_n": False,
    }  # fmt: skip


MODELS = ("logistic", "random_forest", "gradient_boosting", "xgboost")


def _classify(refused: bool) -> dict[str, Any]:
    def figures(shift: float) -> dict[str, dict[str, float]]:
        base = 0.5 if refused else 0.85
        return {name: {"mean": base + shift, "sd": 0.03, "pooled": base + shift} for name in FIGURES}

    return {
        "target": "Response",
        "split": "stratified, identical customers in one fold",
        "folds": 5,
        "repeats": 2,
        "majority_accuracy": 0.8512,
        "models": {name: figures(0.01 * place) for place, name in enumerate(MODELS)},
        "best": "xgboost",
        "differences": [
            {
                "a": "logistic",
                "b": "xgboost",
                "metric": "roc_auc",
                "mean": -0.03,
                "lower": -0.07,
                "upper": 0.01,
                "p": 0.15,
            }
        ],
        "groups": {"yes": "yes", "maybe": "yes", "no": "no"},
        "left_out": [
            {"name": "never", "rows": 2, "reason": "not compared"},
            {"name": "", "rows": 3, "reason": "Response is missing"},
        ],
        "before": {
            "classes": ["yes", "maybe", "no"],
            "folds": 5,
            "repeats": 20,
            "majority_accuracy": 0.444444,
            "models": {name: figures(-0.2) for name in MODELS},
        },
        "after": {
            "classes": ["yes", "no"],
            "folds": 5,
            "repeats": 20,
            "majority_accuracy": 0.777778,
            "models": {name: figures(0.1) for name in MODELS},
        },
        "failures": {
            "model": "xgboost",
            "confusion": {"yes": {"yes": 20.5, "no": 4.25}, "no": {"yes": 3.0, "no": 70.0}},
            "pairs": [{"a": "yes", "b": "no", "rows": 7.25, "share": 1.0}],
            "rows": [{"customer": 7, "actual": "yes", "predicted": "no", "wrong": 0.85}],
        },
        "failures_after": {
            "confusion": {"yes": {"yes": 21.5, "no": 3.25}, "no": {"yes": 1.5, "no": 71.5}},
            "rows": [],
        },
        "leakage": [
            {
                "check": "one column alone",
                "columns": ["ReferralCode"],
                "verdict": "leak" if refused else "clean",
                "evidence": "ROC AUC 0.51",
            }
        ],
        "ablation": {
            f"{name} the segment": {
                "xgboost": {
                    metric: {
                        "figure": {"mean": 0.6, "sd": 0.03, "pooled": 0.6},
                        "difference": {"mean": shift, "lower": shift - 0.02, "upper": shift + 0.02, "p": 0.5},
                    }
                    for metric in ("roc_auc", "average_precision")
                }
            }
            for name, shift in (("with", 0.001), ("far better with", 0.05))
        },
        "importance": [{"column": name, "mean": 0.02, "sd": 0.01} for name in ("age", "Recency")],
        "shap": {"model": "xgboost", "mean_absolute": {"age": 0.4, "Recency": 0.2}},
        "seed_claim": {
            "model": "random_forest",
            "claimed": 0.64,
            "splits": 100,
            "median": 0.645,
            "lower": 0.52,
            "upper": 0.77,
            "share_at_least_claimed": 0.55,
            "majority": 0.444,
            "before": _split(0.638889, 0.5, {"yes": 0.65, "maybe": 0.25, "no": 1.0}, "dummies"),
            "after": _split(0.944444, 0.75, {"yes": 0.931034, "no": 1.0}, "dummies"),
            "after_integer_codes": _split(0.972222, 0.75, {"yes": 0.964286, "no": 1.0}, "codes"),
        },
    }


def _split(accuracy: float, majority: float, precision: dict[str, float], encoding: str) -> dict[str, Any]:
    return {
        "recipe": f"test share 0.2, not stratified; categories as {encoding}", "rows": 36, "accuracy": accuracy,
        "majority_accuracy": majority, "precision": precision, "recall": dict.fromkeys(precision, 7 / 9),
    }  # fmt: skip


def _curve(x: str, y: str) -> list[dict[str, Any]]:
    points = np.linspace(0, 1, 20)
    return [
        {"model": model, "class": 1, x: float(at), y: float(at ** (0.3 + 0.1 * place))}
        for place, model in enumerate(MODELS)
        for at in points
    ]


def _target(refused: bool) -> dict[str, Any]:
    model = -40.0 if refused else 1153.25
    return {
        "cost": 3.0,
        "revenue": 11.0,
        "cutoff": 0.272727,
        "profit": {
            "everyone": -3046.0,
            "nobody": 0.0,
            "model": model,
            "model_ci": [model - 200, model + 200],
            "oracle": 2672.0,
        },
        "budget": [{"budget": b, "contacts": b // 3, "profit": round(b**0.8, 3)} for b in (100, 300, 900)],
        "control": {"customers": 12, "share": 0.23, "seed": 7, "detectable_gain": 0.084, "power": 0.8},
    }


def _profit_curve() -> list[dict[str, Any]]:
    return [
        {"share": s, "contacts": int(300 * s)}
        | {
            f"{name}{end}": value + away
            for name, value, wide in (("profit", 4000 * s * (0.75 - s), 200), ("gain", s**0.5, 0.05), ("lift", s**-0.5, 0.1))
            for end, away in (("", 0), ("_lower", -wide), ("_upper", wide))
        }
        for s in np.linspace(0.05, 1, 20).tolist()
    ]  # fmt: skip


def _promotion(each: int, hostile: bool) -> dict[str, Any]:
    item = SCRIPT if hostile else "root vegetables"
    return {
        "segment": each % 3, "antecedent": ["herbs", f"tea {each}"], "consequent": [item], "support": 0.012, "confidence": 0.43,
        "lift": 3.96, "replay": {"support": 0.011, "confidence": 0.4, "lift": 3.1, "lift_lower": 2.2, "null_p95": 1.4, "p_adjusted": 0.004},
        "offer": f"herbs with {item}, 10 % off", "who": f"segment {each % 3} with {item}", "why": f"lift 3.10 with {item}",
        "cost": {"reached": 2.8, "given_anyway": 1.2, "discount": 0.1, "margin": 0.3, "break_even": 0.6},
    }  # fmt: skip


def _anomalies(name: str, refused: bool) -> dict[str, Any]:
    day = {
        "customer": 7,
        "date": "2016-04-12",
        "scope": "user",
        "z": -6.2,
        "isolation": 0.7,
        "reason": f"{name} 12 (usually 9,000)",
    }
    nothing = {"planted": 0, "found": 0, "hits": 0, "precision": None, "recall": None}
    some = {"planted": 10, "found": 9, "hits": 9, "precision": 1.0, "recall": 0.9, "recall_ci": [0.6, 0.98]}
    return {
        "days": 300,
        "users": 20,
        "found": [] if refused else [day],
        "control": nothing if refused else some,
    }


def _prescription(name: str) -> dict[str, Any]:
    given = {"action": f"nudge on {name}", "users": 5, "cost": 50.0, "gain": 12.5}
    return {
        "budget": 60.0, "gain": 12.5, "cost": 50.0, "bound": 13.0, "shadow_price": 0.2, "actions": [given],
        "one_for_all": given, "assumptions": ["effects are assumed, not measured"],
    }  # fmt: skip


def _customers(name: str, rng: np.random.Generator) -> pl.DataFrame:
    age = rng.integers(18, 80, 300)
    income = rng.lognormal(10, 0.5, 300) + 200 * age
    return pl.DataFrame(
        {
            "customer": np.arange(300),
            name: [
                None if gap else value
                for gap, value in zip(rng.random(300) < 0.2, income.tolist(), strict=True)
            ],
            "age": age,
            "MntWines": rng.gamma(1, 300, 300) + income / 100,
            "city": rng.choice(["Berlin", "Paris", SCRIPT], 300),
            "always": np.ones(300),
        }
    )
