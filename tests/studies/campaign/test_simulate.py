from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.studies.campaign.simulate import (
    A_MONTH,
    SEGMENTS,
    simulate,
    simulate_answers,
    simulate_months,
    to_files,
)
from personae.studies.sample import write_months


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


def test_months_go_on_from_the_sample_and_only_the_last_drifts():
    earlier = simulate(1200, 20)[0]
    months = simulate_months(1200, 20)
    assert list(months) == ["2014-07", "2014-08", "2014-09"]
    spent = ["MntWines", "MntMeatProducts"]
    related = []
    for table in months.values():
        assert table.height == A_MONTH
        assert table["ID"].is_unique().all()
        assert 250 < table["ID"].is_in(earlier["ID"].to_list()).sum() < A_MONTH
        both = table.select("Income", total=pl.sum_horizontal(spent)).drop_nulls()
        related.append(both.select(pl.corr("Income", "total", method="spearman")).item())
    assert min(related[:2]) > 0.5
    assert abs(related[2]) < 0.15


def test_answers_to_a_list_are_fewer_without_contact():
    listed = pl.DataFrame(
        {"customer": range(3000), "decision": ["contact", "control", "leave"] * 1000, "probability": 0.5}
    )
    answers = simulate_answers(listed, 1)
    assert answers.height == 2000
    rates = (
        listed.join(answers, on="customer")
        .group_by("decision")
        .agg(pl.col("response").mean())
        .sort("decision")
    )
    np.testing.assert_allclose(rates["response"], [0.5, 0.2], atol=0.05)


def test_months_are_written_beside_the_sample_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PersonaeError, match="data/campaign: the data is not the sample"):
        write_months()
    write_json(paths.origin("campaign"), {"data": "sample"})
    assert [path.as_posix() for path in write_months()] == [
        f"incoming/campaign/2014-0{month}" for month in (7, 8, 9)
    ]
    assert Path("incoming/campaign/2014-07/marketing_campaign.csv").exists()
    pl.DataFrame({"customer": [1], "decision": "contact", "probability": 0.5}).write_csv(
        tmp_path / "targets.csv"
    )
    paths.report("campaign", "").mkdir(parents=True)
    (tmp_path / "targets.csv").rename(paths.report("campaign", "targets.csv"))
    assert write_months()[-1].read_text().startswith("customer,response\n1,")
