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
COUNTED = r"^(Kinds of|Groups by) .*?, (among )?[\d,]+|” for [\d,]+ |Would the [\d,]+ |”: [\d,]+ |[\d,]+ past offers|[\d,]+ missing|with [\d,]+ |on the [\d,]+ "
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


def test_terms_of_the_evidence_are_explained_on_the_page(findings):
    words = plain(render(findings).partition('<section id="words"')[2].partition("</section>")[0])
    for term in ("silhouette", "bootstrap Jaccard", "ROC AUC", "null distribution, p", "beta-binomial"):
        assert term in words


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
    [prediction] = [each for each in answer.trust if each.about == "prediction"]
    assert prediction.text.striptags().endswith(said)
    assert prediction.chip == "take with care"


def test_every_claim_of_trust_says_how_many_it_rests_on(committed):
    for statement in as_json(committed.answer(), committed.words)["trust"]:
        uncounted = statement["text"].startswith("Whether")
        assert uncounted or "cannot be trusted" in statement["text"] or re.search(COUNTED, statement["text"])


def test_the_money_is_that_of_the_list(findings):
    screen = first_screen(findings)
    assert (
        "Contact 40 of 300 households: that costs $120; expected profit after it $333 (210 to 457 in 95 of "
        "100 cases, if the probabilities are right), $243 if 20 % fewer respond." in screen
    )
    assert "150 (50 %)" in screen


def test_a_list_of_some_customers_says_of_how_many():
    reports = study(2).reports
    target = reports["target"] | {"listed": LISTED, "customers": 800, "profit_by_time": [{}, {}]}
    prepared = reports["prepare"] | {"rows": 500}
    some = replace(study(2), reports=reports | {"target": target, "prepare": prepared}, words=WORDS)
    screen = first_screen(some)
    assert (
        "Contact 40 of the 300 households that had an offer before (the other 200 cannot be judged):"
        in screen
    )
    assert "Profit of this way to choose, on the 800 past offers (on 2 dates to 300 households)" in screen


def test_what_may_be_lost_and_what_is_assumed_stand_beside_the_profit(findings):
    target = findings.reports["target"] | {"assumed": True}
    target["profit"] = target["profit"] | {"model": 90.0, "model_ci": [-20.0, 200.0]}
    changed = replace(findings, reports=findings.reports | {"target": target})
    screen = first_screen(changed)
    assert (
        ", at an assumed $3 a contact and $11 a response on average: $90 (−20 to 200) after cost, perhaps a"
        in screen
    )
    assert "loss. Contacting all of them: −$3,046." in screen
    first, second = (str(each.text.striptags()) for each in changed.answer().action[:2])
    assert first.startswith(
        "Do not send yet: that a contact costs $3 and a response brings $11 on average is assumed."
    )
    assert second.startswith("With these amounts it would be 40 of 300 households: that costs $120")


def test_amounts_without_a_currency_are_said_to_be_in_the_files_unit_once(findings):
    unnamed = replace(findings, words=replace(WORDS, currency=""))
    note = "Amounts are in the file's own unit"
    index = overview({"shop": findings.reports}, {"shop": unnamed.words})
    lines = answered("shop", findings.reports, unnamed.words)
    for text in (render(unnamed), index, " ".join(lines), str(as_json(unnamed.answer(), unnamed.words))):
        assert html.unescape(text).count(note) == 1
    assert as_json(findings.answer(), WORDS)["note"] == ""


def test_what_a_budget_does_not_reach_is_counted(findings):
    screen = first_screen(findings)
    assert "These are 5 of 300 households: the budget of 60 does not reach the others." in screen


def test_the_index_has_the_chips_of_the_page(committed):
    page = render(committed).partition("<h2>Can I trust it</h2>")[2].partition("</div>")[0]
    index = overview({committed.study: committed.reports}, {committed.study: committed.words})
    chips = [re.findall(r'class="chip \w+">([^<]+)<', text) for text in (page, index)]
    assert sorted(chips[0]) == sorted(chips[1])
    assert len(chips[0]) == len(committed.answer().trust)


@pytest.mark.parametrize(("low", "chip"), [(0.48, "not supported"), (0.505, "take with care")])
def test_a_model_that_chance_explains_is_not_supported(findings, low, chip):
    best = {"roc_auc": {"mean": 0.514, "sd": 0.04, "pooled": 0.514}}
    sample = {"rows": 900, "rarest_class": 200, "roc_auc_ci": [low, 0.55]}
    classify = findings.reports["classify"] | {"rows": 2000, "sample": sample, "leakage": []}
    changed = classify | {"selection": {"figures": best}}
    said = replace(findings, reports=findings.reports | {"classify": changed}).answer().claims()["prediction"]
    assert [each.chip for each in said] == [chip]
    assert "for 900 past offers" in said[0].text.striptags()
    assert ("no better than luck" in said[0].text) == (chip == "not supported")


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
    assert "Who they are" not in first_screen(refused)


def test_given_groups_come_first_under_their_own_name(findings):
    personas = [each | {"size": each["size"] + 1} for each in findings.reports["personas"]]
    compare = findings.reports["compare"] | {"grouping": "Product", "sizes": {"a": 120, "b": 180}}
    given = replace(findings, reports=findings.reports | {"personas": personas, "compare": compare})
    said = as_json(given.answer(), WORDS)
    assert said["found"][0]["text"].startswith("50 %: Product high earners (0) (")
    assert "Apart from Product, two kinds of households." in [each["text"] for each in said["found"]]
    assert said["trust"][0] == {
        "chip": "solid",
        "text": "Groups by Product, 300 households: group 0 and group 1 differ.",
        "key": "compare.json#/merge",
    }
    assert "Who they are, by Product" in first_screen(given)


def test_few_answers_are_too_few_to_say(findings):
    few = findings.reports["classify"] | {"rows": 14, "majority_accuracy": 8 / 14}
    said = as_json(replace(findings, reports=findings.reports | {"classify": few}).answer(), WORDS)
    [prediction] = [each for each in said["trust"] if each["text"].startswith("Prediction")]
    assert prediction["chip"] == "too few to say"
    assert "14 households, about 6 with the rarest answer" in prediction["text"]


def test_a_study_that_has_only_begun_claims_nothing():
    said = as_json(replace(study(1), reports={}).answer(), WORDS)
    assert said["found"] == said["trust"] == said["action"] == []


@pytest.mark.parametrize(
    ("supported_k", "kind", "sentence"),
    [
        (2, "reproducible", "Two natural groups of households; the four here cut them further."),
        (5, "natural", "Five natural groups of households; the four here join some of them."),
        (None, "reproducible", "Four groups of households: useful cuts, without gaps between them."),
        (
            None,
            "constructive",
            "Four groups of households that may be chance: other households would give other groups.",
        ),
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
