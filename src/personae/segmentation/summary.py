"""What a segmentation says about itself: the values behind segment.json and candidates.csv."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from personae.segmentation.identity import Identity
from personae.segmentation.null_models import Null
from personae.segmentation.stability import Stability


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is computed for a verdict.

    `bootstraps` samples and `splits` in halves measure stability, `null_tables` of every law the nulls;
    where k was chosen by stability, `null_bootstraps` choose it again in each. Above `silhouette_rows`,
    `stability_rows` and `null_rows` customers the figure is computed on a sample of that many.
    """

    bootstraps: int = 50
    splits: int = 10
    null_tables: int = 99
    null_bootstraps: int = 10
    silhouette_rows: int = 20_000
    stability_rows: int = 20_000
    null_rows: int = 1_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """All figures of one k; the nulls here are those of this k alone."""

    k: int
    inertia: float
    silhouette: float
    silhouette_ci: tuple[float, float]
    calinski_harabasz: float
    davies_bouldin: float
    gap: float
    gap_error: float
    null: Mapping[str, Null]
    stability: Stability
    sizes: tuple[int, ...]
    noise: int
    smallest_share: float


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """One segmentation as segment.json holds it; per-segment lists are in the order of `ids`.

    `verdict_rank` is the verdict as a figure: 2 supported, 1 weak, 0 not supported; `niches` are the sizes of
    the small groups that were peeled off, by id; None where the method looks for none.
    """

    k: int
    method: str
    space: Mapping[str, Any]
    silhouette: float
    silhouette_ci: tuple[float, float]
    null: Mapping[str, Any]
    calinski_harabasz: float
    davies_bouldin: float
    inertia: float
    stability: Stability
    sizes: tuple[int, ...]
    rule: str
    verdict: str
    verdict_rank: int
    reason: str
    ids: tuple[int, ...]
    noise: int
    votes: Mapping[str, int]
    sampled: Mapping[str, int]
    far: int = 0
    agreement: Mapping[str, float] = field(default_factory=dict)
    identity: Identity | None = None
    niches: Mapping[str, int] | None = None
    also: Mapping[str, "SegmentReport"] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Say what the data supports, a line for each segmentation."""
        return [
            f"{each.space['name']}: {each.k} segments, {each.verdict}: {each.reason}"
            for each in (self, *self.also.values())
        ]


def candidate_rows(
    candidates: Sequence[Candidate], votes: Mapping[str, int], method: str, chosen: int
) -> list[dict[str, Any]]:
    """Lay all figures and votes side by side, one row a k."""
    return [
        {
            "k": one.k,
            "method": method,
            "chosen": one.k == chosen,
            "votes": " ".join(rule for rule, k in votes.items() if k == one.k),
            "silhouette": one.silhouette,
            "silhouette_low": one.silhouette_ci[0],
            "silhouette_high": one.silhouette_ci[1],
            **{
                f"{law}_{figure}": getattr(null, figure)
                for law, null in one.null.items()
                for figure in ("mean", "p95", "p_value")
            },
            "calinski_harabasz": one.calinski_harabasz,
            "davies_bouldin": one.davies_bouldin,
            "inertia": one.inertia,
            "gap": one.gap,
            "gap_error": one.gap_error,
            "ari_mean": one.stability.ari_mean,
            "ari_sd": one.stability.ari_sd,
            "min_jaccard": one.stability.min_jaccard,
            "prediction_strength": one.stability.prediction_strength,
            "smallest_share": one.smallest_share,
            "noise": one.noise,
        }
        for one in candidates
    ]
