"""Promises of the answer: a manager's words, one source, and nothing claimed beyond the verdicts."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.fabricated import study

from personae.core import paths
from personae.core.settings import read
from personae.report.answer import answered, as_json
from personae.report.overview import overview
from personae.report.page import Findings, render
from personae.report.results import read_reports
from personae.report.statements import Words, driver_figure, found_segments
from personae.report.traced import Traced

STATISTICAL = r"silhouette|Jaccard|\bAUC\b|\bp[- ]value|\bp =|\bstack\b|\bk =|bootstrap|R²"
COUNTED = r"^The groups of [\d,]+ |tested on [\d,]+ |”: [\d,]+ |^On [\d,]+ past offers|\([\d,]+ missing\)| of [\d,]+;"
WORDS = Words("Who should get the next offer?", "households", "accepted the offer", "$")
LISTED = {
    "customers": 300,
    "contacts": 40,
    "spent": 120.0,
    "expected_profit": 333.4,
    "profit_interval": [210.2, 456.6],
    "if_response_falls": 242.7,
}


@pytest.fixture(scope="module")
def findings():
    made = study(2)
    target = made.reports["target"] | {"listed": LISTED}
    target["if_response_falls"] = {"by": 0.2, "same_list": 1.0, "adapted": 1.0}
    return replace(made, reports=made.reports | {"target": target}, words=WORDS)


def first_screen(findings):
    return plain(render(findings).partition('<section id="answer"')[2].partition("</section>")[0])


def plain(page):
    page = html.unescape(re.sub(r"</?(?:data|span)[^>]*>", "", page))
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_first_screen_has_no_statistical_term_and_the_evidence_has_them_all(findings):
    screen = first_screen(findings)
    assert not re.findall(STATISTICAL, screen)
    assert {"silhouette", "Jaccard", "AUC", "p =", "bootstrap"} <= set(
        re.findall(STATISTICAL, render(findings))
    )


@pytest.fixture(
    scope="module", params=sorted(path.parent.name for path in Path("reports").glob("*/prepare.json"))
)
def committed(request):
    """A study as the repository carries its results."""
    study = request.param
    words = Words.of(read(paths.resolved(study)))
    return Findings(study, read_reports(paths.report(study, "")), words=words)


def test_committed_results_are_said_without_a_statistical_term_and_alike_everywhere(committed):
    screen = first_screen(committed)
    assert not re.findall(STATISTICAL, screen)
    said = as_json(committed.answer(), committed.words)
    lines = "\n".join(answered(committed.study, committed.reports, committed.words))
    index = plain(overview({committed.study: committed.reports}, {committed.study: committed.words}))
    for part in ("found", "trust", "action"):
        for statement in said[part]:
            assert statement["text"] in lines
            assert statement["text"].replace(" ", "") in screen.replace(" ", "")
    for part in ("found", "action"):
        assert said[part][0]["text"].replace(" ", "") in index.replace(" ", "")


def test_regions_of_a_page_can_be_told_apart_by_their_names(committed):
    names = re.findall(r'role="region" aria-label="([^"]*)"', render(committed))
    assert sorted(set(names)) == sorted(names)


def test_no_column_that_has_a_label_is_called_by_its_name_in_the_file(committed):
    coded = [name for name in committed.words.labels if re.search("[A-Z_]", name)]
    shown = re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]*>", " ", render(committed), flags=re.DOTALL)
    read_aloud = set(re.findall(r"\w+", html.unescape(shown)))
    labels = set(re.findall(r"\w+", " ".join(committed.words.labels.values())))
    assert [name for name in coded if name in read_aloud - labels] == []


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("known only afterwards?", "Left out, for it may be known only after the answer: <call>. Is it?"),
        ("the whole procedure", "That is unusually good. Are all of these known before the answer: <call>?"),
    ],
)
def test_a_column_that_was_left_out_is_not_why_the_prediction_is_good(findings, check, said):
    asked = {"check": check, "columns": ["<call>"], "verdict": "ask", "evidence": ""}
    classify = findings.reports["classify"] | {"leakage": [asked]}
    answer = replace(findings, reports=findings.reports | {"classify": classify}).answer()
    assert said in [statement["text"] for statement in as_json(answer, WORDS)["trust"]]


def test_every_claim_of_trust_says_how_many_it_rests_on(committed):
    for statement in as_json(committed.answer(), committed.words)["trust"]:
        asks = statement["text"].startswith(("That is unusually good", "Left out,", "Whether"))
        assert asks or re.search(COUNTED, statement["text"])


def test_the_money_is_that_of_the_list(findings):
    screen = first_screen(findings)
    assert (
        "Contact 40 of 300 households: costs $120, expected to earn $333 (210 to 457); $243 if 20 % fewer"
        in screen
    )


@pytest.mark.parametrize(
    ("gain", "shown"),
    [(0.084, "a gain of 8 in 100 or more will show"), (None, "so few will not show any gain")],
)
def test_a_control_group_is_said_with_what_it_will_show(findings, gain, shown):
    control = findings.reports["target"]["control"] | {"detectable_gain": gain}
    target = findings.reports["target"] | {"control": control}
    screen = first_screen(replace(findings, reports=findings.reports | {"target": target}))
    assert (
        f"Leave 12 more, drawn at random, without it, to see what the contact itself brings: {shown}."
        in screen
    )


def test_page_index_terminal_and_json_say_the_same(findings):
    said = as_json(findings.answer(), WORDS)
    lines = "\n".join(answered("shop", findings.reports, WORDS))
    screen = first_screen(findings).replace(" ", "")
    for part in ("found", "trust", "action"):
        assert said[part]
        for statement in said[part]:
            assert statement["text"] in lines
            assert statement["text"].replace(" ", "") in screen


def test_without_support_there_are_no_kinds_and_no_personas():
    refused = study(3, refused=True)
    found = as_json(refused.answer(), WORDS)["found"]
    assert found[0]["text"].startswith("No kinds of")
    assert not any("high earners" in each["text"] for each in found)


def test_few_answers_are_too_few_to_say(findings):
    few = findings.reports["classify"] | {"rows": 14, "majority_accuracy": 8 / 14}
    said = as_json(replace(findings, reports=findings.reports | {"classify": few}).answer(), WORDS)
    assert {"chip": "too few to say"}.items() <= said["trust"][1].items()
    assert "14 households, about 6 with the rarest answer" in said["trust"][1]["text"]


def test_a_study_that_has_only_begun_claims_nothing():
    said = as_json(replace(study(1), reports={}).answer(), WORDS)
    assert said["found"] == said["trust"] == said["action"] == []


@pytest.mark.parametrize(
    ("supported_k", "kind", "sentence"),
    [
        (2, "reproducible", "Two natural groups of households; the four here cut them further."),
        (5, "natural", "Five natural groups of households; the four here join some of them."),
        (None, "reproducible", "Four groups of households: useful cuts, without gaps between them."),
        (None, "constructive", "Four groups of households: cuts that other households would move."),
        (None, "natural", "Four groups of households with gaps between them, and perhaps more of them."),
    ],
)
def test_the_number_of_natural_groups_leads_where_it_is_another(supported_k, kind, sentence):
    changed = {"verdict": "weak", "supported_k": supported_k, "kind": kind}
    segments = Traced(study(4).reports["segment"] | changed, "")
    [found] = found_segments({"segment": segments}, WORDS)
    assert re.sub(r"<[^>]+>", "", found.text) == sentence


@pytest.mark.parametrize(
    ("label", "value", "shown"),
    [("share of visits", 0.25, "25"), ("share of visits", 40.0, "40"), ("visits", 0.25, "0.25")],
)
def test_a_driver_is_written_in_its_own_unit(label, value, shown):
    driver = Traced({"label": label, "value": value, "overall": value / 2}, "")
    assert re.match(rf"{shown}(\.0|0)?\b", plain(driver_figure(driver, "value")))
    assert ("%" in driver_figure(driver, "value")) == (shown == "25")
