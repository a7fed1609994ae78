"""Settings of stage segment."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from personae.core.settings import Frozen, Workers

Rule = Literal["fixed", "silhouette", "elbow", "gap", "stability"]


class KMeans(Frozen):
    """k-means; options of `KMeansClusterer`."""

    name: Literal["kmeans"] = "kmeans"
    n_init: int = Field(16, gt=0)


class Mixture(Frozen):
    """Gaussian mixture; options of `MixtureClusterer`."""

    name: Literal["mixture"] = "mixture"
    covariance_type: Literal["full", "tied", "diag", "spherical"] = "full"
    n_init: int = Field(1, gt=0)
    reg_covar: float = Field(1e-3, gt=0)


class Ward(Frozen):
    """Ward linkage, above `max_rows` customers on a sample; options of `WardClusterer`."""

    name: Literal["ward"] = "ward"
    max_rows: int = Field(3000, gt=1)


class Hdbscan(Frozen):
    """HDBSCAN, which finds k itself; options of `HDBSCANClusterer`."""

    name: Literal["hdbscan"] = "hdbscan"
    min_cluster_size: int = Field(50, gt=1)
    min_samples: int | None = None
    max_rows: int = Field(20_000, gt=1)


class WardThenKMeans(Frozen):
    """Ward peels niches off, k-means divides the rest; options of `WardThenKMeansClusterer`."""

    name: Literal["ward_then_kmeans"] = "ward_then_kmeans"
    max_niches: int = Field(4, ge=0)
    niche_share: float = Field(0.05, gt=0, lt=1)
    min_niche: int = Field(10, gt=0)
    isolation: float = Field(3.0, gt=0)
    depth: int = Field(30, gt=1)
    n_init: int = Field(16, gt=0)
    max_rows: int = Field(3000, gt=1)


ClusteringMethod = Annotated[KMeans | Mixture | Ward | Hdbscan | WardThenKMeans, Field(discriminator="name")]


class ReferenceSpace(Frozen):
    """Space in which every figure is computed, options of `Space`; a sweep cannot change it."""

    name: str = "customer"
    columns: list[str] = Field([])
    log1p: list[str] = Field([])
    categorical: list[str] = Field([])
    scaler: Literal["standard", "robust", "quantile"] = "standard"

    @model_validator(mode="after")
    def _logarithms_are_of_columns(self) -> Self:
        unknown = [column for column in self.log1p if column not in self.columns]
        if unknown:
            raise ValueError(f"log1p names {unknown[0]!r}, which is not among the columns of the space")
        return self


class Scaler(Frozen):
    """Working space of the clusterer: scaler and principal axes."""

    name: Literal["reference", "standard", "robust", "quantile", "log1p"] = "reference"
    axes: int | None = Field(None, gt=0)


class Resampling(Frozen):
    """How much is computed for a verdict.

    `bootstraps` samples and `splits` in halves measure stability, `null_tables` of every null model the
    p-value; where k was chosen by stability, `null_bootstraps` choose it again in each. Above
    `silhouette_rows`, `stability_rows` and `null_rows` customers the figure is computed on a sample of that
    many.
    """

    bootstraps: int = Field(50, gt=0)
    splits: int = Field(10, gt=0)
    null_tables: int = Field(99, gt=0)
    null_bootstraps: int = Field(10, gt=0)
    silhouette_rows: int = Field(20_000, gt=1)
    stability_rows: int = Field(20_000, gt=1)
    null_rows: int = Field(1_000, gt=1)


class Also(Frozen):
    """A further named segmentation: a space and a k of its own."""

    space: ReferenceSpace = ReferenceSpace()
    k: int | None = Field(None, gt=0)


class SegmentSettings(Frozen):
    """How segments are made, how many, and how they are tested.

    Attributes
    ----------
    k
        Requested number of segments; null: `rule` chooses among `candidates`.
    rule
        What chooses k where it is not requested.
    cap
        Most segments that a rule may choose; null: no cap.
    floor
        Smallest share of the customers that a segment may hold, for the rule `stability`.
    fit_rows
        Of more customers, the clusterer learns from as many, whole units drawn by hash; all are assigned.
    workers
        Processes, -1 for all cores; no figure depends on them.
    """

    space: ReferenceSpace = ReferenceSpace()
    scaler: Scaler = Scaler()
    clusterer: ClusteringMethod = KMeans()
    k: int | None = Field(None, gt=0)
    rule: Rule = "stability"
    candidates: list[Annotated[int, Field(gt=0)]] = Field([2, 3, 4, 5, 6, 7, 8], min_length=1)
    cap: int | None = None
    floor: float = Field(0.02, ge=0, lt=1)
    effort: Resampling = Resampling()
    also: dict[str, Also] = Field({})
    fit_rows: int = Field(200_000, gt=0)
    workers: Workers = 2

    @model_validator(mode="after")
    def _some_k_can_be_chosen(self) -> Self:
        requested = [self.k, *(each.k for each in self.also.values())]
        if self.rule == "fixed" and None in requested and self.clusterer.name != "hdbscan":
            raise ValueError("rule is fixed but k is not set; give k or another rule")
        if self.cap is not None and not any(1 < k <= self.cap for k in [*self.candidates, self.k or 0]):
            raise ValueError(f"cap is {self.cap}, which admits none of the candidates {self.candidates}")
        return self
