from tests.report.fabricated import SCRIPT, study

from personae.report.overview import overview


def test_every_study_is_there_with_its_answer_and_a_link():
    page = overview({"shop": study(2).reports, "gym": study(2, refused=True).reports})
    assert "Two kinds of customers" in page
    assert "not supported" in page
    assert 'href="shop/report.html"' in page
    assert 'href="gym/report.html"' in page
    assert 'href="gym/segment.json"' in page
    assert "Synthetic sample data" in page


def test_a_study_that_has_only_begun_is_there_too():
    assert "300 customers" in " ".join(
        overview({"shop": {"prepare": study(1).reports["prepare"]}}).replace("</data>", "").split(">")
    )


def test_hostile_names_are_text():
    page = overview({"shop": study(2, hostile=True).reports})
    assert SCRIPT not in page
