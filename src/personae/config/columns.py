"""A study's data dictionary, decoded into the settings of its stages."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from personae.config.dictionary import (
    KINDS,
    LOG,
    NUMERIC,
    ROLES,
    SECTIONS,
    Column,
    Dictionary,
    Section,
    declared,
    match,
    related,
)
from personae.config.reading import nearest
from personae.core.errors import PersonaeError
from personae.sources.settings import column_name

# Sources without code, whose names and gaps were not reviewed.
GENERIC = ("table", "transactions")
# Names of customers with a low, and a high, value of a feature of transactions.
OF_TRANSACTIONS: Mapping[str, tuple[str, tuple[str, str]]] = {
    "recency": ("days since the last purchase", ("recent", "long absent")),
    "tenure": ("days since the first purchase", ("new", "long-standing")),
    "frequency": ("baskets", ("few baskets", "many baskets")),
    "spend": ("spending", ("low spending", "high spending")),
    "basket_value": ("spending a basket", ("small baskets", "large baskets")),
    "items_per_basket": ("items a basket", ("few items a basket", "many items a basket")),
    "distinct_items": ("different items", ("narrow range", "wide range")),
    "active_days": ("shopping days", ("few shopping days", "many shopping days")),
    "days_between": ("days between purchases", ("short gaps", "long gaps")),
    "weekend_share": ("share of baskets at weekends", ("on weekdays", "at weekends")),
}
FEW_NUMBERS = 2
# How far the means of an amount may differ in two groups that are treated as one.
AMOUNT_MARGIN = "25 %"


def decode(composed: Mapping[str, Any]) -> dict[str, Any]:
    """Expand the data dictionary into the settings of the stages.

    What a section says itself is kept; lists of columns in it may hold patterns (`Mnt*`) of declared names
    and, in a space, `log` before a name.

    Parameters
    ----------
    composed
        The study's file over the groups of `conf/`, with `params.yaml` over both.

    Returns
    -------
    dict
        Settings by section, as `personae.config.study.Study` checks them.

    Raises
    ------
    pydantic.ValidationError
        If the dictionary holds what no `Dictionary` has.
    PersonaeError
        If a column has two roles, or a pattern meets no column.
    """
    tree = copy.deepcopy(dict(composed))
    short = {name: tree.pop(name) for name in Dictionary.model_fields if name in tree}
    if isinstance(short.get("columns"), dict):
        short["columns"] = {name: _spelled_out(entry) for name, entry in short["columns"].items()}
    dictionary = Dictionary.model_validate_json(json.dumps(short))
    columns = declared(dictionary)
    _check_roles(dictionary)
    if dictionary.source == "table":
        _decode_table(_section(tree, "prepare"), dictionary, columns)
    if dictionary.source in GENERIC:
        dictionary, columns = _generic(tree, dictionary, columns)
    if dictionary.source is not None:
        _section(tree, "prepare").setdefault("source", dictionary.source)
    _decode_target(tree, dictionary)
    _check_prices(tree.get("target"), dictionary, columns)
    _decode_impute(_section(tree, "impute"), columns)
    space = _decode_segment(_section(tree, "segment"), columns)
    _decode_compare(_section(tree, "compare"), columns, space)
    _decode_profile(_section(tree, "profile"), columns)
    if isinstance(tree.get("classify"), dict):
        _own_segments(tree["classify"], _section(tree, "segment"))
        _decode_classify(tree["classify"], columns, asked=dictionary.source in GENERIC)
    if isinstance(tree.get("days"), dict):
        _decode_segment(_section(tree["days"], "segment"), {})
    return tree


def _check_roles(dictionary: Dictionary) -> None:
    """Refuse roles that code of a study decides: they would change nothing."""
    if dictionary.source in (None, "table"):
        return
    for name in ("id", "unit", "event"):
        if getattr(dictionary.roles, name) is not None:
            raise PersonaeError(
                f"roles.{name} is for source table; what reads {dictionary.source} decides it"
            )


def _spelled_out(entry: Any) -> Any:
    return {} if entry is None else {"role": entry} if isinstance(entry, str) else entry


def _decode_table(prepare: dict[str, Any], dictionary: Dictionary, columns: Mapping[str, Column]) -> None:
    """Decode the columns of a table for the source that reads it."""
    roles, target = dictionary.roles, dictionary.target
    entry = {"id": roles.id, "unit": roles.unit, "event": roles.event}
    entry["target"] = target.get("column") if isinstance(target, dict) else target
    for key, value in entry.items():
        prepare.setdefault(key, value)
    listed = {name: role for plural, role in ROLES.items() for name in getattr(roles, plural)}
    kinds = {name: KINDS[listed.get(name, column.role)] for name, column in columns.items()}
    kinds |= {name: "number" for name in (roles.cost, roles.revenue) if isinstance(name, str)}
    prepare.setdefault("kinds", {name: kind for name, kind in kinds.items() if name != entry["target"]})


def _generic(
    tree: dict[str, Any], dictionary: Dictionary, columns: dict[str, Column]
) -> tuple[Dictionary, dict[str, Column]]:
    """Fill in names and segment columns of a table without a dictionary.

    Every number has a name for low and high and its gaps are filled. Where there are fewer than two numbers,
    flags and categories make the segments and describe them, too.
    """
    made = {}
    for name, column in columns.items():
        label, words = (
            OF_TRANSACTIONS.get(name, (None, None)) if dictionary.source != "table" else (None, None)
        )
        days = "days since " if column.role == "date" else ""
        entry = column.label or label or days + name.replace("_", " ")
        words = column.words or words or (f"low {entry}", f"high {entry}")
        made[column_name(name)] = column.model_copy(update={"label": entry, "words": words})
    filled = [name for name in _used(made, "impute", NUMERIC) if made[name].gaps is None]
    _section(tree, "impute").setdefault(
        "columns", [*filled, *(n for n, c in made.items() if c.gaps == "fill")]
    )
    if isinstance(dictionary.target, str):
        dictionary = dictionary.model_copy(update={"target": column_name(dictionary.target)})
    elif dictionary.target is not None and dictionary.target.get("column"):
        named = {**dictionary.target, "column": column_name(str(dictionary.target["column"]))}
        dictionary = dictionary.model_copy(update={"target": named})
    if dictionary.source == "transactions" and "early_weeks" in _section(tree, "prepare"):
        _section(tree, "promote").setdefault("early_weeks", tree["prepare"]["early_weeks"])
    if len([*_used(made, "segment", NUMERIC)]) < FEW_NUMBERS:
        further = [name for name, column in made.items() if column.role in ("category", "code", "flag")]
        space = _section(_section(tree, "segment"), "space")
        space.setdefault("categorical", further)
        _section(tree, "profile").setdefault("features", [*_used(made, "profile", NUMERIC), *further])
    return dictionary, made


def _decode_target(tree: dict[str, Any], dictionary: Dictionary) -> None:
    """Decode the target for models, personas and the contact list."""
    target, roles = dictionary.target, dictionary.roles
    priced = dict(target) if isinstance(target, dict) else {"column": target}
    column = priced.pop("column", None)
    priced |= {name: entry for name in ("cost", "revenue") if (entry := getattr(roles, name)) is not None}
    if column is not None:
        _section(tree, "classify").setdefault("target", column)
    if isinstance(tree.get("classify"), dict) and not tree["classify"].get("target"):
        tree["classify"] = None  # the groups `classifier` and `effort` fill it, answer or not
    if set(tree.get("promote") or ()) == {"search"}:
        tree["promote"] = None  # and this one, baskets or not
    for part, counted in (("merging", "repeats"), ("claim", "splits")):
        if isinstance(tree.get("classify"), dict) and set(tree["classify"].get(part) or ()) == {counted}:
            del tree["classify"][
                part
            ]  # what was published is the study's; how often to check it, the effort's
    if priced:
        tree["target"] = priced
    if (
        (priced or roles.event)
        and column
        and _section(tree, "classify").get("table", "customers") == "customers"
    ):
        _section(tree, "profile").setdefault("response", column)


def _check_prices(target: Any, dictionary: Dictionary, columns: Mapping[str, Column]) -> None:
    """Refuse prices in columns that are not declared, before any model runs."""
    if not isinstance(target, dict) or dictionary.source == "transactions":
        return
    numbers = [name for name, column in columns.items() if column.role in NUMERIC]
    for key in ("cost", "revenue"):
        given = target.get(key)
        if isinstance(given, str) and given not in (getattr(dictionary.roles, key), *numbers):
            raise PersonaeError(
                f"target.{key} holds {given!r}, no number and no declared column{nearest(given, numbers)}"
            )
        for by in target.get(f"{key}_by") or ():
            if by not in ("segment", *columns):
                raise PersonaeError(
                    f"target.{key}_by names {by!r}, no declared column{nearest(by, ['segment', *columns])}"
                )


def _decode_impute(impute: dict[str, Any], columns: Mapping[str, Column]) -> None:
    for name, gaps in (("columns", "fill"), ("structural", "structural")):
        _list(impute, name, columns, (each for each, column in columns.items() if column.gaps == gaps))
    _list(impute, "predictors", columns, _used(columns, "impute", NUMERIC))
    if "leaky" not in impute:
        predictors, filled = _names(impute, "predictors"), _names(impute, "columns")
        leaks = {
            name: [each for each in predictors if each != name and related(each, [name], columns)]
            for name in filled
        }
        impute["leaky"] = {name: known for name, known in leaks.items() if known}


def _decode_segment(segment: dict[str, Any], columns: Mapping[str, Column]) -> list[str]:
    """Decode the spaces of all segmentations; give the columns of the first."""
    space = _section(segment, "space")
    _decode_space(space, columns, _used(columns, "segment", NUMERIC))
    _list(space, "categorical", columns, _used(columns, "segment", ("category", "code", "flag")))
    for name, other in _section(segment, "also").items():
        if isinstance(other, dict):
            own = {key: other.pop(key) for key in list(other) if key not in ("space", "k")}
            other["space"] = {"name": name} | own | _section(other, "space")
            _decode_space(other["space"], columns, space.get("columns"))
    return [*_names(space, "columns"), *_names(space, "categorical")]


def _decode_space(
    space: dict[str, Any], columns: Mapping[str, Column], default: Iterable[str] | None = None
) -> None:
    """Decode a list of columns of which some count by their logarithm."""
    _list(space, "columns", columns, default)
    if names := _names(space, "columns"):
        space.setdefault("log1p", [_plain(name, columns) for name in names if _is_logged(name, columns)])
        space["columns"] = [_plain(name, columns) for name in names]
    _list(space, "log1p", columns)


def _is_logged(name: str, columns: Mapping[str, Column]) -> bool:
    column = columns.get(name)
    if column is None:
        return name.startswith(LOG)
    return column.role == "amount" if column.log is None else column.log


def _plain(name: str, columns: Mapping[str, Column]) -> str:
    return name if name in columns else name.removeprefix(LOG)


def _decode_compare(compare: dict[str, Any], columns: Mapping[str, Column], space: list[str]) -> None:
    grouping = compare.get("grouping")
    tested = (name for name in _used(columns, "compare") if name != grouping)
    _list(compare, "variables", columns, tested)
    made = (n for n in _names(compare, "variables") if n not in space and related(n, space, columns))
    _list(compare, "descriptive", columns, made if grouping is None else ())
    if margins := {n: m for n in _names(compare, "variables") if (m := _margin(columns.get(n)))}:
        rules = _section(compare, "rules")
        rules["margins"] = margins | _section(rules, "margins")
    bins = {name: column.bins.model_dump() for name, column in columns.items() if column.bins}
    if bins and isinstance(compare.get("probabilities"), dict):
        compare["probabilities"].setdefault("bins", bins)


def _margin(column: Column | None) -> dict[str, Any] | str | None:
    """Margin of a column, stated by the dictionary, or of an amount."""
    if column is None or column.margin is None:
        return AMOUNT_MARGIN if column is not None and column.role == "amount" else None
    return column.margin.model_dump()


def _decode_profile(profile: dict[str, Any], columns: Mapping[str, Column]) -> None:
    _list(profile, "features", columns, _used(columns, "profile", (*NUMERIC, "flag")))
    labels = {name: column.label or name.replace("_", " ") for name, column in columns.items()}
    described = ((name, columns[name].words) for name in _names(profile, "features") if name in columns)
    words = {name: list(pair) for name, pair in described if pair}
    profile["labels"] = labels | _section(profile, "labels")
    profile["words"] = words | _section(profile, "words")


def _own_segments(classify: dict[str, Any], segment: Mapping[str, Any]) -> None:
    """Take the study's own segmentation where an ablation asks for segments and none is described."""
    ablations = [each for each in _section(classify, "ablations").values() if isinstance(each, dict)]
    wanted = any(each.get("segment") or each.get("per_segment") for each in ablations)
    if not wanted or classify.get("segment") is not None:
        return
    own = dict(segment.get("space") or {})
    taken = {key: own[key] for key in ("columns", "log1p", "categorical") if key in own}
    taken |= {key: segment[key] for key in ("scaler", "clusterer", "k") if segment.get(key) is not None}
    classify["segment"] = taken | ({"space_scaler": own["scaler"]} if "scaler" in own else {})


def _decode_classify(classify: dict[str, Any], columns: Mapping[str, Column], *, asked: bool) -> None:
    target = classify.get("target")
    _list(classify, "features", columns, (n for n in _used(columns, "classify") if n != target))
    after = [name for name, column in columns.items() if column.role == "after"]
    _list(classify, "leaking", columns, after)
    if asked:
        classify.setdefault("ask", after)
    if isinstance(classify.get("segment"), dict):
        _decode_space(classify["segment"], columns)
    if isinstance(classify.get("early"), dict):
        _list(classify["early"], "columns", columns)


def _used(columns: Mapping[str, Column], section: Section, roles: Iterable[str] = SECTIONS) -> Iterator[str]:
    return (name for name, column in columns.items() if column.role in roles and column.used_in(section))


def _list(
    section: dict[str, Any], key: str, columns: Mapping[str, Column], default: Iterable[str] | None = None
) -> None:
    """Expand patterns in a list of columns; default to the dictionary's."""
    if section.get(key) is None and columns and default is not None:
        section[key] = list(default)
    elif names := _names(section, key):
        section[key] = list(dict.fromkeys(name for each in names for name in match(each, columns)))


def _names(section: Mapping[str, Any], key: str) -> list[str]:
    """Give a list of names; other values are left to validation."""
    names = section.get(key)
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []


def _section(tree: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a section of the settings, created where it is absent."""
    if tree.get(name) is None:
        tree[name] = {}
    inner = tree[name]
    return inner if isinstance(inner, dict) else {}
