"""The clustering pipeline, applied alike to data, bootstrap samples and null tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import Codes
from personae.segmentation.clusterers import Clusterer, Labels
from personae.segmentation.settings import SegmentSettings
from personae.segmentation.space import Space, WorkingSpace
from personae.segmentation.ward import build_clusterer

# With fewer distinct customers a segment, samples are checked to hold as many as segments are asked for.
SCARCE = 10


@dataclass(frozen=True, slots=True)
class Pipeline:
    """From points of the reference space to one partition for each of `ks`.

    `space` is fitted, `clusterer` is not. `scarce` says that a sample may hold fewer distinct customers than
    segments are asked for.
    """

    settings: SegmentSettings
    space: Space
    clusterer: Clusterer
    ks: tuple[int, ...]
    scarce: bool

    @property
    def rule(self) -> str:
        """What chooses k: `clusterer` where the method finds it, `fixed` where it is requested."""
        if self.clusterer.finds_k:
            return "clusterer"
        return "fixed" if self.settings.k is not None else self.settings.rule

    def working_space(self) -> WorkingSpace:
        """Give the unfitted space in which the clusterer works."""
        return WorkingSpace(self.space, self.settings.scaler.name, self.settings.scaler.axes)

    def fit_all(
        self, working: FloatArray, weights: Labels | None, seed: int, ks: Sequence[int] | None = None
    ) -> list[Clusterer]:
        """Fit the clusterer for every k to points of the working space."""
        ks = self.ks if ks is None else ks
        if self.scarce:
            distinct = len(np.unique(working, axis=0))
            ks = [min(k, distinct) for k in ks]
        fitted: list[Clusterer] = (
            clone(self.clusterer).set_params(random_state=seed).fit_all(working, ks, weights)
        )
        return fitted


def build_pipeline(
    settings: SegmentSettings, space: Space, points: FloatArray, ks: Sequence[int], seed: int
) -> Pipeline:
    """Build the pipeline of some settings for customers in their reference space.

    Parameters
    ----------
    settings : SegmentSettings
        Method and working space.
    space : Space
        Fitted reference space.
    points : ndarray of shape (customers, axes)
        Customers in it.
    ks : sequence of int
        Numbers of segments; a method that finds k itself is fitted once.
    seed : int
        Seed of the clusterer.

    Raises
    ------
    PersonaeError
        If there are fewer distinct customers than segments.
    """
    clusterer = build_clusterer(settings.clusterer, seed)
    ks = (1,) if clusterer.finds_k else tuple(ks)
    distinct = _distinct(points, SCARCE * max(ks))
    if settings.k is None:  # candidates follow the customers; a k that is asked for does not
        ks = tuple(k for k in ks if k <= max(distinct, 2))
    if max(ks) > distinct:
        raise PersonaeError(
            f"segment: k is {max(ks)}, but there are only {distinct} distinct customers: too few for so many "
            "segments (segment.candidates)"
        )
    return Pipeline(settings, space, clusterer, ks, distinct < SCARCE * max(ks))


def sample_units(groups: Codes, rows: int, rng: np.random.Generator) -> tuple[Labels, Codes]:
    """Sample whole units of about `rows` customers: their rows and units."""
    index = np.arange(len(groups))
    if len(index) > rows:
        sizes = np.bincount(groups)
        order = rng.permutation(len(sizes))
        units = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), rows, side="right")))]
        index = np.flatnonzero(np.isin(groups, units))
    return index, np.unique(groups[index], return_inverse=True)[1]


def _distinct(points: FloatArray, plenty: int) -> int:
    """Count distinct customers; where the first thousands already show plenty, no further."""
    seen = len(np.unique(points[: 100 * plenty], axis=0))
    return seen if seen >= plenty else len(np.unique(points, axis=0))


def without_refused(
    table: pd.DataFrame, settings: SegmentSettings
) -> tuple[SegmentSettings, dict[str, dict[str, str]]]:
    """Leave columns out of the space whose gaps imputation refused to fill, and say why in `left_out`."""
    space = settings.space
    refused = [name for name in space.columns if f"{name}_missing" in table and table[name].isna().any()]
    if not refused or len(refused) == len(space.columns):
        return settings, {}
    kept = {
        "columns": [name for name in space.columns if name not in refused],
        "log1p": [name for name in space.log1p if name not in refused],
    }
    reasons = {name: f"{int(table[name].isna().sum())} gaps that nothing could fill" for name in refused}
    return settings.model_copy(update={"space": space.model_copy(update=kept)}), {"left_out": reasons}
