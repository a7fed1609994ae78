"""What the file of a study of transactions says."""

from collections.abc import Mapping, Sequence
from typing import Any

from personae.onboarding.unit_name import unit_line
from personae.onboarding.yaml_line import flow
from personae.sources.contract import check_columns
from personae.sources.files import TableFile
from personae.sources.transactions import half_of_the_weeks

MODELS = "override /classifier: [logistic, gradient_boosting]"
WITHOUT = (
    ({"basket"}, "no column of baskets (--basket): the lines of a customer and day are one"),
    ({"quantity", "amount"}, "no column of quantities (--quantity): a line is one piece"),
    ({"price", "amount"}, "no column of prices (--price or --amount): spend counts pieces"),
)


def transactions_file(
    name: str,
    tables: Sequence[TableFile],
    guess: Mapping[str, Any],
    shown: list[str],
    prepare: dict[str, Any],
) -> str:
    """Write what a study of transactions says; what was found goes to `shown`, a line each."""
    file, columns = tables[0], guess["columns"]
    used = list(columns.values())
    rows = sum(each.table.height for each in tables)
    for each in tables:
        check_columns(each.path, each.table, used)
    prepare |= guess
    if file.delimiter not in (None, ","):
        prepare["delimiter"] = file.delimiter
    if "cancelled" in guess:
        shown.append(f"baskets that match {guess['cancelled']!r} are taken as cancelled")
    shown += [f"{column}: taken as {role}" for role, column in columns.items()]
    shown += [say for parts, say in WITHOUT if not parts & columns.keys()]
    unused = dict.fromkeys(column for each in tables for column in each.table.columns if column not in used)
    shown += [f"{column}: left out" for column in unused]
    early_weeks = half_of_the_weeks([each.table[columns["time"]] for each in tables])
    if early_weeks is not None:
        prepare["early_weeks"] = early_weeks
        shown.append(f"customers are described by weeks 1 to {early_weeks}; who buys later bought again")
    lines = [
        "# @package _global_",
        f"# {rows:,} lines of {file.path.name}, read by `personae new-study`.",
        f"defaults: [override /effort: quick, {MODELS}]",
        f"study: {name}",
        "source: transactions",
        f"prepare: {flow(prepare)}",
        *unit_line(columns["id"], otherwise="customers"),
        "target: again  # 1: bought in a later week",
        "roles:",
        "  numbers: [recency, tenure, active_days, days_between, weekend_share]",
        "  amounts: [frequency, spend, basket_value, items_per_basket, distinct_items]",
        "  structural: [days_between]  # of one shopping day",
        "promote: {level: item}",
    ]
    return "\n".join(lines) + "\n"
