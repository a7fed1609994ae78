"""Settings of stage segment."""

from typing import Annotated, Literal

from pydantic import Field

from personae.core.settings import Frozen


class KMeans(Frozen):
    """k-means; options of `KMeansClusterer`."""

    name: Literal["kmeans"]
    n_init: int = Field(gt=0)


class Mixture(Frozen):
    """Gaussian mixture; options of `MixtureClusterer`."""

    name: Literal["mixture"]
    covariance_type: Literal["full", "tied", "diag", "spherical"]
    n_init: int = Field(gt=0)
    reg_covar: float = Field(gt=0)


class Ward(Frozen):
    """Ward linkage, above `max_rows` customers on a sample; options of `WardClusterer`."""

    name: Literal["ward"]
    max_rows: int = Field(gt=1)


class Hdbscan(Frozen):
    """HDBSCAN, which finds k itself; options of `HDBSCANClusterer`."""

    name: Literal["hdbscan"]
    min_cluster_size: int = Field(gt=1)
    min_samples: int | None
    max_rows: int = Field(gt=1)


class WardThenKMeans(Frozen):
    """Ward peels niches off, k-means divides the rest; options of `WardThenKMeansClusterer`."""

    name: Literal["ward_then_kmeans"]
    max_niches: int = Field(ge=0)
    niche_share: float = Field(gt=0, lt=1)
    min_niche: int = Field(gt=0)
    isolation: float = Field(gt=0)
    depth: int = Field(gt=1)
    n_init: int = Field(gt=0)
    max_rows: int = Field(gt=1)


Clusterer = Annotated[KMeans | Mixture | Ward | Hdbscan | WardThenKMeans, Field(discriminator="name")]


class Space(Frozen):
    """Reference space in which every figure is computed; a sweep cannot change it."""

    name: str
    columns: list[str]
    log1p: list[str]
    categorical: list[str]
    scaler: Literal["standard", "robust", "quantile"]


class Scaler(Frozen):
    """Where the clusterer works: the reference space or scaled otherwise, on some principal axes or all."""

    name: Literal["reference", "standard", "robust", "quantile", "log1p"]
    axes: int | None = Field(gt=0)


class Effort(Frozen):
    """How much is computed for a verdict, see `personae.segmentation.summary.Effort`."""

    bootstraps: int = Field(gt=1)
    splits: int = Field(gt=0)
    null_tables: int = Field(gt=0)
    null_bootstraps: int = Field(gt=0)
    silhouette_rows: int = Field(gt=1)
    stability_rows: int = Field(gt=1)
    null_rows: int = Field(gt=1)


class Also(Frozen):
    """A further named segmentation: a space and a k of its own."""

    space: Space
    k: int | None


class Segment(Frozen):
    """How segments are made, how many, and how they are tested.

    Attributes
    ----------
    k
        Requested number of segments; null: `rule` chooses among `candidates`.
    rule
        What chooses k where it is not requested.
    cap
        Most segments that can be served; null: no cap.
    floor
        Smallest share of the customers that a segment may hold, for the rule `stability`.
    workers
        Processes; no figure depends on them.
    """

    space: Space
    scaler: Scaler
    clusterer: Clusterer
    k: int | None = Field(gt=0)
    rule: Literal["fixed", "silhouette", "elbow", "gap", "stability"]
    candidates: list[int] = Field(min_length=1)
    cap: int | None
    floor: float = Field(ge=0, lt=1)
    effort: Effort
    also: dict[str, Also]
    workers: int
