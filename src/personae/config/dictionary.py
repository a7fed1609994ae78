"""The data dictionary of a study's file: source, target and columns."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.inference.settings import Bins, Margin

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
    """Entry of one column in the data dictionary.

    Attributes
    ----------
    label, words
        Name for people; names of customers with a low, and a high, value.
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
    margin
        How far two groups may differ in it and be treated as one: `2 points`, `25 %` of the mean (an
        amount's, unless said), `0.3 sd`, or a number in its own unit (`5 years`); null: by its kind.
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
    margin: Margin | None = None
    only: Section | tuple[Section, ...] | None = None
    without: Section | tuple[Section, ...] = Field((), alias="not")

    @model_validator(mode="after")
    def _categories_are_no_numbers(self) -> Self:
        if self.role in ("category", "code") and {"impute", "profile"} & {*_listed(self.only or ())}:
            raise ValueError(f"only names impute or profile, which take numbers; its role is {self.role}")
        return self

    def used_in(self, section: Section) -> bool:
        """Whether a section of the settings uses the column."""
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
    """The short part of a study's file: source, target and columns.

    Attributes
    ----------
    source
        Name of what reads the raw files, a package of `personae.studies`.
    target
        Column to predict; or `column` with what stage target needs: `cost`, `revenue`, `budgets`.
    roles
        See `Roles`.
    columns
        The others; in a file, a role alone or nothing may stand for a column.
    """

    source: str | None = None
    target: str | dict[str, Any] | None = None
    roles: Roles = Roles()
    columns: dict[str, Column] = Field(default_factory=dict)


def declared(dictionary: Dictionary) -> dict[str, Column]:
    """Give every declared column in file order, roles before columns."""
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
        ancestors(name, columns)  # a pattern that meets no column is refused here
    return columns


def related(name: str, others: Iterable[str], columns: Mapping[str, Column]) -> bool:
    """Whether a column shares an ingredient with some others."""
    roots = ancestors(name, columns)
    return any(roots & ancestors(other, columns) for other in others)


def ancestors(name: str, columns: Mapping[str, Column]) -> set[str]:
    """Name what a column is made of, itself among it."""
    seen, waiting = {name}, [name]
    while waiting:
        column = columns.get(waiting.pop())
        parts = {
            part for each in (_listed(column.made_of) if column else ()) for part in match(each, columns)
        }
        waiting += parts - seen
        seen |= parts
    return seen


def match(pattern: str, columns: Mapping[str, Column]) -> list[str]:
    """Expand a pattern to declared columns; keep a plain name."""
    if pattern in columns or not set("*?[") & set(pattern):
        return [pattern]
    prefix = LOG if pattern.startswith(LOG) else ""
    names = [f"{prefix}{name}" for name in columns if fnmatchcase(name, pattern.removeprefix(prefix))]
    if not names:
        raise PersonaeError(f"{pattern!r} meets none of the declared columns {', '.join(columns)}")
    return names


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
