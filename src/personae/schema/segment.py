"""Settings of stage segment."""

from typing import Annotated, Literal

from pydantic import Field

from personae.schema.base import Frozen


class KMeans(Frozen):
    """K-means; the best of `n_init` starts."""

    method: Literal["kmeans"]
    n_init: int = Field(gt=0)


class Mixture(Frozen):
    """Gaussian mixture; options of GaussianMixture."""

    method: Literal["mixture"]
    covariance_type: Literal["full", "tied", "diag", "spherical"]
    n_init: int = Field(gt=0)
    reg_covar: float = Field(gt=0)


class Ward(Frozen):
    """Ward linkage, on a sample above `max_rows` customers."""

    method: Literal["ward"]
    max_rows: int = Field(gt=1)


class Hdbscan(Frozen):
    """HDBSCAN, which finds k itself; on a sample above `max_rows` customers."""

    method: Literal["hdbscan"]
    min_cluster_size: int = Field(gt=1)
    min_samples: int | None = Field(gt=0)
    max_rows: int = Field(gt=1)


class WardThenKMeans(Frozen):
    """Ward peels niches off, k-means divides the rest; see `WardThenKMeansClusterer`."""

    method: Literal["ward_then_kmeans"]
    max_niches: int = Field(ge=0)
    niche_share: float = Field(gt=0, le=1)
    min_niche: int = Field(gt=0)
    isolation: float = Field(ge=1)
    depth: int = Field(gt=1)
    n_init: int = Field(gt=0)
    max_rows: int = Field(gt=1)


Clusterer = Annotated[
    KMeans | Mixture | Ward | Hdbscan | WardThenKMeans, Field(discriminator="method")
]


class Scaler(Frozen):
    """How points are scaled where the clusterer works; figures stay in the reference space."""

    name: Literal["reference", "standard", "robust", "quantile", "log1p"]


class ReferenceSpace(Frozen):
    """The space of all figures, see `personae.segmentation.space.Space`; no sweep may change it."""

    name: str
    columns: list[str]
    log1p: list[str]
    categorical: list[str]
    scaler: Literal["standard", "robust", "quantile"]


class Effort(Frozen):
    """How much is computed for a verdict, see `personae.segmentation.summary.Effort`."""

    bootstraps: int = Field(gt=1)
    splits: int = Field(gt=0)
    null_tables: int = Field(ge=19)
    null_bootstraps: int = Field(gt=0)
    silhouette_rows: int = Field(gt=100)
    stability_rows: int = Field(gt=100)
    null_rows: int = Field(gt=100)


class Further(Frozen):
    """A further named segmentation, by the same clusterer: its space, and k or a rule."""

    space: ReferenceSpace
    k: int | None = Field(gt=0)
    rule: Literal["fixed", "silhouette", "elbow", "gap", "stability"]


class Segment(Frozen):
    """How segments are found and how their number is chosen.

    Attributes
    ----------
    space
        Where every figure is computed.
    scaler, axes
        Where the clusterer works: scaled otherwise, on so many principal axes (null: all).
    candidates
        Lowest and highest k that are looked at.
    k
        A requested number of segments; null lets `rule` choose.
    cap
        Largest k that a rule may choose, null for none.
    floor
        Smallest share of the customers in a segment, for rule `stability`.
    unit
        Column with the independent unit of each customer.
    also
        Further segmentations by name.
    """

    space: ReferenceSpace
    scaler: Scaler
    axes: int | None = Field(gt=0)
    clusterer: Clusterer
    candidates: tuple[Annotated[int, Field(gt=1)], Annotated[int, Field(gt=1)]]
    k: int | None = Field(gt=0)
    rule: Literal["fixed", "silhouette", "elbow", "gap", "stability"]
    cap: int | None = Field(gt=1)
    floor: float = Field(ge=0, lt=1)
    unit: str
    workers: int
    effort: Effort
    also: dict[str, Further]
