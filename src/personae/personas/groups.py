"""Persona cards of given groups, as merged by stage compare."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.tables import names as names_of
from personae.personas.cards import Persona, persona_cards
from personae.personas.settings import Profile

# Groups that were given need not be found again: there is no stability to speak of.
VERDICT = "given groups"


def group_cards(
    customers: pd.DataFrame,
    comparison: Mapping[str, Any],
    unit: IntArray,
    *,
    settings: Profile,
    response: FloatArray | None = None,
    seed: int = 0,
) -> list[Persona]:
    """Describe the merged groups, with the caveats of their merges.

    Parameters
    ----------
    comparison
        Contents of `compare.json`.
    customers, unit, settings, response, seed
        As for `persona_cards`.
    """
    number, names = final_groups(customers, comparison)
    merged_by_decision = [
        (comparison["groups"][pair["a"]], pair["a"], pair["b"])
        for pair in comparison["merge"]
        if pair["decided_by"] == "on_inconclusive"
        and comparison["groups"][pair["a"]] == comparison["groups"][pair["b"]]
    ]
    cards = persona_cards(
        customers, number, unit, settings=settings, response=response, verdict=VERDICT, seed=seed
    )
    return [
        replace(
            card,
            name=f"{names[card.id]}: {card.name}",
            caveats=(
                *card.caveats,
                *(
                    f"{a} and {b} are together by the business's decision: "
                    "the data shows neither that they are alike nor that they differ"
                    for name, a, b in merged_by_decision
                    if name == names[card.id]
                ),
            ),
        )
        for card in cards
    ]


def final_groups(customers: pd.DataFrame, comparison: Mapping[str, Any]) -> tuple[IntArray, tuple[str, ...]]:
    """Number and name the merged groups; -1 for excluded ones.

    Raises
    ------
    PersonaeError
        If segments were compared.

    Examples
    --------
    >>> comparison = {"grouping": "product", "groups": {"x": "x+y", "y": "x+y"}}
    >>> final_groups(pd.DataFrame({"product": ["x", "z", "y"]}), comparison)
    (array([ 0, -1,  0]), ('x+y',))
    """
    grouping, merged = comparison["grouping"], comparison["groups"]
    if grouping not in customers:
        raise PersonaeError(
            f"profile.of: groups: compared was {grouping}, which is no column of the customers"
        )
    names = tuple(dict.fromkeys(merged.values()))
    number_of = {old: names.index(new) for old, new in merged.items()}
    number = np.array([number_of.get(name, -1) for name in names_of(customers[grouping])], dtype=np.intp)
    return number, names
