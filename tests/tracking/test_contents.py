"""Promises of what a run says: the figures, verdicts and files of the reports, under flat names."""

import json
from pathlib import Path

from tests.report.fabricated import SCRIPT, study
from tests.report.test_model_cards import CLASSIFY, SEGMENT

from personae.report.answer import as_json
from personae.report.model_cards import classifier_card, segmenter_card
from personae.report.page import render
from personae.tracking import key
from personae.tracking.contents import collect, flat_metrics, flat_params, flat_verdicts, report_names


def test_a_study_is_collected_from_what_its_stages_wrote(inside):
    results = collect(key.read("campaign"))
    assert results.params == {"seed": "0", "segment.k": "5"}
    assert results.metrics == {"segments": 5, "silhouette": 2.4}
    words = {"segments_verdict": "take with care"}
    assert results.tags == {"study": "campaign", "data": "sample", **words}
    assert results.tables == {"verdicts": {"of": ["segment"], "verdict": ["weak"]}}
    assert {str(path): folder for path, folder in results.artifacts} == {
        "reports/campaign/headline.json": "",
        "reports/campaign/prepare.json": "",
        "reports/campaign/segment.json": "",
        "reports/campaign/pictures/sizes.png": "pictures",
        "resolved/campaign/segment.yaml": "provenance",
    }
    assert results.datasets == [("campaign", "data/campaign", inside.md5("data/campaign"), "raw")]


def test_metrics_are_the_main_figures_alone_their_words_tags_and_all_verdicts_one_table(inside):
    result = key.read("campaign")
    path = inside.root / "reports/campaign/classify.json"
    path.write_text(json.dumps({"rows": 3, "verdict": "weak"}))
    result.entries["segment"]["outs"].append({"path": "reports/campaign/classify.json", "md5": "0"})
    results = collect(result)
    assert results.metrics == {"segments": 5, "silhouette": 2.4}
    assert results.tags["segments_verdict"] == "take with care"
    assert results.columns == ["metrics.`segments`", "metrics.`silhouette`", "tags.`segments_verdict`"]
    assert results.tables["verdicts"] == {"of": ["segment", "classify"], "verdict": ["weak", "weak"]}
    assert not [tag for tag in results.tags if tag.startswith("verdict")]


def test_personas_and_candidates_are_tables_to_compare(inside):
    result = key.read("campaign")
    files = {
        "personas.json": json.dumps([{"id": 0, "name": "big, old", "share": 0.25, "drivers": []}]),
        "candidates.csv": "k,silhouette,space\n2,0.3,a\n3,,a\n",
    }
    for name, text in files.items():
        (inside.root / "reports/campaign" / name).write_text(text)
        result.entries["segment"]["outs"].append({"path": f"reports/campaign/{name}", "md5": "0"})
    tables = collect(result).tables
    assert tables["personas"]["name"] == ["big, old"]
    assert tables["personas"]["action"] == [None]
    assert (tables["candidates"]["k"], tables["candidates"]["silhouette"]) == (["2", "3"], ["0.3", ""])


def test_a_run_has_a_model_where_its_stages_made_a_scorer(inside):
    result = key.read("campaign")
    assert collect(result).models is None
    result.entries["segment"]["outs"].append({"path": "models/campaign/scorer", "md5": "0"})
    assert collect(result).models == Path("models/campaign")


def test_the_answer_is_the_description_of_the_run_and_its_names_are_text(inside):
    findings = study(2, hostile=True)
    path = inside.root / "reports/campaign/answer.json"
    path.write_text(json.dumps(as_json(findings.answer(), findings.words)))
    result = key.read("campaign")
    result.entries["segment"]["outs"].append({"path": "reports/campaign/answer.json", "md5": "0"})
    results = collect(result)
    note = results.tags["mlflow.note.content"]
    assert results.question == findings.words.title
    assert "### What to do" in note
    assert "**solid**: Kinds of customers, among 300: with other samples of customers" in note
    assert "Amounts are in the file's own unit" in note
    assert SCRIPT not in note


def test_pages_and_cards_that_a_run_gets_show_hostile_names_as_text(inside):
    findings = study(2, hostile=True)
    told = findings.reports
    texts = {
        "report.html": render(findings),
        "cards/segmenter.md": segmenter_card("shop", told, SEGMENT),
        "cards/classifier.md": classifier_card("shop", told, CLASSIFY),
    }
    result = key.read("campaign")
    for name, text in texts.items():
        path = inside.root / "reports/campaign" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        result.entries["segment"]["outs"].append({"path": f"reports/campaign/{name}", "md5": "0"})
    kept = [path for path, _ in collect(result).artifacts if path.suffix in {".html", ".md"}]
    assert {path.relative_to("reports/campaign").as_posix() for path in kept} == texts.keys()
    for path in kept:
        text = path.read_text()
        assert SCRIPT not in text
        assert "&lt;script&gt;alert(1)" in text


def test_a_stage_with_two_reports_names_figures_after_the_files():
    def outs(*names):
        return {"outs": [{"path": f"reports/shop/{name}"} for name in names]}

    entries = {"profile": outs("personas.json", "cards"), "days": outs("anomalies.json", "segment_days.json")}
    assert report_names("shop", entries) == {
        "personas": "profile",
        "anomalies": "anomalies",
        "segment_days": "segment_days",
    }


def test_what_is_no_figure_is_no_metric():
    report = {"k": 3, "best": "svm", "also": None, "fits": True, "tree": [[0, 1, 0.5]]}
    assert flat_metrics(report, "segment") == {"segment.k": 3.0}


def test_personas_are_named_by_their_id_and_tables_stay_in_their_file():
    personas = [{"id": 1, "share": 0.4, "drivers": [{"feature": "age", "value": 61}]}]
    assert flat_metrics(personas, "profile") == {"profile.1.id": 1.0, "profile.1.share": 0.4}


def test_names_hold_only_what_mlflow_allows():
    assert flat_metrics({"share (%)/Größe": 1}, "prepare") == {"prepare.share ____Größe": 1.0}


def test_verdicts_are_found_wherever_they_are():
    report = {
        "verdict": "weak",
        "columns": {"Income": {"unseen": {"verdict": "impute"}}},
        "leakage": [{"check": "duplicates", "verdict": "clean"}, {"verdict": "leaks"}],
    }
    assert flat_verdicts(report, "verdict.x") == {
        "verdict.x": "weak",
        "verdict.x.columns.Income.unseen": "impute",
        "verdict.x.leakage.duplicates": "clean",
        "verdict.x.leakage.1": "leaks",
    }


def test_settings_keep_their_empty_parts_and_fit_into_mlflow():
    assert flat_params({"use": {}, "name": "Wien", "text": "x" * 7000}) == {
        "use": "{}",
        "name": "Wien",
        "text": "x" * 6000,
    }
