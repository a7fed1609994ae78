"""Sentences on what to do, each from the report that it rests on."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from personae.report.numbers import figure, interval
from personae.report.statements import Statement, Words, count, given_groups, population, shown_personas, side
from personae.report.traced import Traced
from personae.report.verdicts import raw

MOST_PROMOTIONS = 3
ASSUMED = Markup(
    "Do not send yet: that a contact costs {} and a response brings {} on average is assumed. Give your own"
    " to whoever runs this report (<code>cost</code>, <code>revenue</code> under <code>target</code> in"
    " <code>params.yaml</code>)."
)


def actions(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """All that follows from a study."""
    yield from contacts(reports, words)
    yield from control(reports)
    yield from promotions(reports)
    yield from prescribed(reports, words)
    yield from by_group(reports, words)


def contacts(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """The contact list, with its expected profit and its cost."""
    report = reports.get("target", Traced({}, "target.json#"))
    listed = report.at("listed")
    if listed is None:
        return
    whole = _prospects(reports, listed, words)
    if not raw(listed["contacts"]):
        yield Statement(Markup("Contact none of {}: no contact is expected to pay.").format(whole), listed)
        return
    if raw(report.at("assumed")):
        prices = [words.price(report[name]) for name in ("cost", "revenue")]
        yield Statement(ASSUMED.format(*prices), report["cost"])
    text = Markup("{} {} of {}: that costs {}; expected profit after it {}, {} if {} fewer respond.")
    yield Statement(
        text.format(
            "With these amounts it would be" if raw(report.at("assumed")) else "Contact",
            figure(listed["contacts"]),
            whole,
            words.money(listed.at("spent")),
            _earned(listed, words),
            words.money(listed.at("if_response_falls")),
            figure(report.at("if_response_falls", "by"), "percent"),
        )
        + Markup(' The list: <a href="{}targets.csv">targets.csv</a>.').format(
            listed.key.partition("target.json")[0]
        ),
        listed,
    )


def _prospects(reports: Mapping[str, Traced], listed: Traced, words: Words) -> Markup:
    """How many the list was chosen from, and why these, where they are not all."""
    prospects, everyone = listed["customers"], population(reports)
    text = Markup("{} {}").format(figure(prospects), words.unit_name)
    if everyone is None or everyone <= prospects.raw:
        return text
    others = everyone - int(prospects.raw)
    return Markup("the {} that had an offer before (the other {:,} cannot be judged)").format(text, others)


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
    """Expected profit, with the interval of its chance."""
    profit, bounds = words.money(listed.at("expected_profit")), listed.at("profit_interval")
    if bounds is None or not interval(bounds, "money"):
        return profit
    text = Markup(
        '{} <span class="interval">({} to {} in 95 of 100 cases, if the probabilities are right)</span>'
    )
    return text.format(profit, *(figure(bounds[end], "money") for end in (0, 1)))


def promotions(reports: Mapping[str, Traced]) -> Iterator[Statement]:
    """First pairs of products to place together, with what is not known of a discount on them."""
    report = reports.get("promotions", Traced([], ""))
    pairs = {(side(rule["antecedent"]), side(rule["consequent"])): rule for rule in reversed(list(report))}
    for (known, wanted), rule in list(reversed(pairs.items()))[:MOST_PROMOTIONS]:
        text = Markup("Place {} beside {}, in shop and leaflet. {}")
        yield Statement(text.format(wanted, known, on_discount(rule)), rule)
    if len(pairs) > MOST_PROMOTIONS:
        text = Markup("{} more, under Promotions below.")
        yield Statement(text.format(count(len(pairs) - MOST_PROMOTIONS).capitalize()), report)


def on_discount(rule: Traced) -> Markup:
    """Whether a discount on a promotion may pay: not on what is bought anyway."""
    cost, wanted = rule.at("cost"), side(rule["consequent"])
    if not cost or "break_even" not in cost:
        return Markup("Whether a discount pays is not tested.")
    reached, anyway = (figure(cost[name], places=1) for name in ("reached", "given_anyway"))
    if cost["given_anyway"].raw > cost["reached"].raw / 2:
        text = Markup("No discount: of the {} in 100 baskets that it would reach, {} hold {} anyway.")
        return text.format(reached, anyway, wanted)
    discount, margin = (figure(cost[name], "percent") for name in ("discount", "margin"))
    if cost["break_even"].raw is None:
        text = Markup(
            "No discount: {} off cannot pay at a margin of {}, for too many baskets hold {} anyway."
        )
        return text.format(discount, margin, wanted)
    text = Markup(
        "No discount yet: {} off pays only if {} more of 100 baskets add {}, at an assumed margin of {}."
    )
    return text.format(discount, figure(cost["break_even"], places=1), wanted, margin)


def prescribed(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Actions by user, within the budget, and how many get none."""
    report = reports.get("prescription")
    if report is None:
        return
    for action in report.at("actions") or ():
        if action["users"].raw:
            text = Markup("{} for {} {}.")
            yield Statement(text.format(action["action"], figure(action["users"]), words.unit_name), action)
    served = sum(action["users"].raw for action in report.at("actions") or ())
    everyone = population(reports)
    if everyone is not None and served < everyone:
        text = Markup("These are {:,} of {:,} {}: the budget of {} does not reach the others.")
        yield Statement(
            text.format(served, everyone, words.unit_name, figure(report["budget"])), report["budget"]
        )


def by_group(reports: Mapping[str, Traced], words: Words) -> Iterator[Statement]:
    """Where each group has an action of its own."""
    personas = shown_personas(reports)
    if personas is None or not any(persona.at("action") for persona in personas):
        return
    text = Markup("Address each {} in its own way: the table of groups suggests how, untested.")
    if "target" in reports:
        text = Markup("Write to those on the list by their {}: the table of groups suggests how, untested.")
    if "prescription" in reports:
        text = Markup(
            "What suits each {} is in the table of groups; the lines above are what the budget buys."
        )
    given = given_groups(reports, words)
    yield Statement(text.format(f"group by {given}" if given else "group"), personas)
