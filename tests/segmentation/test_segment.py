import json

import numpy as np
import pandas as pd
import pytest
import skops.io
from pydantic import ValidationError
from tests.planted.blobs import NOISES, noise_table, planted_segments
from tests.planted.segments import EFFORT, LITTLE, segment
from tests.planted.shapes import table_of

from personae.core.archive import normalised
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.sampling import sample_by_hash
from personae.core.statistics import adjusted_rand
from personae.segmentation.segment import segment_customers
from personae.segmentation.segmenter import TRUSTED
from personae.segmentation.settings import (
    Also,
    Hdbscan,
    Mixture,
    ReferenceSpace,
    Resampling,
    Scaler,
    SegmentSettings,
    Ward,
    WardThenKMeans,
)

WHOLE = planted_segments(4, customers=176, seed=5)
COLUMNS = ["x0", "x1", "x2", "x3"]
METHODS = {
    "kmeans": {"k": 4},
    "mixture": {"k": 4, "clusterer": Mixture()},
    "ward": {"k": 4, "clusterer": Ward()},
    "hdbscan": {"clusterer": Hdbscan(min_cluster_size=10)},
    "ward_then_kmeans": {"k": 4, "clusterer": WardThenKMeans()},
}


@pytest.fixture(scope="module")
def planted():
    return WHOLE[0].head(160), WHOLE[1][:160]


@pytest.fixture(scope="module")
def found(planted):
    return segment(planted[0], effort=EFFORT)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_planted_segments_are_found_and_supported(k):
    table, labels = planted_segments(k, customers=160, seed=k)
    found = segment(table, effort=EFFORT)
    assert found.report.k == k
    assert (found.report.verdict, found.report.kind, found.report.supported_k) == ("supported", "natural", k)
    assert all(border["gap"] for border in found.report.borders)
    assert not all(column["could_be_noise"] for column in found.report.columns_that_matter)
    assert adjusted_rand(labels, found.customers["segment"].to_numpy()) >= 0.95


@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_not_supported(kind):
    found = segment(noise_table(kind, customers=120, seed=11), effort=EFFORT)
    assert found.report.verdict == "not supported"
    assert found.report.reason.startswith("simulated data without segments reaches")


@pytest.mark.parametrize("k", [2, 4])
def test_two_clouds_beside_a_uniform_column_support_two_segments_and_four_are_cuts(k):
    table, _ = table_of("two clouds x uniform", 200, 0)
    report = segment(table, k=k, effort=EFFORT).report
    assert report.supported_k == 2
    assert [column["column"] for column in report.columns_that_matter if column["could_be_noise"]] == ["x1"]
    if k == 2:
        assert (report.verdict, report.kind) == ("supported", "natural")
    else:
        assert report.verdict != "supported"
        assert report.kind != "natural"
        assert not all(border["gap"] for border in report.borders)


def test_noise_in_place_of_a_column_that_makes_half_the_segments_is_not_supported():
    rng = np.random.default_rng(0)
    heavy = rng.random(200) < 0.5
    frequency = np.where(heavy, 20, 5) + rng.poisson(2, 200)
    money = np.exp(np.where(heavy, 6.5, 3.5) + 0.5 * rng.normal(size=200))
    table = pd.DataFrame({"R": rng.uniform(0, 100, 200), "F": frequency.astype(float), "M": money})
    space = ReferenceSpace(name="rfm", columns=["R", "F", "M"], log1p=["M"])
    report = segment(table, space=space, k=4, effort=EFFORT).report
    assert report.verdict != "supported"
    assert report.supported_k in (None, 2)
    assert "R" in [column["column"] for column in report.columns_that_matter if column["could_be_noise"]]


def test_a_requested_k_without_support_completes_and_says_so():
    found = segment(noise_table("gaussian", customers=120, seed=1), k=4, effort=EFFORT)
    assert (found.report.k, found.report.rule, found.report.verdict) == (4, "fixed", "not supported")


def test_planted_segments_survive_other_choices(found):
    told = found.report.sensitivity
    choices = [(row["choice"], row["to"]) for row in told["variations"]]
    assert {choice for choice, _ in choices} == {"k", "scaler", "column left out", "seed", "method"}
    assert [to for choice, to in choices if choice == "column left out"] == COLUMNS
    assert len(set(choices)) == len(choices)
    assert told["customers"] == 160
    assert all(len(row["jaccard"]) == 4 for row in told["variations"])
    assert min(told["survives"]) > 0.7
    seeds = [row["jaccard"] for row in told["variations"] if row["choice"] == "seed"]
    assert np.min(seeds) == 1.0


def test_cuts_of_a_continuum_do_not_survive_other_choices():
    found = segment(noise_table("gaussian", customers=120, seed=1), k=4)
    assert max(found.report.sensitivity["survives"]) < 0.7


@pytest.mark.parametrize("rule", ["silhouette", "elbow", "gap", "stability"])
def test_every_rule_finds_clear_segments_and_all_votes_are_shown(planted, rule):
    effort = Resampling(bootstraps=4, splits=1, null_tables=19 if rule == "gap" else 1, null_bootstraps=1)
    found = segment(planted[0], rule=rule, candidates=list(range(2, 9)), effort=effort)
    assert (found.report.k, found.report.rule) == (4, rule)
    assert set(found.report.votes) == {"silhouette", "elbow", "gap", "stability"}
    chosen = found.candidates[found.candidates["chosen"]]
    assert chosen["k"].tolist() == [4]
    assert rule in chosen["votes"].item().split()


@pytest.mark.parametrize("method", METHODS)
def test_a_customer_scored_later_gets_the_segment_of_the_batch(planted, method):
    table, labels = planted
    found = segment(table, **METHODS[method])
    again = skops.io.loads(skops.io.dumps(found.segmenter), trusted=list(TRUSTED))
    alone = again.predict(table.iloc[[17]])
    assert alone["segment"].item() == found.customers["segment"].iloc[17]
    assert alone["margin"].item() == pytest.approx(found.customers["margin"].iloc[17])
    assert again.predict(table)["segment"].tolist() == found.customers["segment"].tolist()
    assert adjusted_rand(labels, found.customers["segment"].to_numpy()) >= 0.95


def test_no_figure_depends_on_the_number_of_workers(planted, found):
    others = segment(planted[0], workers=2, effort=EFFORT)
    assert json.dumps(to_json(others.report)) == json.dumps(to_json(found.report))
    pd.testing.assert_frame_equal(others.candidates, found.candidates, check_exact=True)
    pd.testing.assert_frame_equal(others.customers, found.customers, check_exact=True)
    archives = [normalised(skops.io.dumps(each.segmenter)) for each in (found, others)]
    assert archives[0] == archives[1]


def test_customers_far_out_are_flagged(found, planted):
    assert found.customers["far"].mean() == pytest.approx(0.01, abs=0.01)
    outlier = planted[0].iloc[[0]] * 50
    assert found.segmenter.predict(outlier)["far"].all()


def test_segments_go_by_size_without_an_anchor(found):
    assert found.report.ids == (0, 1, 2, 3)
    assert list(found.report.sizes) == sorted(found.report.sizes, reverse=True)
    assert found.customers["segment"].value_counts().sort_index().tolist() == list(found.report.sizes)


def disturbed(table, change):
    if change == "new customers":
        return WHOLE[0]
    return table.sample(frac=1.0, random_state=3) if change == "shuffled" else table


@pytest.mark.parametrize("change", ["new customers", "shuffled", "another seed"])
def test_ids_and_names_stay_where_the_segments_are_the_same(planted, found, change):
    names = {0: "zero", 1: "one", 2: "two", 3: "three"}
    anchor = found.segmenter.anchor(names)
    # Ids that sizes would never give show that it is the anchor that decides.
    for one in anchor["segments"]:
        one["id"] = 10 - one["id"]
    table = disturbed(planted[0], change)
    again = segment(table, k=4, seed=99 if change == "another seed" else 0, anchor=anchor)
    before, after = found.customers["segment"], again.customers["segment"]
    assert (10 - before).tolist() == after.loc[before.index].tolist()
    assert again.report.identity.names == {10 - old: name for old, name in names.items()}
    assert {event["kind"] for event in again.report.identity.events} == {"same"}


def test_further_segmentations_stand_beside_the_main_one(planted, found):
    spaces = {"flat": Also(space=ReferenceSpace(name="two columns", columns=COLUMNS[:2]), k=2)}
    anchor = {"also": {"flat": segment(planted[0], columns=COLUMNS[:2], k=2).segmenter.anchor({})}}
    for one in anchor["also"]["flat"]["segments"]:
        one["id"] += 5
    both = segment(planted[0], k=4, also=spaces, anchor=anchor)
    assert both.customers["segment"].tolist() == found.customers["segment"].tolist()
    assert set(both.customers["segment_flat"]) == {5, 6}
    assert both.report.also["flat"].k == 2
    assert both.candidates.groupby("space")["chosen"].sum().to_dict() == {"planted": 1, "two columns": 1}
    assert set(both.also["flat"].segmenter.predict(planted[0])["segment"]) == {5, 6}
    assert len(both.report.lines()) == 2


def test_the_verdict_is_told_in_words_and_as_a_figure(found):
    assert (found.report.verdict, found.report.verdict_rank) == ("supported", 2)
    [line] = found.report.lines()
    assert line.startswith(f"{found.report.space['name']}: 4 segments, supported: every border is a gap")
    lone = segment(noise_table("gaussian", customers=120, seed=2), k=3).report
    assert (lone.verdict_rank, "not supported" in lone.lines()[0]) == (0, True)


def test_a_projection_cannot_raise_the_silhouette():
    table = noise_table("correlated", customers=160, seed=4)
    plain, projected = (segment(table, k=3, scaler=Scaler(axes=axes)) for axes in (None, 1))
    assert projected.report.silhouette <= plain.report.silhouette + 0.01
    assert projected.report.space["columns"] == plain.report.space["columns"]
    assert projected.report.space["worked_in"] == {"scaler": "reference", "axes": 1}


def test_one_segment_is_no_finding(planted):
    found = segment(planted[0], k=1)
    assert (found.report.k, found.report.verdict) == (1, "not supported")
    assert to_json(found.report.silhouette) is None
    assert set(found.customers["segment"]) == {0}


def test_hdbscan_without_segments_completes():
    found = segment(noise_table("uniform", customers=120, seed=2), **METHODS["hdbscan"], effort=EFFORT)
    assert found.report.verdict == "not supported"
    assert found.report.noise + sum(found.report.sizes) == 120


def test_hdbscan_finds_k_whatever_is_requested(planted):
    found = segment(planted[0], k=2, cap=3, **METHODS["hdbscan"]).report
    assert (found.k, found.rule) == (4, "clusterer")


def test_candidates_follow_the_customers(planted):
    assert segment(planted[0].head(4), candidates=[2, 3, 4, 5, 6]).candidates["k"].max() == 4


def test_more_segments_than_customers_and_groups_of_other_length_are_refused(planted):
    table = planted[0].head(30)
    with pytest.raises(PersonaeError, match="k is 31, but there are only 30 distinct customers"):
        segment(table, k=31)
    with pytest.raises(PersonaeError, match="groups name 2 customers; the table has 30"):
        segment(table, groups=[1, 2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "greater than 0"),
        ({"rule": "fixed"}, "rule is fixed but k is not set"),
        ({"rule": "fixed", "k": 3, "also": {"flat": Also()}}, "rule is fixed but k is not set"),
        ({"rule": "best"}, "'fixed', 'silhouette'"),
        ({"cap": 1}, "cap is 1, which admits none"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        SegmentSettings(**settings)


def test_a_table_and_settings_are_enough(planted):
    settings = SegmentSettings(space=ReferenceSpace(columns=COLUMNS), k=4, effort=LITTLE)
    assert segment_customers(planted[0], settings).report.k == 4
    twins = planted[0].assign(unit=np.arange(160) // 2)
    by_column = segment_customers(twins, settings).report
    assert by_column == segment_customers(planted[0], settings, groups=twins["unit"]).report


def test_a_cap_holds_and_a_floor_turns_small_segments_down(planted):
    assert segment(planted[0], cap=3).report.k <= 3
    floored = segment(planted[0], floor=0.6, effort=EFFORT)
    assert (floored.report.k, floored.report.verdict) == (2, "weak")


def test_few_customers_with_many_twins_are_no_trouble():
    table = pd.DataFrame(np.repeat(np.random.default_rng(0).normal(size=(7, 4)), 5, axis=0), columns=COLUMNS)
    effort = Resampling(bootstraps=4, splits=1, null_tables=9, null_bootstraps=3)
    found = segment(table, groups=np.repeat(np.arange(7), 5), effort=effort)
    assert sum(found.report.sizes) == 35


def test_large_tables_are_sampled_where_the_report_says_so(planted, found):
    effort = Resampling(
        bootstraps=4,
        splits=1,
        null_tables=3,
        null_bootstraps=1,
        null_rows=60,
        silhouette_rows=100,
        stability_rows=80,
    )
    sampled = segment(planted[0], effort=effort).report
    assert sampled.sampled == {"silhouette": 100, "stability": 80, "null": 60, "dendrogram": 80}
    assert sampled.k == 4
    assert sampled.silhouette == pytest.approx(found.report.silhouette, abs=0.05)


@pytest.mark.parametrize(("method", "step"), [(Ward, "ward"), (WardThenKMeans, "ward"), (Hdbscan, "hdbscan")])
def test_a_method_that_looks_at_a_sample_of_the_customers_says_so(planted, method, step):
    for rows, sampled in ((100, {step: 100}), (160, {})):
        options = {"min_cluster_size": 10} if method is Hdbscan else {}
        found = segment(planted[0], clusterer=method(max_rows=rows, **options))
        assert found.report.sampled == sampled
        assert sum(found.report.sizes) + found.report.noise == 160


def test_a_column_of_equal_quartiles_is_refused_by_the_robust_scaler(planted):
    table = planted[0].assign(x0=[float(row % 20 == 0) for row in range(len(planted[0]))])
    settings = SegmentSettings(space=ReferenceSpace(columns=COLUMNS), scaler=Scaler(name="robust"), k=2)
    with pytest.raises(PersonaeError, match=r"quartiles of x0 are equal \(0\); the scaler robust cannot"):
        segment_customers(table, settings, seed=1)


@pytest.mark.parametrize("method", METHODS)
def test_of_many_customers_a_sample_is_fitted_and_all_are_assigned(planted, method):
    table, labels = planted
    whole = segment(table, **METHODS[method])
    found = segment(table, fit_rows=120, **METHODS[method])
    drawn = len(sample_by_hash(range(160), 120))
    assert found.report.sampled["fit"] == drawn < 160
    assert "fit" not in whole.report.sampled
    assert sum(found.report.sizes) + found.report.noise == 160
    again = found.segmenter.predict(table)["segment"]
    assert (again == found.customers["segment"]).all()
    assert adjusted_rand(found.customers["segment"].to_numpy(), labels) > 0.95
