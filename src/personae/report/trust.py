"""Sentences on how far a finding can be trusted, each a claim with a chip."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from personae.core.statistics import STABLE
from personae.report.numbers import figure, interval
from personae.report.results import label
from personae.report.statements import Statement, Words, given_groups, population
from personae.report.traced import Traced
from personae.report.verdicts import MIN_EVENTS, MOST_PAIRS, beyond, rarer, raw, tested

CHIPS = {"supported": "solid", "weak": "take with care", "not supported": "not supported"}
TOO_FEW = "too few to say"
# Tables without groups that may look as good, in a hundred.
MOST_ALIKE = 0.05
# Check of the leakage guard on a column that was left out of the models.
LEFT_OUT = "known only afterwards?"
IMPUTED = {"impute": "solid", "baseline": "take with care", "refuse": "not supported"}
MOST_COLUMNS = 4


def trust(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Every claim of a study with how far it holds."""
    yield from trust_groups(reports, words)
    yield from trust_segments(reports, words)
    yield from trust_pairs(reports, words)
    yield from trust_response(reports, words)
    yield from trust_profit(reports, words)
    yield from trust_effect(reports, words)
    yield from trust_actions(reports, words)
    yield from trust_gaps(reports, words)


def trust_segments(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Stability of the groups, and what chance gives."""
    report = reports.get("segment")
    if report is None:
        return
    parts = []
    stable, chance = report.at("stability", "min_jaccard"), report.at("null", "p_value")
    if stable:
        wanted = f" ({100 * STABLE:.0f} % would do)" if stable.raw < STABLE else ""
        text = Markup("with other samples of {}, {} % of the least stable group stay together{}")
        parts.append(text.format(words.unit_name, figure(stable, "of 100"), wanted))
    if chance:
        parts.append(_alike(report["null"]))
    if (
        parts
        and report["verdict"] == "weak"
        and any(not border["gap"].raw for border in report.at("borders") or ())
    ):
        parts.append(Markup("there is no gap between the groups"))
    sizes = report.at("sizes")
    among = f", among {sum(sizes.raw):,}" if sizes else ""
    learned = report.at("sampled", "fit")
    among += f" (learned from {learned.raw:,})" if among and learned else ""
    text = Markup("; ").join(parts) if parts else Markup("not tested")
    yield Statement(
        Markup("Kinds of {}{}: {}.").format(words.unit_name, among, text),
        report,
        CHIPS[str(report["verdict"])] if parts else "unknown",
        f"kinds of {words.unit_name}",
    )


def _alike(null: Traced) -> Markup:
    """How many random tables without groups look as good, of the null model that has most of them."""
    laws = [law.raw for name, law in null.items() if name != "p_value"]
    law = max(laws, key=lambda each: (each["p_value"], each["tables"]))
    found, allowed = (round(p * (law["tables"] + 1)) - 1 for p in (law["p_value"], MOST_ALIKE))
    limit = f", where {f'at most {allowed}' if allowed else 'none'} should" if found > allowed else ""
    text = Markup("{} of {} random tables without groups {} as good{}")
    return text.format(found or "none", law["tables"], "look" if found > 1 else "looks", limit)


def trust_groups(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Whether groups that were given differ, or are alike."""
    given = given_groups(reports, words)
    pairs = list(reports["compare"].at("merge") or ()) if given else []
    if not pairs:
        return
    sizes = reports["compare"].at("sizes")
    counted = Markup(", {:,} {}").format(sum(sizes.raw.values()), words.unit_name) if sizes else ""
    parts = [_paired(pair) for pair in pairs] if len(pairs) <= MOST_PAIRS else _counted(pairs)
    unsure = any(pair["verdict"] == "inconclusive" for pair in pairs)
    yield Statement(
        Markup("Groups by {}{}: {}.").format(given, counted, Markup("; ").join(parts)),
        reports["compare"]["merge"],
        "take with care" if unsure else "solid",
        f"groups by {given}",
    )


def _paired(pair: Traced) -> Markup:
    settings = ", and are one group by the settings" if pair.at("decision") == "merge" else ""
    what = {"keep": "differ", "merge": "are alike"}.get(str(pair["verdict"]))
    text = Markup("{} and {} {}")
    return text.format(pair["a"], pair["b"], what or f"are not shown to differ or be alike{settings}")


def _counted(pairs: Sequence[Traced]) -> list[Markup]:
    what = {"keep": "differ", "merge": "are alike", "inconclusive": "are not shown to differ or be alike"}
    counts = Counter(str(pair["verdict"]) for pair in pairs)
    return [
        Markup("{} pairs {}").format(counts[verdict], how) for verdict, how in what.items() if counts[verdict]
    ]


def trust_pairs(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Whether products bought together were so again."""
    rules = reports.get("promotions")
    if rules is None:
        return
    if not rules:
        text = Markup(
            "Products bought together: none were so again, beyond chance, on baskets left out of the search."
        )
        yield Statement(text, rules, "not supported", "promotions")
        return
    fewest = min(rules, key=lambda rule: raw(rule, "replay", "customers") or 0).at("replay", "customers")
    counted = Markup(", with {} {} or more each").format(figure(fewest), words.unit_name) if fewest else ""
    text = Markup(
        "Products bought together: they were so again, beyond chance, on baskets left out of the search{}."
    )
    yield Statement(text.format(counted), rules, "solid", "promotions")


def trust_response(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """How well the answer is predicted, with what the guard against leaks asks."""
    report = reports.get("classify")
    if report is None:
        return
    text, evidence, chip = _response(reports, report, words)
    asked = [check for check in report.at("leakage") or () if check["verdict"] == "ask"]
    if chip in CHIPS.values() and "best" in report:
        for check in asked:
            text += Markup(" ") + _asked(check, words)
        chip = "take with care" if asked and chip == "solid" else chip
    yield Statement(text, evidence, chip, "prediction")


def _response(reports: Mapping[str, Traced], report: Traced, words: Words) -> tuple[Markup, Traced, str]:
    """Sentence on the prediction, what it rests on, and its chip."""
    event = words.event or _event(reports, report)
    if "best" not in report:
        text = Markup("Whether {} cannot be predicted: {}.")
        return text.format(event, report.at("models", "skipped") or ""), report, "not supported"
    leaks = [check for check in report.at("leakage") or () if check["verdict"] == "leak"]
    if leaks:
        names = dict.fromkeys(str(name) for check in leaks for name in check.at("columns") or ())
        columns = ", ".join(label(name, words.labels) for name in names)
        text = Markup("Prediction of “{}” cannot be trusted: it may know the answer beforehand{}.")
        return text.format(event, columns and f" ({columns})"), leaks[0], "not supported"
    rows = figure(tested(report)), _rows_name(reports, report, words)
    if rarer(report) < MIN_EVENTS:
        text = Markup("Prediction of “{}”: {} {}, about {} with the rarest answer, are too few to say.")
        return text.format(event, *rows, round(rarer(report))), report, TOO_FEW
    best = report.at("selection", "figures") or report["models"][str(report["best"])]
    area = best.at("roc_auc", "mean")
    if len(report.at("classes") or ()) > 2 or not area:
        share, majority = best.at("accuracy", "mean"), report.at("majority_accuracy")
        chip = CHIPS.get(str(beyond(report, best, "accuracy", raw(majority))), "unknown")
        text = Markup("{}right for {}; naming the largest group every time for {}{}.")
        figures = figure(share, "percent"), figure(majority, "percent")
    else:
        chip = CHIPS.get(str(beyond(report, best, "roc_auc", 0.5)), "unknown")
        text = Markup(
            "{}shown one who did and one who did not, it picks the right one in {} of 100 pairs"
            " (guessing: {}){}."
        )
        figures = figure(area, "of 100"), Markup("50")
    luck = ": no better than luck may give" if chip == "not supported" else ""
    about = Markup("Prediction of “{}” for {} {}, each by a model that had not seen it: ")
    return text.format(about.format(event, *rows), *figures, luck), best, chip


def _asked(check: Traced, words: Words) -> Markup:
    """Question of the guard against leaks, by the names of its columns."""
    asked = ", ".join(label(str(name), words.labels) for name in check.at("columns") or ())
    text = Markup("Left out, for it may be known only after the answer: {}. Is it?")
    if str(check["check"]) != LEFT_OUT:
        text = Markup("That is unusually good. Are all of these known before the answer: {}?")
    return text.format(asked or "its columns")


def trust_profit(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Profit of the choice on past offers."""
    report = reports.get("target")
    if report is None:
        return
    profit = report["profit"]
    low, rest = raw(profit.at("model_ci", 0)), max(raw(profit["everyone"]) or 0, 0)
    chip = "not supported" if (raw(profit["model"]) or 0) <= rest else "take with care"
    text = Markup("Profit of this way to choose, on {}{}: {} {} after cost{}. Contacting all of them: {}.")
    assumed = bool(raw(report.at("assumed")))
    yield Statement(
        text.format(
            _past_offers(report, words),
            _prices(report, words),
            words.money(profit["model"]),
            interval(profit.at("model_ci"), "money"),
            ", perhaps a loss" if low is not None and low < 0 < raw(profit["model"]) else "",
            words.money(profit["everyone"]),
        ),
        profit,
        "solid" if low is not None and low > rest and not assumed else chip,
        "profit",
    )


def _past_offers(report: Traced, words: Words) -> Markup:
    """Which past offers a profit is of, on how many dates and to how many customers."""
    offers, customers = report.at("customers"), report.at("listed", "customers")
    times = report.at("profit_by_time")
    if not offers:
        return Markup("past offers")
    dates = [Markup("on {} dates").format(len(times))] if times else []
    to = (
        [Markup("to {} {}").format(figure(customers), words.unit_name)]
        if customers and customers != offers
        else []
    )
    where = Markup(" ({})").format(Markup(" ").join([*dates, *to])) if dates or to else ""
    return Markup("the {} past offers{}").format(figure(offers), where)


def _prices(report: Traced, words: Words) -> Markup:
    """What a contact costs and a response brings on average."""
    if not report.at("cost") or not report.at("revenue"):
        return Markup("")
    text = Markup(", at {}{} a contact and {} a response on average")
    assumed = "an assumed " if raw(report.at("assumed")) else ""
    return text.format(assumed, *(words.price(report[name]) for name in ("cost", "revenue")))


def trust_effect(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Whether the contact itself brings the response, where the file cannot say it."""
    report = reports.get("target", Traced({}, "target.json#"))
    uplift = report.at("uplift")
    if uplift and uplift.at("reason"):
        customers = report.at("listed", "customers") or report.at("customers")
        who = Markup("the {} {}").format(figure(customers), words.unit_name) if customers else words.unit_name
        text = Markup("Would {} respond without a contact, too? This file cannot say ({}).")
        yield Statement(text.format(who, uplift["reason"]), uplift, "unknown", "effect of a contact")


def trust_actions(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """What the effect of an action is known from."""
    report = reports.get("prescription")
    if report is not None and report.at("assumptions"):
        users = population(reports)
        who = words.unit_name if users is None else f"{users:,} {words.unit_name}"
        text = Markup("Actions: what one brings is assumed in the settings; on the {} nothing was measured.")
        yield Statement(text.format(who), report["assumptions"], "unknown", "actions")


def trust_gaps(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Missing values, one statement a verdict."""
    report = reports.get("impute", Traced({"columns": {}}, "impute.json#"))
    verdicts: dict[str, list[Markup]] = {}
    sampled = report.at("sampled")
    checked = Markup("")
    if sampled:
        text = Markup(" Learned from {} of {} {}.")
        checked = text.format(figure(sampled["fit"]), figure(sampled["of"]), words.unit_name)
    for name, column in report["columns"].items():
        scores = column.at("unseen") or column.at("known")
        if scores:
            gaps = (None if sampled else scores.at("missing")) or column.at("missing")
            count = Markup(" ({} missing)").format(figure(gaps)) if gaps else ""
            verdicts.setdefault(str(scores["verdict"]), []).append(
                Markup("{}{}").format(label(name, words.labels), count)
            )
    sentences = {
        "impute": "Filling gaps in {}: tried on known values, the other columns predict them.",
        "baseline": "Filling gaps in {}: they get the average, for the other columns tell no more.",
        "refuse": "Filling gaps in {}: left empty, for no way to fill them was shown to be right.",
    }
    for verdict, sentence in sentences.items():
        names = verdicts.get(verdict, [])
        if names:
            shown = Markup(", ").join(names[:MOST_COLUMNS])
            more = f" and {len(names) - MOST_COLUMNS} more" if len(names) > MOST_COLUMNS else ""
            text = Markup(sentence).format(shown + more) + checked  # noqa: S704 - a constant
            yield Statement(text, report, IMPUTED[verdict], "filling gaps")


def _event(reports: Mapping[str, Traced], report: Traced) -> str:
    prepared = reports.get("prepare")
    event = prepared.at("event", "text") if prepared is not None else None
    return str(event or report["target"])


def _rows_name(reports: Mapping[str, Traced], report: Traced, words: Words) -> str:
    """Name of a model's rows: customers, or their offers or cases."""
    customers, rows = population(reports), raw(report.at("rows"))
    if rows is None or customers is None or rows <= customers:
        return words.unit_name
    return "past offers" if "target" in reports else "cases"
