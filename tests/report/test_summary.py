"""Promises of the summary: the main figures of each study beside each other, a dash for what is not there."""

from personae.report.summary import summary


def test_studies_stand_beside_each_other(inside):
    lines = summary(["campaign", "aerofit"]).splitlines()
    assert lines[0].split() == ["campaign", "aerofit"]
    assert ["customers", "120", "60"] in [line.split() for line in lines]
    assert ["silhouette", "2.400", "3.000"] in [line.split() for line in lines]
    assert lines[-1].split() == ["profit", "by", "the", "model", "-", "-"]
