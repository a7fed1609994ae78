"""The fitted model that puts new customers into segments."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator

from personae.core.arrays import FloatArray
from personae.segmentation.clusterers import NOISE, Clusterer, Labels
from personae.segmentation.space import Space, WorkingSpace

# What `skops.io.load` must be allowed to build, next to scikit-learn's own types.
TRUSTED = (
    "personae.segmentation.clusterers.HDBSCANClusterer",
    "personae.segmentation.clusterers.KMeansClusterer",
    "personae.segmentation.clusterers.MixtureClusterer",
    "personae.segmentation.segmenter.Segmenter",
    "personae.segmentation.space.Space",
    "personae.segmentation.space.WorkingSpace",
    "personae.segmentation.ward.WardClusterer",
    "personae.segmentation.ward.WardThenKMeansClusterer",
)
FAR_QUANTILE = 0.99


class Segmenter(BaseEstimator):  # type: ignore[misc]
    """Everything needed to score a customer, savable with skops.

    Parameters
    ----------
    space, working, clusterer
        Fitted reference space, working space and clusterer.
    ids : list of int
        Id of every segment of the clusterer.
    centers : ndarray of shape (k, axes)
        Centroids in the reference space.
    far_distance : float
        Distance from its centroid that 99 % of the training customers keep.
    """

    def __init__(
        self,
        *,
        space: Space,
        working: WorkingSpace,
        clusterer: Clusterer,
        ids: list[int],
        centers: FloatArray,
        far_distance: float,
    ) -> None:
        self.space = space
        self.working = working
        self.clusterer = clusterer
        self.ids = ids
        self.centers = centers
        self.far_distance = far_distance

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """Put customers into segments.

        Parameters
        ----------
        table : DataFrame
            Customers with the columns of the space, in raw units.

        Returns
        -------
        DataFrame
            With the index of `table`: `segment` (id, -1 for noise), `margin` (0 on the border to the
            second segment, 1 at the centre), `far` (farther out than 99 % of the training customers).
        """
        points = self.space.transform(table)
        labels, margin, distance = locate(
            self.working.transform(points), points, self.clusterer, self.centers
        )
        return pd.DataFrame(
            {
                "segment": self.named(labels),
                "margin": margin,
                "far": distance > self.far_distance,
            },
            index=table.index,
        )

    def named(self, labels: Labels) -> Labels:
        """Give the ids of segments 0 to k - 1, and -1 for noise."""
        return np.array([*self.ids, NOISE], dtype=np.int64)[labels]

    def anchor(self, names: Mapping[int, str]) -> dict[str, Any]:
        """Write these segments down for later runs to be matched to, as `match_segments` reads them."""
        segments = [
            {"id": one} | ({"name": names[one]} if one in names else {}) | {"centroid": centroid}
            for one, centroid in sorted(
                zip(self.ids, self.centroids(), strict=True), key=lambda pair: pair[0]
            )
        ]
        return {"segments": segments}

    def centroids(self) -> list[dict[str, float]]:
        """Centroids in raw units, in the order of `ids`."""
        records: list[dict[str, float]] = self.space.to_raw(self.centers).to_dict("records")
        return records


def locate(
    working: FloatArray, points: FloatArray, clusterer: Clusterer, centers: FloatArray
) -> tuple[Labels, FloatArray, FloatArray]:
    """Segment, margin and distance from the own (noise: nearest) centroid."""
    labels = clusterer.predict(working)
    margin = np.where(labels == NOISE, 0.0, clusterer.margin(working))
    if not len(centers):
        return labels, margin, np.zeros(len(points))
    away = cdist(points, centers)
    own = np.where(labels >= 0, labels, away.argmin(axis=1))
    return labels, margin, away[np.arange(len(points)), own]
