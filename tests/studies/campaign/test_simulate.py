import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from personae.studies.campaign.simulate import SEGMENTS, simulate, to_files


def test_the_same_seed_gives_the_same_file():
    assert to_files(simulate(300, 5)[0]) == to_files(simulate(300, 5)[0])
    assert to_files(simulate(300, 5)[0]) != to_files(simulate(300, 6)[0])


def test_the_layout_is_the_publishers():
    [content] = to_files(simulate(100, 1)[0]).values()
    header = content.decode().split("\r\n")[0].split("\t")
    assert len(header) == 29
    assert header[:5] == ["ID", "Year_Birth", "Education", "Marital_Status", "Income"]
    assert header[20:25] == [f"AcceptedCmp{number}" for number in (3, 4, 5, 1, 2)]


def test_segments_and_answers_are_planted():
    table, planted = simulate(3000, 2)
    shares = np.bincount(planted["segment"]) / 3000
    np.testing.assert_allclose(shares, [row[0] for row in SEGMENTS.values()], atol=0.04)
    assert roc_auc_score(table["Response"], planted["probability"]) > 0.75
    assert 0.1 < table["Response"].mean() < 0.22


def test_quirks_are_planted():
    table = simulate(1200, 2)[0]
    assert table["Income"].null_count() >= 3
    assert (table["Income"] == 666_666).sum() == 1
    assert sorted(table.filter(pl.col("Year_Birth") < 1910)["Year_Birth"]) == [1893, 1899, 1900]
    assert table["ID"].is_unique().all()
    assert table.height - table.drop("ID").unique().height > 50
