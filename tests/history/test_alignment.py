"""Promises of alignment: ids do not matter, customers do; where they are not known, that is said."""

import numpy as np
import pandas as pd
from tests.report.fabricated import study

from personae.history.alignment import BY_CUSTOMERS, align, by_customers
from personae.history.result import StoredResult

LOCK = "stages:\n  segment@shop:\n    outs: [{{path: build/shop/segments.parquet, md5: {}}}]\n"


def table(segments):
    return pd.DataFrame({"customer": np.arange(len(segments)), "segment": segments})


def past(reports, md5=""):
    return StoredResult(md5 or "x", "run", "shop", None, False, {}, LOCK.format(md5 or "c" * 32), reports)


def test_renamed_segments_are_the_same_and_migration_counts_everybody():
    found = by_customers(table([0] * 50 + [1] * 30 + [2] * 20), table([2] * 45 + [0] * 35 + [1] * 20))
    assert found.pairs == ((0, 2), (1, 0), (2, 1))
    assert found.migration == ((5, 0, 45), (30, 0, 0), (0, 20, 0))
    assert {event["kind"] for event in found.events} == {"same"}


def test_a_split_names_its_parts_and_noise_is_counted_apart():
    found = by_customers(table([0] * 60 + [1] * 40), table([0] * 30 + [2] * 30 + [1] * 38 + [-1] * 2))
    assert found.pairs == ((0, 0), (1, 1), (None, 2))
    [split] = [event for event in found.events if event["kind"] == "split"]
    assert (split["before"], split["after"]) == ((0,), (0, 2))
    assert found.left == 2


def test_customers_of_one_result_alone_are_counted_apart():
    found = by_customers(table([0, 0, 1]), table([0, 0, 1]).assign(customer=[1, 2, 3]))
    assert found.left == 2


def test_tables_come_from_the_cache_and_without_them_profiles_are_matched(tmp_path):
    reports = study(3).reports
    for md5, segments in (("a" * 32, [0, 0, 1, 2]), ("b" * 32, [1, 1, 2, 0])):
        path = tmp_path / "files" / "md5" / md5[:2] / md5[2:]
        path.parent.mkdir(parents=True)
        table(segments).to_parquet(path)
    found = align(past(reports, "a" * 32), past(reports, "b" * 32), tmp_path)
    assert (found.basis, found.pairs) == (BY_CUSTOMERS, ((0, 1), (1, 2), (2, 0)))
    personas = [{**each, "id": (each["id"] + 1) % 3} for each in reports["personas"]]
    found = align(past(reports, "a" * 32), past(reports | {"personas": personas}), tmp_path)
    assert "segments.parquet of x is not in DVC's cache" in found.basis
    assert found.pairs == ((0, 1), (1, 2), (2, 0))
    assert found.migration == ()


def test_a_result_without_personas_has_no_alignment(tmp_path):
    reports = study(3).reports
    assert align(past(reports), past(reports | {"personas": {"skipped": "no segments"}}), tmp_path) is None
