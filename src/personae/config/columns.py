"""A study's data dictionary, decoded into the settings of its stages."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.inference.settings import Bins

Section = Literal["impute", "segment", "compare", "profile", "classify"]
Role = Literal["number", "amount", "date", "category", "code", "flag", "after"]
NUMERIC = ("number", "amount", "date")
SECTIONS: Mapping[str, tuple[Section, ...]] = {
    **dict.fromkeys(NUMERIC, ("impute", "segment", "compare", "profile", "classify")),
    **dict.fromkeys(("category", "code", "flag"), ("compare", "classify")),
    "after": ("compare",),
}
ROLES: Mapping[str, Role] = {
    "numbers": "number",
    "amounts": "amount",
    "dates": "date",
    "categories": "category",
    "codes": "code",
    "flags": "flag",
}
# How a table's cells are read, by role; what is known only afterwards may be anything.
KINDS: Mapping[Role, str] = {
    **dict.fromkeys(("number", "amount"), "number"),
    **dict.fromkeys(("category", "code"), "category"),
    **{"date": "date", "flag": "flag", "after": "any"},
}
LOG = "log "


class Column(Frozen):
    """What the data dictionary says of one column.

    Attributes
    ----------
    label, words
        Name for people; what customers are called for whom it is low, and high.
    role
        An `amount` is a number that segments see as log(1 + x), a `code` a number that names a category,
        `after` a column that is known only after what is predicted.
    log
        Whether segments see log(1 + x); null: amounts only.
    gaps
        `fill`: missing values are imputed; `structural`: they mean something and stay.
    made_of
        Columns, or patterns of their names, that this one is computed from: it is described where they
        made the segments, and never predicts their gaps.
    bins
        Edges for tables of probabilities.
    only, without
        Sections of the settings that use the column, or do not (`not` in a file); else its role decides.
    """

    label: str | None = None
    words: tuple[str, str] | None = None
    role: Role = "number"
    log: bool | None = None
    gaps: Literal["fill", "structural"] | None = None
    made_of: str | tuple[str, ...] = ()
    bins: Bins | None = None
    only: Section | tuple[Section, ...] | None = None
    without: Section | tuple[Section, ...] = Field((), alias="not")

    @model_validator(mode="after")
    def _categories_are_no_numbers(self) -> Self:
        if self.role in ("category", "code") and {"impute", "profile"} & {*_listed(self.only or ())}:
            raise ValueError(f"only names impute or profile, which take numbers; its role is {self.role}")
        return self

    def used_in(self, section: Section) -> bool:
        """Tell whether a section of the settings uses the column."""
        if self.only is not None:
            return section in _listed(self.only)
        left_out: set[str] = {*_listed(self.without)}
        if self.made_of or self.gaps:
            left_out.add("impute")
        if self.made_of or self.gaps == "structural":
            left_out.add("segment")
        return section in SECTIONS[self.role] and section not in left_out


class Roles(Frozen):
    """Columns by role, for those of which no more needs saying.

    Attributes
    ----------
    id, unit
        Column with the identifier, and one that customers of one household or firm share.
    event
        The answer of the target that the models predict, spelt as in the file.
    cost, revenue
        Of a contact and of an event: an amount, or the column that holds it.
    numbers, amounts, dates, categories, codes, flags
        Each column once.
    after, structural
        Known only after the target; gaps that mean something. They may repeat columns of the lists above.
    """

    id: str | None = None
    unit: str | None = None
    event: str | None = None
    cost: float | str | None = None
    revenue: float | str | None = None
    numbers: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    structural: tuple[str, ...] = ()


class Dictionary(Frozen):
    """What a study's file says in short: where its data is from, what is predicted, and its columns.

    Attributes
    ----------
    source
        Name of what reads the raw files, a package of `personae.studies`.
    target
        Column to predict; or `column` beside what stage target needs: `cost`, `revenue`, `budgets`.
    roles
        See `Roles`.
    columns
        The others; in a file, a role alone or nothing may stand for a column.
    """

    source: str | None = None
    target: str | dict[str, Any] | None = None
    roles: Roles = Roles()
    columns: dict[str, Column] = Field(default_factory=dict)


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
        short["columns"] = {name: _spelled_out(said) for name, said in short["columns"].items()}
    dictionary = Dictionary.model_validate_json(json.dumps(short))
    columns = _columns(dictionary)
    if dictionary.source is not None:
        _section(tree, "prepare").setdefault("source", dictionary.source)
    _decode_target(tree, dictionary)
    if dictionary.source == "table":
        _decode_table(_section(tree, "prepare"), dictionary, columns)
    _decode_impute(_section(tree, "impute"), columns)
    space = _decode_segment(_section(tree, "segment"), columns)
    _decode_compare(_section(tree, "compare"), columns, space)
    _decode_profile(_section(tree, "profile"), columns)
    if isinstance(tree.get("classify"), dict):
        _decode_classify(tree["classify"], columns)
    if isinstance(tree.get("days"), dict):
        _decode_segment(_section(tree["days"], "segment"), {})
    return tree


def _spelled_out(said: Any) -> Any:
    return {} if said is None else {"role": said} if isinstance(said, str) else said


def _columns(dictionary: Dictionary) -> dict[str, Column]:
    """Give every declared column in the order of the file, roles before columns."""
    roles, columns = dictionary.roles, dict[str, Column]()
    for plural, role in ROLES.items():
        for name in getattr(roles, plural):
            if name in columns:
                raise PersonaeError(f"roles.{plural} holds {name!r}, which is a {columns[name].role} already")
            columns[name] = Column(role=role)
    columns |= {name: Column(role="after") for name in roles.after}
    for name, column in dictionary.columns.items():
        role = columns[name].role if name in columns else column.role
        if "role" in column.model_fields_set and column.role != role:
            raise PersonaeError(f"columns.{name}.role holds {column.role!r}, and roles makes it a {role}")
        columns[name] = column.model_copy(update={"role": role})
    for name in roles.structural:
        columns[name] = columns.get(name, Column()).model_copy(update={"gaps": "structural"})
    for name in columns:
        _ancestors(name, columns)  # a pattern that meets no column is refused here
    return columns


def _decode_table(prepare: dict[str, Any], dictionary: Dictionary, columns: Mapping[str, Column]) -> None:
    """Say what the columns of a table are, for reading it."""
    roles, target = dictionary.roles, dictionary.target
    said = {"id": roles.id, "unit": roles.unit, "event": roles.event}
    said["target"] = target.get("column") if isinstance(target, dict) else target
    for key, value in said.items():
        prepare.setdefault(key, value)
    listed = {name: role for plural, role in ROLES.items() for name in getattr(roles, plural)}
    kinds = {name: KINDS[listed.get(name, column.role)] for name, column in columns.items()}
    prepare.setdefault("kinds", {name: kind for name, kind in kinds.items() if name != said["target"]})


def _decode_target(tree: dict[str, Any], dictionary: Dictionary) -> None:
    """Divide what is predicted between the models, the personas and the list of customers to contact."""
    target, roles = dictionary.target, dictionary.roles
    priced = dict(target) if isinstance(target, dict) else {"column": target}
    column = priced.pop("column", None)
    priced |= {name: said for name in ("cost", "revenue") if (said := getattr(roles, name)) is not None}
    if column is not None:
        _section(tree, "classify").setdefault("target", column)
    if not set(tree.get("classify") or ()) - {"models"}:
        tree["classify"] = None
    if priced:
        tree["target"] = priced
    if (
        (priced or roles.event)
        and column
        and _section(tree, "classify").get("table", "customers") == "customers"
    ):
        _section(tree, "profile").setdefault("response", column)


def _decode_impute(impute: dict[str, Any], columns: Mapping[str, Column]) -> None:
    for name, gaps in (("columns", "fill"), ("structural", "structural")):
        _list(impute, name, columns, (each for each, column in columns.items() if column.gaps == gaps))
    _list(impute, "predictors", columns, _used(columns, "impute", NUMERIC))
    if "leaky" not in impute:
        predictors, filled = _names(impute, "predictors"), _names(impute, "columns")
        related = {
            name: [each for each in predictors if each != name and _related(each, [name], columns)]
            for name in filled
        }
        impute["leaky"] = {name: leaks for name, leaks in related.items() if leaks}


def _decode_segment(segment: dict[str, Any], columns: Mapping[str, Column]) -> list[str]:
    """Decode the reference space and the spaces of further segmentations; give the columns of the first."""
    space = _section(segment, "space")
    _decode_space(space, columns, _used(columns, "segment", NUMERIC))
    _list(space, "categorical", columns, _used(columns, "segment", ("category", "code", "flag")))
    for name, said in _section(segment, "also").items():
        if isinstance(said, dict):
            own = {key: said.pop(key) for key in list(said) if key not in ("space", "k")}
            said["space"] = {"name": name} | own | _section(said, "space")
            _decode_space(said["space"], columns, space.get("columns"))
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
    made = (n for n in _names(compare, "variables") if n not in space and _related(n, space, columns))
    _list(compare, "descriptive", columns, made if grouping is None else ())
    bins = {name: column.bins.model_dump() for name, column in columns.items() if column.bins}
    if bins and isinstance(compare.get("probabilities"), dict):
        compare["probabilities"].setdefault("bins", bins)


def _decode_profile(profile: dict[str, Any], columns: Mapping[str, Column]) -> None:
    _list(profile, "features", columns, _used(columns, "profile", (*NUMERIC, "flag")))
    declared = {name: columns[name] for name in _names(profile, "features") if name in columns}
    labels = {name: column.label or name.replace("_", " ") for name, column in declared.items()}
    words = {name: list(column.words) for name, column in declared.items() if column.words}
    profile["labels"] = labels | _section(profile, "labels")
    profile["words"] = words | _section(profile, "words")


def _decode_classify(classify: dict[str, Any], columns: Mapping[str, Column]) -> None:
    target = classify.get("target")
    _list(classify, "features", columns, (n for n in _used(columns, "classify") if n != target))
    _list(classify, "leaking", columns, (n for n, column in columns.items() if column.role == "after"))
    if isinstance(classify.get("segment"), dict):
        _decode_space(classify["segment"], columns)
    if isinstance(classify.get("early"), dict):
        _list(classify["early"], "columns", columns)


def _used(columns: Mapping[str, Column], section: Section, roles: Iterable[str] = SECTIONS) -> Iterator[str]:
    return (name for name, column in columns.items() if column.role in roles and column.used_in(section))


def _related(name: str, others: Iterable[str], columns: Mapping[str, Column]) -> bool:
    """Tell whether a column and some others are made of the same: one of the other, or both of a third."""
    roots = _ancestors(name, columns)
    return any(roots & _ancestors(other, columns) for other in others)


def _ancestors(name: str, columns: Mapping[str, Column]) -> set[str]:
    """Name what a column is made of, itself among it."""
    found, waiting = {name}, [name]
    while waiting:
        column = columns.get(waiting.pop())
        parts = {
            part for each in (_listed(column.made_of) if column else ()) for part in _match(each, columns)
        }
        waiting += parts - found
        found |= parts
    return found


def _list(
    section: dict[str, Any], key: str, columns: Mapping[str, Column], default: Iterable[str] | None = None
) -> None:
    """Expand the patterns of a list of columns; where it is absent, take what the dictionary says."""
    if section.get(key) is None and columns and default is not None:
        section[key] = list(default)
    elif names := _names(section, key):
        section[key] = list(dict.fromkeys(name for each in names for name in _match(each, columns)))


def _names(section: Mapping[str, Any], key: str) -> list[str]:
    """Give a list of names as far as it is one; what is none is left to the check of the settings."""
    names = section.get(key)
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []


def _match(pattern: str, columns: Mapping[str, Column]) -> list[str]:
    """Name the declared columns of a pattern; what is no pattern stands for itself, declared or not."""
    if pattern in columns or not set("*?[") & set(pattern):
        return [pattern]
    prefix = LOG if pattern.startswith(LOG) else ""
    names = [f"{prefix}{name}" for name in columns if fnmatchcase(name, pattern.removeprefix(prefix))]
    if not names:
        raise PersonaeError(f"{pattern!r} meets none of the declared columns {', '.join(columns)}")
    return names


def _section(tree: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a section of the settings, made where it is absent; what is no section is left to the check."""
    if tree.get(name) is None:
        tree[name] = {}
    inner = tree[name]
    return inner if isinstance(inner, dict) else {}


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
