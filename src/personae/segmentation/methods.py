"""Clusterers by name."""

from typing import Any

from personae.core.errors import PersonaeError
from personae.segmentation.clusterers import Clusterer, HDBSCANClusterer, KMeansClusterer, MixtureClusterer
from personae.segmentation.ward import WardClusterer, WardThenKMeansClusterer

METHODS: dict[str, type[Clusterer]] = {
    "kmeans": KMeansClusterer,
    "mixture": MixtureClusterer,
    "ward": WardClusterer,
    "hdbscan": HDBSCANClusterer,
    "ward_then_kmeans": WardThenKMeansClusterer,
}


def build_clusterer(name: str, seed: int = 0, **options: Any) -> Clusterer:
    """Build a clusterer from its name and settings.

    Parameters
    ----------
    name : {"kmeans", "mixture", "ward", "hdbscan", "ward_then_kmeans"}
        The method.
    seed : int
        Seed of starts and samples.
    **options
        Constructor settings of the method.

    Raises
    ------
    PersonaeError
        If the method or one of its settings does not exist.
    """
    if name not in METHODS:
        raise PersonaeError(f"segment: there is no clusterer {name!r}; expected one of {', '.join(METHODS)}")
    known = sorted(set(METHODS[name]._get_param_names()) - {"n_clusters", "random_state"})
    for option in options:
        if option not in known:
            raise PersonaeError(
                f"segment: clusterer {name} has no setting {option!r}; expected {', '.join(known)}"
            )
    return METHODS[name](random_state=seed, **options)
