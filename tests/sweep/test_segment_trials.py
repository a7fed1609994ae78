import numpy as np
import pandas as pd
import pytest

from personae.segmentation.segment import segment_customers
from personae.segmentation.settings import KMeans, ReferenceSpace, Resampling, SegmentSettings
from personae.sweep.segment_trials import SegmentTrials
from personae.sweep.settings import SegmentSweep

COLUMNS = ["a", "b", "c", "d"]


BASE = SegmentSettings(
    space=ReferenceSpace(name="s", columns=COLUMNS),
    clusterer=KMeans(n_init=4),
    k=3,
    candidates=[2, 3],
    floor=0.05,
    effort=Resampling(bootstraps=4, splits=2, null_tables=2, null_bootstraps=2),
    workers=1,
)


def settings(**changes):
    return SegmentSettings.model_validate(BASE.model_dump() | changes)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    centers = rng.normal(0, 4, (3, 4))
    points = np.concatenate([center + rng.normal(size=(70, 4)) for center in centers])
    return pd.DataFrame(points, columns=COLUMNS).assign(unit=np.arange(210))


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(4)
    return pd.DataFrame(rng.normal(size=(200, 4)), columns=COLUMNS).assign(unit=np.arange(200))


def trials(table, objective="quality", bootstraps=6, search_seed=1):
    sweep = SegmentSweep(
        space=["segment.k=range(2,9)"], objectives=[objective], bootstraps=bootstraps, seed=search_seed
    )
    return SegmentTrials(table, settings(), sweep, seed=7)


def measure(found, **changes):
    return found.measure(settings(**changes), lambda value: None)


def test_the_planted_number_of_segments_has_the_highest_quality(table):
    found = trials(table)
    quality = {k: measure(found, k=k)["quality"] for k in (2, 3, 4, 5)}
    assert max(quality, key=quality.get) == 3


def test_silhouette_and_partition_are_the_graphs_own(table):
    graph = segment_customers(table, settings(), seed=7)
    assert measure(trials(table))["silhouette"] == pytest.approx(graph.report.silhouette, rel=1e-6)


def test_figures_do_not_depend_on_threads_or_on_earlier_trials(table):
    fresh, used = trials(table), trials(table)
    measure(used, k=5)
    measure(used, scaler={"name": "robust", "axes": 2})
    assert measure(fresh) == measure(used)


def test_fewer_axes_cannot_flatter_the_silhouette(noise):
    found = trials(noise)
    everything = measure(found, k=4)["silhouette"]
    for axes in (1, 2):
        assert measure(found, k=4, scaler={"name": "reference", "axes": axes})["silhouette"] < everything


def test_calling_customers_noise_cannot_flatter_the_silhouette(table):
    lonely = table.copy()
    rng = np.random.default_rng(0)
    lonely.loc[::3, COLUMNS] = rng.uniform(-12, 12, (70, 4))
    hdbscan = {"name": "hdbscan", "min_cluster_size": 20, "min_samples": None, "max_rows": 20000}
    figures = measure(trials(lonely), clusterer=hdbscan)
    assert figures["segment.noise"] > 0
    assert figures["segment.k"] > 1
    assert 0 < figures["silhouette"] < 1 - figures["segment.noise"] / len(lonely)


def test_tiny_segments_and_a_single_one_do_not_win(table):
    outlying = pd.concat(
        [table, table.iloc[:2].assign(**dict.fromkeys(COLUMNS, 5000.0), unit=[900, 901])], ignore_index=True
    )
    found = trials(outlying)
    two = measure(found, k=2)
    assert two["silhouette"] > 0.9
    assert two["quality"] <= two["silhouette"] * (2 / 212) / 0.05
    assert measure(found, k=1)["quality"] == 0


def test_searching_noise_is_reported_on_bootstraps_that_did_not_search(noise):
    """The best of many unstable partitions looks stable by luck; fresh bootstraps say what it is worth."""
    effort = settings().effort.model_copy(update={"bootstraps": 12})
    optimism = []
    for seed in range(3):
        found = trials(noise, "stability", bootstraps=2, search_seed=seed)
        tried = {
            (k, n): measure(found, k=k, clusterer={"name": "kmeans", "n_init": n})
            for k in (5, 6, 7, 8, 9)
            for n in (1, 2, 3)
        }
        (k, n), best = max(tried.items(), key=lambda item: item[1]["stability"])
        winner = settings(k=k, clusterer={"name": "kmeans", "n_init": n}).model_copy(
            update={"effort": effort}
        )
        conclusion = found.conclude(winner)
        fresh = conclusion.fresh["stability"]
        assert fresh == pytest.approx(conclusion.report["stability"]["min_jaccard"], rel=1e-5)
        optimism.append(best["stability"] - fresh)
    assert np.mean(optimism) > 0


def test_more_segments_than_customers_and_no_number_at_all_are_refused(table):
    from personae.core.errors import PersonaeError

    with pytest.raises(PersonaeError, match="only 210 distinct customers"):
        measure(trials(table), k=300)
    with pytest.raises(PersonaeError, match=r"add segment\.k"):
        measure(trials(table), k=None)
