import csv
import json

import pytest
from tests.report.fabricated import study

from personae.studies.claims import CHECKS, read, table
from personae.studies.originals import PUBLISHERS

CLAIMS = [claim for publisher in PUBLISHERS.values() for claim in publisher["claims"]]


@pytest.fixture
def studies(tmp_path):
    findings = study(4)
    row = findings.tables["probabilities"][0] | {"given": "Fitness"}
    findings.reports["compare"]["merge"][0] |= {"a": "KP481", "b": "KP281", "verdict": "inconclusive"}
    findings.reports["prepare"]["data"] = "original"
    for name in ("aerofit", "campaign", "fitbit"):
        (tmp_path / name).mkdir()
        for report, content in findings.reports.items():
            if "/" not in report:
                (tmp_path / name / f"{report}.json").write_text(json.dumps(content))
        with (tmp_path / name / "probabilities.csv").open("w", newline="") as file:
            csv.DictWriter(file, row).writeheader()
            csv.DictWriter(file, row).writerow(row)
    return tmp_path


def test_every_claim_is_answered_from_the_reports(studies):
    text = table(read(studies))
    assert "the reports do not say" not in text
    assert len(text.splitlines()) == 2 + len(CLAIMS)
    assert {claim["check"] for claim in CLAIMS} == set(CHECKS)
    assert "29 of 31: 93.5 %, 95 % interval 79.3 % to 98.2 %" in text
    assert (
        "inconclusive: separated with AUC 0.610 (0.450 to 0.700); power to see a small difference 39 % in one test, 14 % after correction"
        in text
    )
    assert "place 3 of 4" in text
    assert (
        "over 20 times 5 stratified folds 65 % ± 3 %, majority 44.4 %; after the merge 95 % ± 3 %, majority 77.8 %"
        in text
    )


def test_repeated_splits_are_told_as_splits(studies):
    path = studies / "aerofit" / "classify.json"
    report = json.loads(path.read_text())
    path.write_text(json.dumps({name: report[name] for name in ("seed_claim", "models")}))
    assert "over 100 such splits 64.5 % (52 % to 77 %), majority 44.4 %" in table(read(studies))


def test_what_was_not_run_is_left_out_and_what_is_missing_is_said(studies):
    (studies / "aerofit" / "compare.json").unlink()
    for path in (studies / "fitbit").iterdir():
        path.unlink()
    text = table(read(studies))
    assert "fitbit" not in text
    assert "proven | the reports do not say" in text


def test_sample_data_is_marked(studies):
    path = studies / "campaign" / "prepare.json"
    path.write_text(path.read_text().replace("original", "sample"))
    assert "| campaign (sample data) |" in table(read(studies))
