"""Sentences on what to do, each from the report that it rests on."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from personae.report.numbers import figure, interval
from personae.report.statements import Statement, Words, side
from personae.report.traced import Traced
from personae.report.verdicts import raw

MOST_PROMOTIONS = 3


def contacts(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """The contact list, with its cost and expected profit."""
    report = reports.get("target", Traced({}, "target.json#"))
    listed = report.at("listed")
    if listed is None:
        return
    if not raw(listed["contacts"]):
        text = Markup("Contact none of {} {}: no contact is expected to pay.")
        yield Statement(text.format(figure(listed["customers"]), words.unit_name), listed)
        return
    text = Markup("Contact {} of {} {}: costs {}, expected to earn {}; {} if {} fewer respond.")
    yield Statement(
        text.format(
            figure(listed["contacts"]),
            figure(listed["customers"]),
            words.unit_name,
            words.money(listed.at("spent")),
            _earned(listed, words),
            words.money(listed.at("if_response_falls")),
            figure(report.at("if_response_falls", "by"), "percent"),
        )
        + Markup(' <a href="{}targets.csv">The list</a>.').format(listed.key.partition("target.json")[0]),
        listed,
    )


def control(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """The control group held out of the list, and what it lets the campaign show."""
    report = reports.get("target", Traced({}, "target.json#")).at("control")
    if not report or not report["customers"].raw:
        return
    text = Markup("Leave {} more, drawn at random, without it, to see what the contact itself brings: {}.")
    gain = report["detectable_gain"]
    shown = (
        Markup("a gain of {} in 100 or more will show").format(figure(gain, "of 100"))
        if gain.raw is not None
        else Markup("so few will not show any gain")
    )
    yield Statement(text.format(figure(report["customers"]), shown), report)


def _earned(listed: Traced, words: Words) -> Markup:
    between = interval(listed.at("profit_interval"), "money")
    return Markup(" ").join(filter(None, (words.money(listed.at("expected_profit")), between)))


def promotions(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """First promotions, with what is not known of them."""
    for rule in list(reports.get("promotions", Traced([], "")))[:MOST_PROMOTIONS]:
        text = Markup("Show {} with {}. {}")
        sides = side(rule["consequent"]), side(rule["antecedent"])
        yield Statement(text.format(*sides, on_discount(rule)), rule)


def on_discount(rule: Traced) -> Markup:
    """Whether a discount on a promotion may pay: not on what is bought anyway."""
    cost, wanted = rule.at("cost"), side(rule["consequent"])
    if not cost or "break_even" not in cost:
        return Markup("Whether a discount pays is not tested.")
    reached, anyway = (figure(cost[name], places=1) for name in ("reached", "given_anyway"))
    if cost["given_anyway"].raw > cost["reached"].raw / 2:
        text = Markup("No discount: of {} in 100 baskets it would reach, {} hold {} anyway.")
        return text.format(reached, anyway, wanted)
    discount, margin = (figure(cost[name], "percent") for name in ("discount", "margin"))
    if cost["break_even"].raw is None:
        text = Markup(
            "No discount: {} off cannot pay at a margin of {}, for too many baskets hold {} anyway."
        )
        return text.format(discount, margin, wanted)
    text = Markup("{} off pays if {} more of 100 baskets add {}, at a margin of {} (assumed, not tested).")
    return text.format(discount, figure(cost["break_even"], places=1), wanted, margin)


def prescribed(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Actions by user, within the budget."""
    report = reports.get("prescription")
    for action in report.at("actions") or () if report is not None else ():
        if not action["users"].raw:
            continue
        text = Markup("{} for {} {}.")
        yield Statement(text.format(action["action"], figure(action["users"]), words.unit_name), action)


def by_group(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """Where each group has an action of its own."""
    personas = reports.get("personas")
    if personas is not None and any(persona.at("action") for persona in personas):
        yield Statement(Markup("Address each group in its own way: the table of groups says how."), personas)


def not_known(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """What the file cannot answer."""
    report = reports.get("target")
    uplift = report.at("uplift") if report is not None else None
    if uplift and uplift.at("reason"):
        text = Markup("Not known from this file: whether a contact causes the answer ({}).")
        yield Statement(text.format(uplift["reason"]), uplift)
