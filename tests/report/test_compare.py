"""The section on groups: who decided, how large differences are, and what the tests rest on."""

import re
from dataclasses import replace

import pytest
from tests.report.fabricated import SCRIPT, study

from personae.report.page import render


def page(findings):
    return render(
        replace(findings, reports={"compare": findings.reports["compare"]}, tables={}, highlights=())
    )


def rows(findings, caption):
    """Text of each body row of the table with this caption."""
    table = re.search(rf"<table[^>]*>\s*<caption><span>{caption}.*?</table>", page(findings), re.DOTALL)
    body = table.group().partition("<tbody>")[2]
    texts = (re.sub(r"<[^>]+>", " ", row).replace("&nbsp;", " ") for row in re.split("</tr>", body)[:-1])
    return [" ".join(text.split()) for text in texts]


def pair_of(findings, **changed):
    findings.reports["compare"]["pairs"][0] |= changed
    return rows(findings, "Tests between two groups")[0]


@pytest.mark.parametrize("decision", ["merge", "keep"])
def test_of_an_inconclusive_pair_it_is_told_that_the_settings_decided_and_what(decision):
    findings = study(2, refused=True)
    findings.reports["compare"]["merge"][0]["decision"] = decision
    [row] = rows(findings, "Which groups to merge")
    assert "inconclusive" in row
    assert row.endswith(f"the settings decide: {decision}")


def test_a_pair_that_the_data_decided_is_not_said_to_be_decided_by_settings():
    assert "settings" not in rows(study(2), "Which groups to merge")[0]


def test_a_pair_of_numbers_shows_both_its_effects_and_no_other():
    row = pair_of(study(2))
    assert "Cliff’s delta −0.15 ( −0.36 to 0.07 ) Cohen’s d −0.27 ( −0.60 to 0.07 )" in row
    assert "Cramér’s V" not in row


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [([0.05, 0.31], "Cramér’s V 0.12 ( 0.05 to 0.31 )"), ([None, None], "Cramér’s V 0.12 0.20")],
    ids=["interval", "no interval"],
)
def test_a_pair_of_categories_shows_cramers_v(bounds, shown):
    without = {"cliffs_delta": None, "ci": [None, None], "cohens_d": None, "cohens_d_ci": [None, None]}
    row = pair_of(study(2), **without, cramers_v=0.12, cramers_v_ci=bounds)
    assert shown in row
    assert "Cliff" not in row
    assert "Cohen" not in row


def test_no_association_at_all_is_a_figure():
    assert "Cramér’s V 0.00 " in pair_of(study(2), cramers_v=0.0)


def test_an_effect_over_all_groups_names_its_measure():
    findings = study(2)
    findings.reports["compare"]["variables"]["age"]["effect_name"] = "cramers_v"
    first, second = rows(findings, "Tests over all groups")
    assert "Kruskal-Wallis" in first
    assert "epsilon squared 0.20 ( 0.10 to 0.30 )" in first
    assert "Cramér’s V 0.40 ( 0.30 to 0.50 )" in second


def test_assumptions_are_shown_of_every_tested_number():
    findings = study(3)
    variables = findings.reports["compare"]["variables"]
    [name] = set(variables) - {"age"}
    variables[name] |= {"normality": {"a": 0.15, SCRIPT: None, "c": 0.0042}, "levene_p": 0.03}
    [row] = rows(findings, "Assumptions, variable by variable")
    assert row.startswith(f"{name} a: 0.15 , ")
    assert "does not vary, c: 0.004" in row
    assert row.endswith("0.030 Kruskal-Wallis")
    assert SCRIPT not in page(findings)


def test_without_a_tested_number_there_is_no_table_of_assumptions():
    findings = study(2)
    for variable in findings.reports["compare"]["variables"].values():
        variable["normality"] = {}
    assert "Assumptions" not in page(findings)


def test_a_pair_shows_its_test_and_the_p_that_decides_beside_the_raw_and_the_adjusted_one():
    assert "Mann-Whitney 0.010 0.020 0.14 Cliff" in pair_of(study(2))


def test_a_pair_that_is_only_described_has_no_p():
    findings = study(2)
    findings.reports["compare"]["merge"] = []
    row = pair_of(findings, test=None, p=None, p_adjusted=None, p_within_pair=None)
    assert "described only not measured not measured Cliff" in row


@pytest.mark.parametrize(
    ("correction", "name"), [("holm", "Holm (family-wise error)"), ("bh", "Benjamini and Hochberg")]
)
def test_corrections_and_the_rule_of_the_verdict_are_stated(correction, name):
    findings = study(3)
    findings.reports["compare"]["rules"]["correction"] = correction
    text = " ".join(re.sub(r"<[^>]+>", " ", page(findings)).split())
    assert f"adjusted p is corrected by {name}" in text
    assert "over all 4 tests of variables and pairs; no verdict goes by it" in text
    assert (
        "equivalent within its margin, in its own unit (below, for each pair; p of equivalence at most 5 % )"
        in text
    )
    assert "upper bound of the AUC is below 0.60 ." in text
    assert "the settings decide: merge." in text


def test_margins_left_out_cells_and_functions_of_the_segments_are_shown():
    findings = study(2)
    compare = findings.reports["compare"]
    compare["explained"] = {"age": 0.72}
    compare["variables"]["age"]["filled"] = 24
    assert "3.6 (0.3 sd)" in pair_of(
        findings, margin={"value": 3.6, "unit": "own unit", "text": "3.6 (0.3 sd)"}
    )
    text = " ".join(re.sub(r"<[^>]+>", " ", page(findings)).split())
    assert "( 24 filled-in cells left out)" in text
    assert re.search("R² of other columns on those that made the segments: age 0.72 ", text)
