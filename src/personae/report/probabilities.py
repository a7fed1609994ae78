"""Order of a study's probabilities: highlights first, the rest by columns."""

from collections.abc import Sequence

from personae.core.errors import PersonaeError
from personae.report.traced import Traced

Highlight = tuple[str, str, str, str]
COLUMNS = ("event", "event_value", "given", "given_value")


def highlighted(rows: Traced, wanted: Sequence[Highlight]) -> list[Traced]:
    """Find the conditional probabilities that the settings name.

    Parameters
    ----------
    rows
        Contents of `probabilities.csv`.
    wanted
        Event and its value, what is given and its value.

    Raises
    ------
    PersonaeError
        If one is not among the rows.
    """
    known = {tuple(str(row[name]) for name in COLUMNS): row for row in rows if row["kind"] == "conditional"}
    for one in wanted:
        if one not in known:
            event, value, given, condition = one
            pair = [key for key in known if (key[0], key[2]) == (event, given)]
            values, conditions = (", ".join(dict.fromkeys(key[place] for key in pair)) for place in (1, 3))
            raise PersonaeError(
                f"compare.probabilities.highlights: there is no {event} {value!r} given {given} "
                f"{condition!r}; {event} has {values or 'no value'}, {given} has {conditions or 'no value'}"
            )
    return [known[one] for one in wanted]


def by_pair(rows: Traced) -> dict[str, list[Traced]]:
    """Sort probabilities by column, then by pair of columns.

    Examples
    --------
    >>> kinds = [("marginal", "sex", None), ("joint", "sex", "age"), ("conditional", "age", "sex")]
    >>> rows = Traced([dict(zip(("kind", "event", "given"), kind)) for kind in kinds], "")
    >>> {name: len(pairs) for name, pairs in by_pair(rows).items()}
    {'Each column by itself': 1, 'sex and age': 2}
    """
    pairs: dict[frozenset[str], list[Traced]] = {}
    for row in rows:
        pair = frozenset((str(row["event"]), str(row["given"]))) if row["given"] else frozenset[str]()
        pairs.setdefault(pair, []).append(row)
    return {
        f"{own[0]['event']} and {own[0]['given']}" if pair else "Each column by itself": own
        for pair, own in pairs.items()
    }
