import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from tests.report.fabricated import SCRIPT, illustrated, study

from personae.report.gallery import pictures
from personae.report.page import render

EVERYTHING_BUT_DATA = (
    "impute",
    "segment",
    "personas",
    "compare",
    "classify",
    "target",
    "promotions",
    "segment_days",
    "pictures/exploration",
    "tables",
)
CASES = {
    "plain": {},
    "one": {"segments": 1},
    "long": {"segments": 12, "long_names": True},
    "hostile": {"hostile": True},
    "refused": {"refused": True},
    "no baskets": {"baskets": False},
    "no response": {"without": ("classify", "target", "promotions")},
    "prepared only": {"without": EVERYTHING_BUT_DATA},
}


# The other pages are read without pictures: drawing takes most of the time.
ILLUSTRATED = ("long", "hostile", "refused")


class Page(HTMLParser):
    """Collects the figures, ids, links and tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.figures, self.ids, self.links, self.attributes = [], [], [], [], []
        self._open = None
        self.words = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.attributes += list(found)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if tag == "data":
            self._open = [found["data-key"], found["value"], found["data-as"], ""]

    def handle_endtag(self, tag):
        if tag == "data":
            self.figures.append(self._open)
            self._open = None

    def handle_data(self, data):
        self.words.append(data)
        if self._open:
            self._open[3] += data


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def findings(case):
    return study(**CASES[case])


@pytest.fixture(scope="module")
def text(case, findings):
    return illustrated(findings) if case in ILLUSTRATED else render(findings)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def resolve(findings, key):
    """Follow the key of a figure into the reports, independently of how the page got there."""
    file, pointer = key.split("#")
    value = findings.reports[file[:-5]] if file.endswith(".json") else findings.tables[file[:-4]]
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def test_every_figure_equals_the_report_it_names(findings, page):
    for key, value, _, _ in page.figures:
        assert float(value) == resolve(findings, key), key


def test_every_figure_is_shown_rounded_in_its_last_place(page):
    for key, value, how, shown in page.figures:
        exact, told = float(value), shown.replace("−", "-").replace(",", "").removesuffix(" %")
        if told == "fewer than 1":
            assert how == "of 100" and 0 < exact < 0.005, key
        elif told == "more than 99":
            assert how == "of 100" and 0.995 <= exact < 1, key
        elif told.startswith("<"):
            assert exact < float(told[1:]), key
        else:
            half = 0.5 * 10.0 ** Decimal(told).as_tuple().exponent
            assert float(told) == pytest.approx(
                (100 if how in ("percent", "of 100") else 1) * exact, abs=1.001 * half
            ), key


def test_all_figures_of_the_verdicts_carry_a_link_to_their_file(findings, page):
    files = {f"{name}.json" for name in findings.reports} | {f"{name}.csv" for name in findings.tables}
    outside = [
        link for link in page.links if not link.startswith("#") and link not in {*files, "targets.csv"}
    ]
    assert outside == []


def test_page_needs_nothing_from_elsewhere_and_runs_nothing(page):
    assert not {"script", "link", "iframe", "object", "img"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]


def test_page_is_below_three_megabytes_and_ids_are_unique(text, page):
    assert len(text.encode()) < 3_000_000
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_sample_data_is_marked(page):
    assert "Synthetic sample data." in page.words


def test_original_data_is_not_marked_as_synthetic():
    findings = study(without=EVERYTHING_BUT_DATA)
    findings.reports["prepare"]["data"] = "original"
    assert "ynthetic" not in render(findings)


def test_a_hostile_name_is_text(findings, text, page):
    assert "<script" not in text
    if "&lt;script&gt;" in text:
        assert SCRIPT in "".join(page.words)


def test_names_of_all_segments_are_there_in_full(findings, page):
    words = " ".join(page.words)
    assert all(persona["name"] in words for persona in findings.reports.get("personas", []))


def test_what_a_study_has_not_is_said_at_the_end(findings, page):
    told = "".join(page.words).partition("Not on this page")[2]
    for name in ("segment", "classify", "promotions"):
        assert (f"({name}.json)" in told) == (name not in findings.reports)


def test_it_is_said_whether_an_input_helps():
    words = " ".join(Page(render(study(3))).words)
    assert "with the segment: no difference is shown" in words
    assert "far better with the segment: better" in words


def test_rules_that_do_not_hold_are_told_from_rules_that_were_never_learned():
    failed = study(2, refused=True)
    assert "None replicates" in render(failed)
    failed.tables["rules"].clear()
    failed.reports["prepare"]["baskets"] = 400
    assert "to learn a rule from" in render(failed)
    absent = render(study(2, baskets=False))
    assert 'id="promote"' not in absent
    assert "no customer_basket.csv: no rules, no promotions" in absent
    assert "No rule between products" not in absent


def section(findings, name):
    return render(findings).partition(f'<section id="{name}">')[2].partition("</section>")[0]


def test_promotions_are_one_table_a_rule_a_row_and_a_segment_a_column():
    findings = study(2)
    first, second = findings.reports["promotions"][:2]
    second |= {name: first[name] for name in ("antecedent", "consequent")}
    first |= {"segment": "everybody", "consequent": ["<b>herbs"]}
    second["consequent"] = first["consequent"]
    table = section(findings, "promote").partition("<table")[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + 4
    words = [word.strip() for word in Page(table).words if word.strip()]
    zero, one = (each["name"] for each in findings.reports["personas"])
    heads = ["show", "with", "all customers", one, "segment 2", zero, "by chance", "a discount"]
    assert words[words.index("show") :][:8] == heads
    row = ["<b>herbs", "herbs + tea 0", "3.10", "(", "2.20", ")", "3.10", "(", "2.20", ")", "1.40"]
    assert words[words.index("<b>herbs") :][:11] == row


@pytest.mark.parametrize(
    ("cost", "advice"),
    [
        (
            {"given_anyway": 1.2, "break_even": 1.2},
            "No discount yet: 10 % off pays only if 1.2 more of 100 baskets add root vegetables",
        ),
        (
            {"given_anyway": 2.0, "break_even": None},
            "No discount: of the 2.8 in 100 baskets that it would reach, 2.0 hold",
        ),
        ({"given_anyway": 1.2, "break_even": None}, "No discount: 10 % off cannot pay at a margin of 20 %"),
    ],
)
def test_what_is_bought_anyway_is_not_discounted(cost, advice):
    findings = study(2)
    for rule in findings.reports["promotions"]:
        rule["cost"] |= {"discount": 0.1, "margin": 0.2} | cost
    assert advice in "".join(Page(section(findings, "promote")).words)


def test_promotions_of_an_older_run_that_say_no_cost_are_shown():
    findings = study(2)
    for promotion in findings.reports["promotions"]:
        del promotion["cost"]
    assert section(findings, "promote").count("Whether a discount pays is not tested.") == 5


def test_what_was_computed_on_a_sample_is_said():
    findings = study(2)
    told = "random sample of the 300 customers: the null distribution of the silhouette (100 customers)"
    assert told in "".join(Page(render(findings)).words)
    findings.reports["segment"]["sampled"] = {}
    assert "Computed on a random sample" not in render(findings)


def test_segments_are_not_called_by_the_names_of_given_groups():
    findings = study(2, without=("compare", "classify", "target", "pictures/exploration", "tables"))
    findings.reports["personas"][0]["size"] += 5
    [stability] = [each for each in pictures(findings.reports, {}) if each.name == "stability"]
    assert "segment 0 " in stability.alt
    page = render(findings, [stability])
    assert re.search(r'id="picture-stability"[^>]*segment 0 ', page)


def test_a_stage_that_does_not_apply_is_left_out():
    findings = study(1, without=("personas", "compare", "target", "promotions", "pictures/exploration"))
    page = Page(render(findings))
    assert not {"target", "promote"} & set(page.ids)
    assert "(target.json)" in "".join(page.words)


def test_same_reports_give_the_same_bytes_with_pictures_for_elsewhere(tmp_path):
    findings = study(1, without=("pictures/exploration",))
    drawn = [pictures(findings.reports, findings.tables, tmp_path / name) for name in ("once", "again")]
    assert render(findings, drawn[0]) == render(findings, drawn[1])
    files = {path.name: path.read_bytes() for path in (tmp_path / "once").glob("*.png")}
    assert {"segments.png", "choice-of-k.png", "roc.png", "budget.png", "lifts.png"} <= files.keys()
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").glob("*.png")} == files


def test_effort_and_the_customers_that_models_learned_from_are_said():
    findings = study(2)
    reports = findings.reports | {"segment": findings.reports["segment"] | {"effort": "quick"}}
    reports["classify"] = reports["classify"] | {"fit_rows": {"svm": 4000}}
    text = " ".join(re.sub(r"<[^>]+>", " ", render(replace(findings, reports=reports))).split())
    assert "Computed quickly, as a first look" in text
    assert "svm from 4,000" in text


def test_a_fit_on_a_sample_is_said_by_each_stage_and_beside_its_verdict():
    findings = study(2)
    sampled = {"sampled": {"fit": 120, "of": 300}}
    reports = findings.reports | {name: findings.reports[name] | sampled for name in ("impute", "classify")}
    reports["segment"] = reports["segment"] | {"sampled": {"fit": 120}}
    text = " ".join(re.sub(r"<[^>]+>", " ", render(replace(findings, reports=reports))).split())
    assert "Methods learned from 120 of 300 rows" in text
    assert "Learned from and tested on 120 of 300 rows" in text
    assert "the fit, whose segments all customers then joined ( 120 customers)" in text
    assert "(learned from 120): " in text
    assert text.count("Learned from 120 of 300") == len({*re.findall(r"Filling gaps in [^.]*:", text)})
