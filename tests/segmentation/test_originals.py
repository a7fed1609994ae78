import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personae.segmentation.segment import segment_customers
from personae.segmentation.settings import ReferenceSpace, Resampling, Scaler, SegmentSettings

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
FILE = ORIGINALS / "campaign" / "marketing_campaign.csv"
PURCHASES = ["NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]
EFFORT = Resampling(bootstraps=20, splits=2, null_tables=39, null_rows=500)

pytestmark = [
    pytest.mark.originals,
    pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is missing; set ORIGINALS"),
]


@pytest.fixture(scope="module")
def customers():
    raw = pd.read_csv(FILE, sep="\t")
    spent = [column for column in raw if column.startswith("Mnt")]
    joined = pd.to_datetime(raw["Dt_Customer"], format="%d-%m-%Y")
    return raw.assign(
        Income=raw["Income"].fillna(raw["Income"].median()),
        age=2014 - raw["Year_Birth"],
        tenure=(joined.max() - joined).dt.days,
        purchases=raw[PURCHASES].sum(axis=1),
        spend=raw[spent].sum(axis=1),
        unit=raw.groupby([c for c in raw if c not in ("ID", "Response")], dropna=False).ngroup(),
    )


def segment(customers, space, **settings):
    return segment_customers(customers, SegmentSettings(space=space, effort=EFFORT, **settings)).report


def rfm():
    return ReferenceSpace(name="rfm", columns=["Recency", "purchases", "spend"], log1p=["spend"])


def reference(customers):
    spent = [column for column in customers if column.startswith("Mnt")]
    columns = ["Income", "age", "tenure", "Kidhome", "Teenhome", "Recency", *PURCHASES, "NumWebVisitsMonth"]
    return ReferenceSpace(name="reference", columns=[*columns, *spent], log1p=spent)


def test_four_rfm_segments_are_cuts(customers):
    report = segment(customers, rfm(), candidates=[4], k=4)
    assert (report.verdict, report.supported_k) == ("weak", None)
    assert not all(border["gap"] for border in report.borders)
    assert report.silhouette == pytest.approx(0.399, abs=0.002)
    assert report.null["gaussian"]["mean"] == pytest.approx(0.305, abs=0.01)
    assert report.null["box"]["mean"] == pytest.approx(0.265, abs=0.01)
    assert report.stability["min_jaccard"] == pytest.approx(0.95, abs=0.03)


def test_five_rfm_segments_are_less_stable(customers):
    report = segment(customers, rfm(), candidates=[5], k=5)
    assert report.stability["min_jaccard"] < 0.75
    assert report.verdict == "weak"


def test_two_segments_in_the_reference_space(customers):
    report = segment(customers, reference(customers), candidates=[2, 3, 4])
    assert (report.k, report.verdict, report.supported_k) == (2, "weak", None)


def test_fewer_axes_do_not_raise_the_silhouette(customers):
    plain = segment(customers, reference(customers), candidates=[4], k=4)
    projected = segment(customers, reference(customers), candidates=[4], k=4, scaler=Scaler(axes=2))
    assert plain.silhouette == pytest.approx(0.166, abs=0.003)
    assert projected.silhouette <= plain.silhouette + 0.003
    assert np.isfinite(projected.silhouette)
