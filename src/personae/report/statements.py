"""Sentences of an answer, each from the report that it rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from personae.report.gallery import persona_names
from personae.report.numbers import amount, figure, interval
from personae.report.results import Labels, label
from personae.report.traced import Traced
from personae.report.verdicts import MIN_EVENTS, beyond, rarer, raw

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHIPS = {"supported": "solid", "weak": "take with care", "not supported": "not supported"}
TOO_FEW = "too few to say"
# Check of the leakage guard on a column that was left out of the models.
LEFT_OUT = "known only afterwards?"
IMPUTED = {"impute": "solid", "baseline": "take with care", "refuse": "not supported"}
MOST_COLUMNS = 4
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
    """

    text: Markup
    evidence: Traced
    chip: str = ""


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


def found_segments(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """How many kinds of customers there are."""
    report = reports.get("segment")
    if report is None:
        return
    k = report["k"]
    if report["verdict"] == "supported":
        text = Markup("{} kinds of {}.").format(_count(k).capitalize(), words.unit_name)
    elif report["verdict"] == "not supported":
        text = Markup("No kinds of {} show in this data: groups of them are cuts through one crowd.").format(
            words.unit_name
        )
    else:
        text = _weak_segments(k, report, words)
    yield Statement(text, k)


# What groups are of which no number has gaps, by their kind.
WEAK = {
    "natural": Markup("{} groups of {} with gaps between them, and perhaps more of them."),
    "reproducible": Markup("{} groups of {}: useful cuts, without gaps between them."),
    "constructive": Markup("{0} groups of {1}: cuts that other {1} would move."),
}


def _weak_segments(k: Traced, report: Traced, words: Words) -> Markup:
    """The number of groups with gaps between them first, if any; else what the groups are instead."""
    natural = report.at("supported_k")
    if not natural:
        text = WEAK[str(report.at("kind") or "reproducible")]
        return text.format(_count(k).capitalize(), words.unit_name)
    if natural == k:
        text = Markup("{} groups of {} with gaps between them.")
        return text.format(_count(k).capitalize(), words.unit_name)
    if natural.raw < k.raw:
        text = Markup("{} natural groups of {}; the {} here cut them further.")
    else:
        text = Markup("{} natural groups of {}; the {} here join some of them.")
    return text.format(_count(natural).capitalize(), words.unit_name, _count(k))


def found_personas(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """Share and strongest driver of each persona, unless segments are unsupported."""
    personas, segments = reports.get("personas"), reports.get("segment")
    if personas is None or segments is None:
        return
    if segments["verdict"] == "not supported" and persona_names(segments.raw, personas.raw):
        return
    for persona in list(personas)[:MOST_PERSONAS]:
        if persona.at("drivers", 0):
            first = persona["drivers"][0]
            text = Markup("{} %: {}; {} {} against {} of all.")
            driver = first.at("label") or first["feature"]
            figures = driver_figure(first, "value"), driver_figure(first, "overall")
            share = figure(persona["share"], "of 100")
            yield Statement(text.format(share, persona["name"], driver, *figures), persona)


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
    count = len({(tuple(rule["antecedent"]), tuple(rule["consequent"])) for rule in report.raw})
    pairs = "pair of products is" if count == 1 else "pairs of products are"
    yield Statement(text.format(count, pairs, *sides), report)


def trust_segments(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Stability of the groups, and what chance gives."""
    report = reports.get("segment")
    if report is None:
        return
    parts = []
    stable, chance = report.at("stability", "min_jaccard"), report.at("null", "p_value")
    if stable:
        parts.append(
            Markup("redrawn from other {}, the least stable group keeps {} % of its members").format(
                words.unit_name, figure(stable, "of 100")
            )
        )
    if chance:
        parts.append(
            Markup("invented tables without groups look as good in {} of 100 tries").format(
                figure(chance, "of 100")
            )
        )
    text = Markup("; ").join(parts)
    sizes = report.at("sizes")
    count = f"{sum(sizes.raw):,} {words.unit_name}" if sizes else words.unit_name
    yield Statement(
        Markup("The groups of {}: {}.").format(count, text)
        if parts
        else Markup("The groups were not tested."),
        report,
        CHIPS[str(report["verdict"])] if parts else "unknown",
    )


def trust_response(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """How well the answer is predicted."""
    report = reports.get("classify")
    if report is None:
        return
    event = words.event or _event(reports, report)
    if "best" not in report:
        yield Statement(
            Markup("Whether {} cannot be predicted: {}.").format(event, report.at("models", "skipped") or ""),
            report,
            "not supported",
        )
        return
    leaks = [check for check in report.at("leakage") or () if check["verdict"] == "leak"]
    if leaks:
        names = dict.fromkeys(str(name) for check in leaks for name in check.at("columns") or ())
        columns = ", ".join(words.labels.get(name, name) for name in names)
        text = Markup("The prediction cannot be trusted: it may know the answer beforehand{}.")
        yield Statement(text.format(columns and f" ({columns})"), leaks[0], "not supported")
        return
    if rarer(report) < MIN_EVENTS:
        text = Markup("Prediction of “{}”: {} {}, about {} with the rarest answer, are too few to say.")
        counts = figure(report.at("rows")), _rows_name(reports, report, words), round(rarer(report))
        yield Statement(text.format(event, *counts), report, TOO_FEW)
        return
    best = report.at("selection", "figures") or report["models"][str(report["best"])]
    area = best.at("roc_auc", "mean")
    if len(report.at("classes") or ()) > 2 or not area:
        share, majority = best.at("accuracy", "mean"), report.at("majority_accuracy")
        text = Markup("The prediction is right for {} of {}; guessing the largest group every time for {}.")
        figures = figure(share, "percent"), figure(report.at("rows")), figure(majority, "percent")
        yield Statement(text.format(*figures), best, _chip(best, "accuracy", raw(majority)))
        return
    text = Markup(
        "Prediction of “{}”, tested on {} {} it had not seen: of one who did and one who did not, it ranks"
        " the first higher in {} of 100 pairs (guessing: 50)."
    )
    yield Statement(
        text.format(
            event, figure(report.at("rows")), _rows_name(reports, report, words), figure(area, "of 100")
        ),
        best,
        _chip(best, "roc_auc", 0.5),
    )
    for check in (each for each in report.at("leakage") or () if each["verdict"] == "ask"):
        asked = ", ".join(words.labels.get(str(name), str(name)) for name in check.at("columns") or ())
        text = Markup("Left out, for it may be known only after the answer: {}. Is it?")
        if str(check["check"]) != LEFT_OUT:
            text = Markup("That is unusually good. Are all of these known before the answer: {}?")
        yield Statement(text.format(asked or "its columns"), check, "take with care")


def trust_profit(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Profit of the choice on past offers."""
    report = reports.get("target")
    if report is None:
        return
    profit = report["profit"]
    low, rest = raw(profit.at("model_ci", 0)), max(raw(profit["everyone"]) or 0, 0)
    chip = "not supported" if (raw(profit["model"]) or 0) <= rest else "take with care"
    text = Markup("On {}past offers such a choice would have earned {} {}; contacting all of them {}{}.")
    offers = report.at("customers")
    assumed = ", at assumed prices" if raw(report.at("assumed")) else ""
    yield Statement(
        text.format(
            figure(offers) + Markup(" ") if offers else "",
            words.money(profit["model"]),
            interval(profit.at("model_ci"), "money"),
            words.money(profit["everyone"]),
            assumed,
        ),
        profit,
        "solid" if low is not None and low > rest and not assumed else chip,
    )


def trust_gaps(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Missing values, one statement a verdict."""
    report = reports.get("impute", Traced({"columns": {}}, "impute.json#"))
    verdicts: dict[str, list[Markup]] = {}
    for name, column in report["columns"].items():
        scores = column.at("unseen") or column.at("known")
        if scores:
            gaps = scores.at("missing") or column.at("missing")
            count = Markup(" ({} missing)").format(figure(gaps)) if gaps else ""
            verdicts.setdefault(str(scores["verdict"]), []).append(
                Markup("{}{}").format(label(name, words.labels), count)
            )
    sentences = {
        "impute": "What is missing of {} can be filled in from the other columns.",
        "baseline": "What is missing of {} gets the average: the other columns add nothing.",
        "refuse": "What is missing of {} stays missing: the other columns do not predict it.",
    }
    for verdict, sentence in sentences.items():
        names = verdicts.get(verdict, [])
        if names:
            shown = Markup(", ").join(names[:MOST_COLUMNS])
            more = f" and {len(names) - MOST_COLUMNS} more" if len(names) > MOST_COLUMNS else ""
            text = Markup(sentence).format(shown + more)  # noqa: S704 - a constant
            yield Statement(text, report, IMPUTED[verdict])


def _chip(model: Traced, name: str, reference: float | None) -> str:
    return CHIPS.get(str(beyond(model, name, reference)), "unknown")


def _event(reports: Mapping[str, Traced], report: Traced) -> str:
    prepared = reports.get("prepare")
    event = prepared.at("event", "text") if prepared is not None else None
    return str(event or report["target"])


def _rows_name(reports: Mapping[str, Traced], report: Traced, words: Words) -> str:
    """Name of a model's rows: customers, or their cases."""
    customers = raw(reports["prepare"].at("rows")) if "prepare" in reports else None
    rows = raw(report.at("rows"))
    return "cases" if None not in (rows, customers) and rows > customers else words.unit_name


def _count(value: Traced) -> str:
    return NUMBERS[value.raw] if value.raw < len(NUMBERS) else str(value)


def side(items: Traced) -> str:
    """Write one side of a rule in words."""
    return " and ".join(str(item) for item in items)
