"""Given groups, such as products, as stage compare merged them: described as segments are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from personae.core.errors import PersonaeError
from personae.core.tables import names as names_of
from personae.personas.cards import Evidence, Persona

VERDICT = "given groups"


@dataclass(frozen=True, slots=True)
class Groups:
    """The final groups of a study.

    Attributes
    ----------
    names
        Of the groups, by number.
    number
        Group of each customer, -1 for those whose group was left out; shape (n,).
    caveats
        What must be known of each group, by number.
    """

    names: tuple[str, ...]
    number: np.ndarray
    caveats: Mapping[int, tuple[str, ...]]

    @property
    def evidence(self) -> Evidence:
        """Groups that were given need not be found again: there is no stability to speak of."""
        return Evidence(VERDICT, None, np.zeros(len(self.number), dtype=bool))

    def named(self, cards: Sequence[Persona]) -> list[Persona]:
        """Put the groups' own names and caveats on their cards."""
        return [
            replace(
                card,
                name=f"{self.names[card.id]}: {card.name}",
                caveats=(*card.caveats, *self.caveats[card.id]),
            )
            for card in cards
        ]


def final_groups(customers: pd.DataFrame, comparison: Mapping[str, Any]) -> Groups:
    """Take the merged groups from the contents of `compare.json`.

    Raises
    ------
    PersonaeError
        If segments were compared.

    Examples
    --------
    >>> open_pair = {"a": "x", "b": "y", "decision": "merge", "decided_by": "on_inconclusive"}
    >>> told = {"grouping": "product", "groups": {"x": "x+y", "y": "x+y"}, "merge": [open_pair]}
    >>> found = final_groups(pd.DataFrame({"product": ["x", "z", "y"]}), told)
    >>> found.names, found.number.tolist()
    (('x+y',), [0, -1, 0])
    """
    grouping, merged = comparison["grouping"], comparison["groups"]
    if grouping not in customers:
        raise PersonaeError(
            f"profile.of: groups: compared was {grouping}, which is no column of the customers"
        )
    names = tuple(dict.fromkeys(merged.values()))
    place_of = {old: names.index(new) for old, new in merged.items()}
    number = np.array([place_of.get(name, -1) for name in names_of(customers[grouping])], dtype=int)
    caveats = {
        place: tuple(
            f"{pair['a']} and {pair['b']} are together by the business's decision: "
            "the data shows neither that they are alike nor that they differ"
            for pair in comparison["merge"]
            if pair["decided_by"] == "on_inconclusive" and merged[pair["a"]] == merged[pair["b"]] == name
        )
        for place, name in enumerate(names)
    }
    return Groups(names, number, caveats)
