import pytest
from tests.report.fabricated import SCRIPT, study

from personae.report.model_cards import classifier_card, segmenter_card

SEGMENT = {"clusterer": {"name": "kmeans", "n_init": 10}}
CLASSIFY = {
    "features": ["age", f"income | {SCRIPT}"],
    "models": {"xgboost": {"type": "xgboost", "max_depth": 3}},
}


@pytest.fixture
def reports():
    return study(3, hostile=True).reports


def test_segmenter_card_says_verdict_segments_and_settings(reports):
    card = segmenter_card("shop", reports, SEGMENT)
    assert reports["segment"]["reason"] in card
    assert "n_init" in card
    assert "0.231 (0.210 to 0.250)" in card


def test_classifier_card_says_validation_figures_and_guard(reports):
    card = classifier_card("shop", reports, CLASSIFY)
    assert "ROC AUC" in card
    assert "85.1 %" in card
    assert "one column alone" in card


def test_cards_of_sample_data_say_so_and_show_hostile_names_as_text(reports):
    for card in (
        segmenter_card("shop", reports, SEGMENT),
        classifier_card("shop", reports, CLASSIFY),
    ):
        assert "Synthetic sample data" in card
        assert "<script" not in card
        assert "&lt;script&gt;" in card


def test_cards_of_original_data_are_not_marked(reports):
    reports["prepare"]["data"] = "original"
    card = classifier_card("shop", reports, CLASSIFY)
    assert "ynthetic" not in card
