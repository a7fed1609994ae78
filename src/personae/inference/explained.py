"""How far the columns that made the segments determine another column, whatever its name."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from personae.core.arrays import FloatArray, IntArray
from personae.inference.values import Values, is_number, known

FOLDS = 5
MAX_ROWS = 1000
# Products of columns are tried where there are at most as many, by value and by rank.
MAX_SQUARED = 40
# Trees, which see steps, are tried where a smooth function explains some but not nearly all.
TREES_FROM, ENOUGH = 0.2, 0.95


def explained(space: Sequence[Values], columns: Mapping[str, Values], *, seed: int = 0) -> dict[str, float]:
    """Out-of-fold R2 of each column on the columns that made the segments; at least 0.

    The best of ridge regression on values, ranks and their products, and of randomised trees; of a number
    itself and of its rank, of a category all its levels together. Noise gets 0, a function gets nearly 1.

    Parameters
    ----------
    space : columns of the segmentation, (rows,) each; a gap counts as the median, and as a gap.
    columns : of the same rows.

    References
    ----------
    Geurts, Ernst and Wehenkel (2006), Extremely randomized trees.

    Examples
    --------
    >>> income, visits = np.random.default_rng(0).normal(size=(2, 300))
    >>> found = explained([income], {"in_euro": 0.93 * income, "visits": visits})
    >>> round(found["in_euro"], 2), found["visits"] < 0.1
    (1.0, True)
    """
    # Columns known in the same rows share the decomposition of their inputs, which is most of the work.
    alike: dict[bytes, tuple[IntArray, dict[str, Values]]] = {}
    for name, values in columns.items():
        rows = np.flatnonzero(known(values))
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MAX_ROWS])
        if len(rows) >= 2 * FOLDS and len(np.unique(values[rows])) > 1:
            alike.setdefault(rows.tobytes(), (rows, {}))[1][name] = values[rows]
    found: dict[str, float] = {}
    for rows, several in alike.values():
        found |= _determined(np.hstack([_scaled(each[rows]) for each in space]), several)
    return {name: found[name] for name in columns if name in found}


def _determined(inputs: FloatArray, columns: Mapping[str, Values]) -> dict[str, float]:
    """R2 of each column on the same inputs: of a number the better of its value and rank."""
    numbers = {name: values for name, values in columns.items() if is_number(values)}
    forms = [form for values in numbers.values() for form in (values[:, None], _ranked(values))]
    single = _r2(inputs, np.hstack(forms), together=False) if forms else []
    found = {name: max(0.0, *single[2 * place : 2 * place + 2]) for place, name in enumerate(numbers)}
    for name, values in columns.items():
        if name not in numbers:
            levels = (values[:, None] == np.unique(values)).astype(float)
            found[name] = max(0.0, *_r2(inputs, levels, together=True))
    return found


def _ranked(values: FloatArray) -> FloatArray:
    ranked: FloatArray = ndtri(rankdata(values) / (len(values) + 1))[:, None]
    return ranked


def _scaled(values: Values) -> FloatArray:
    if not is_number(values):
        levels: FloatArray = (values[:, None] == np.unique(values)).astype(float)
        return levels
    gaps = np.isnan(values)
    if gaps.all():
        return np.zeros((len(values), 0))
    values = np.where(gaps, np.nanmedian(values), values)
    spread = values.std() or 1.0
    scaled = [(values[:, None] - values.mean()) / spread, _ranked(values)]
    return np.hstack([*scaled, gaps[:, None].astype(float)] if gaps.any() else scaled)


def _r2(inputs: FloatArray, targets: FloatArray, *, together: bool) -> list[float]:
    """R2 of each target, (rows, targets), or of all together."""
    from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415 - slow to import
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415
    from sklearn.model_selection import KFold, cross_val_predict  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: PLC0415

    def out_of_fold(model: object, target: FloatArray) -> FloatArray:
        folds = KFold(FOLDS, shuffle=True, random_state=0)
        guessed = cross_val_predict(model, inputs, target if target.shape[1] > 1 else target[:, 0], cv=folds)
        return np.asarray(guessed).reshape(target.shape)

    products = PolynomialFeatures(2 if inputs.shape[1] <= MAX_SQUARED else 1, include_bias=False)
    ridge = RidgeCV(np.logspace(-4, 4, 9), alpha_per_target=not together)
    guessed = out_of_fold(make_pipeline(products, StandardScaler(), ridge), targets)
    found = []
    for columns in (
        [slice(None)] if together else [slice(place, place + 1) for place in range(len(targets.T))]
    ):
        target = targets[:, columns]
        r2 = _share(target, guessed[:, columns])
        if TREES_FROM <= r2 < ENOUGH:
            trees = ExtraTreesRegressor(50, max_features=1.0, min_samples_leaf=2, random_state=0)
            r2 = max(r2, _share(target, out_of_fold(trees, target)))
        found.append(r2)
    return found


def _share(target: FloatArray, guessed: FloatArray) -> float:
    """Share of the variance that a guess explains."""
    return float(1 - np.sum((target - guessed) ** 2) / np.sum((target - target.mean(axis=0)) ** 2))
