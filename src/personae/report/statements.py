"""Sentences of an answer, each from the report that it rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from personae.report.gallery import persona_names
from personae.report.numbers import amount, figure
from personae.report.results import Labels, label
from personae.report.traced import Traced

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MOST_PERSONAS = 6


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer.

    Attributes
    ----------
    text
        Its figures traced.
    evidence
        The JSON that it rests on.
    chip
        Of a claim: solid, take with care, too few to say, not supported or unknown; else empty.
    about
        Of a claim: its subject in a word or two.
    """

    text: Markup
    evidence: Traced
    chip: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A study's own words: question, units, event, currency, labels."""

    title: str = ""
    unit_name: str = "customers"
    event: str = ""
    currency: str = ""
    labels: Labels = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Words":
        """Take them from the composed settings of a study."""
        return cls(**settings["report"], labels=settings["profile"]["labels"])

    def money(self, value: Traced | None) -> Markup:
        """Amount without decimals, with its currency."""
        return amount(value, self.currency)

    def price(self, value: Traced) -> Markup:
        """Amount of one contact or response, with its decimals and currency."""
        return amount(value, self.currency, places=0 if float(value.raw).is_integer() else 2)

    def note(self, reports: Mapping[str, Traced]) -> str:
        """What amounts are in, where a study has them and names no currency."""
        return "Amounts are in the file's own unit: it names no currency." * (
            "target" in reports and not self.currency
        )


def population(reports: Mapping[str, Traced]) -> int | None:
    """How many customers a study has, where it was prepared."""
    rows = reports["prepare"].at("rows") if "prepare" in reports else None
    return None if rows is None else int(rows.raw)


def given_groups(reports: Mapping[str, Traced], words: Words) -> str:
    """What the personas are grouped by, where they are no segments; else empty."""
    segments, personas, compared = (reports.get(name) for name in ("segment", "personas", "compare"))
    if segments is None or not personas or compared is None or persona_names(segments.raw, personas.raw):
        return ""
    return label(str(compared["grouping"]), words.labels)


def shown_personas(reports: Mapping[str, Traced]) -> Traced | None:
    """Personas, unless they describe segments that the data does not support."""
    personas, segments = reports.get("personas"), reports.get("segment")
    if not personas or segments is None:
        return None
    refused = segments["verdict"] == "not supported"
    return None if refused and persona_names(segments.raw, personas.raw) else personas


def found(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """What was found: given groups before the kinds that were looked for."""
    given = given_groups(reports, words)
    kinds = list(found_segments(reports, words))
    if not given:
        yield from kinds
    yield from found_personas(reports, words, given)
    yield from found_groups(reports)
    for kind in kinds if given else ():
        apart = Markup("Apart from {}, {}").format(given, kind.text[:1].lower() + kind.text[1:])
        yield replace(kind, text=apart)
    yield from found_pairs(reports)


def found_segments(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """How many kinds of customers there are."""
    report = reports.get("segment")
    if report is None:
        return
    k = report["k"]
    if report["verdict"] == "supported":
        text = Markup("{} kinds of {}.").format(count(k).capitalize(), words.unit_name)
    elif report["verdict"] == "not supported":
        text = Markup(
            "No kinds of {} show in this data: they differ by degrees, and any border is arbitrary."
        ).format(words.unit_name)
    else:
        text = _weak_segments(k, report, words)
    yield Statement(text, k)


# What groups are of which no number has gaps, by their kind.
WEAK = {
    "natural": Markup("{} groups of {} with gaps between them, and perhaps more of them."),
    "reproducible": Markup("{} groups of {}: useful cuts, without gaps between them."),
    "constructive": Markup("{0} groups of {1} that may be chance: other {1} would give other groups."),
}


def _weak_segments(k: Traced, report: Traced, words: Words) -> Markup:
    """The number of groups with gaps between them first, if any; else what the groups are instead."""
    natural = report.at("supported_k")
    if not natural:
        text = WEAK[str(report.at("kind") or "reproducible")]
        return text.format(count(k).capitalize(), words.unit_name)
    if natural == k:
        text = Markup("{} groups of {} with gaps between them.")
        return text.format(count(k).capitalize(), words.unit_name)
    if natural.raw < k.raw:
        text = Markup("{} natural groups of {}; the {} here cut them further.")
    else:
        text = Markup("{} natural groups of {}; the {} here join some of them.")
    return text.format(count(natural).capitalize(), words.unit_name, count(k))


def found_personas(reports: Mapping[str, Traced], words: Words, given: str = "") -> Iterator[Statement]:
    """Share and strongest driver of each persona that is shown; `given`: what groups them."""
    for persona in list(shown_personas(reports) or ())[:MOST_PERSONAS]:
        if persona.at("drivers", 0):
            first = persona["drivers"][0]
            text = Markup("{} %: {}{} ({} {} on average, all {} {}).")
            driver = first.at("label") or first["feature"]
            value, overall = driver_figure(first, "value"), driver_figure(first, "overall")
            share, group = figure(persona["share"], "of 100"), f"{given} " if given else ""
            yield Statement(
                text.format(share, group, persona["name"], driver, value, words.unit_name, overall), persona
            )


def driver_figure(driver: Traced, name: str) -> Markup:
    """Write a driver's mean in its column's own unit, a share in per cent.

    A share is called one by its label and lies between 0 and 1; what is written per hundred stays as it is.
    """
    named = str(driver.at("label") or "").startswith("share ")
    share = named and all(0 <= driver[key].raw <= 1 for key in ("value", "overall"))
    return figure(driver[name], "percent" if share else "number")


def found_groups(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """Which groups differ and which are alike."""
    for pair in reports["compare"].at("merge") or () if "compare" in reports else ():
        if pair["verdict"] in ("keep", "merge"):
            sentence = "{} and {} differ." if pair["verdict"] == "keep" else "{} and {} are alike."
            yield Statement(Markup(sentence).format(pair["a"], pair["b"]), pair)  # noqa: S704 - two constants


def found_pairs(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """Products that are bought together."""
    report = reports.get("promotions")
    if report is None:
        return
    if not report:
        yield Statement(Markup("No products are bought together more than chance explains."), report)
        return
    first = report[0]
    sides = (side(first[name]) for name in ("antecedent", "consequent"))
    text = Markup("{} {} bought together more than chance explains, first of all {} with {}.")
    distinct = len({(tuple(rule["antecedent"]), tuple(rule["consequent"])) for rule in report.raw})
    pairs = "pair of products is" if distinct == 1 else "pairs of products are"
    yield Statement(text.format(distinct, pairs, *sides), report)


def count(value: Traced | int) -> str:
    """Write a number in words, up to ten."""
    number = value if isinstance(value, int) else value.raw
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def side(items: Traced) -> str:
    """Write one side of a rule in words; names that a file has in capitals, in small letters."""
    return " and ".join(text.lower() if (text := str(item)).isupper() else text for item in items)
