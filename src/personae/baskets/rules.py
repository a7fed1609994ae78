"""Association rules: measures, Fisher's exact test, pruning of redundant rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from personae.baskets.coding import Baskets, Integers
from personae.baskets.itemsets import Itemset
from personae.core.arrays import BoolArray, FloatArray

NORMAL_95 = 1.6448536269514722  # one-sided
# Antecedent and consequent.
Sides = tuple[Itemset, Itemset]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules `antecedent -> consequent` with the counts behind all their measures.

    Attributes
    ----------
    antecedents, consequents : item codes of each side
    both, antecedent_count, consequent_count : (n_rules,) baskets that hold both sides, and each side
    n_baskets : number of baskets
    names : the item of each code
    """

    antecedents: tuple[Itemset, ...]
    consequents: tuple[Itemset, ...]
    both: Integers
    antecedent_count: Integers
    consequent_count: Integers
    n_baskets: int
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Number of rules."""
        return len(self.antecedents)

    @property
    def sides(self) -> list[Sides]:
        """Antecedent and consequent of each rule."""
        return list(zip(self.antecedents, self.consequents, strict=True))

    @property
    def support(self) -> FloatArray:
        """Share of the baskets that hold both sides."""
        return self.both / self.n_baskets

    @property
    def confidence(self) -> FloatArray:
        """Share of the baskets with the antecedent that hold the consequent."""
        return self.both / self.antecedent_count

    @property
    def lift(self) -> FloatArray:
        """Confidence over the consequent's support: 1 where the two sides are independent."""
        return lift_of(self.both, self.antecedent_count, self.consequent_count, self.n_baskets)

    @property
    def lift_lower(self) -> FloatArray:
        """One-sided 95 % lower bound of the lift by the delta method."""
        variance = (
            1 / self.both
            - 1 / self.antecedent_count
            - 1 / self.consequent_count
            + (2 * self.lift - 1) / self.n_baskets
        )
        return np.asarray(self.lift * np.exp(-NORMAL_95 * np.sqrt(np.maximum(variance, 0))))

    @property
    def leverage(self) -> FloatArray:
        """Support minus what independence would give."""
        expected = self.antecedent_count / self.n_baskets * self.consequent_count / self.n_baskets
        return np.asarray(self.support - expected)

    @property
    def conviction(self) -> FloatArray:
        """Conviction: expected over observed failures; infinite for a rule without failures."""
        miss = 1 - self.confidence
        expected = 1 - self.consequent_count / self.n_baskets
        return np.asarray(np.divide(expected, miss, out=np.full(len(self), np.inf), where=miss > 0))

    def at(self, chosen: Sequence[int] | NDArray[np.integer]) -> "RuleSet":
        """Choose rules by position."""
        return RuleSet(
            tuple(self.antecedents[rule] for rule in chosen),
            tuple(self.consequents[rule] for rule in chosen),
            self.both[chosen],
            self.antecedent_count[chosen],
            self.consequent_count[chosen],
            self.n_baskets,
            self.names,
        )

    def table(self) -> pl.DataFrame:
        """One row a rule, sides in words."""
        return pl.DataFrame(
            {
                "antecedent": [self.words(codes) for codes in self.antecedents],
                "consequent": [self.words(codes) for codes in self.consequents],
                "support": self.support,
                "confidence": self.confidence,
                "lift": self.lift,
                "lift_lower": self.lift_lower,
                "leverage": self.leverage,
                "conviction": self.conviction,
            },
            schema_overrides={"antecedent": pl.String, "consequent": pl.String},
        )

    def words(self, codes: Itemset) -> str:
        """Name the items of a side."""
        return " + ".join(self.names[code] for code in codes)


def rules(
    itemsets: Mapping[Itemset, int],
    baskets: Baskets,
    *,
    min_confidence: float = 0.2,
    max_consequent: int | None = None,
) -> RuleSet:
    """Split every frequent itemset in all ways into antecedent and consequent.

    Parameters
    ----------
    itemsets : with all their subsets, as `frequent` counts them in the baskets
    min_confidence : least share of the antecedent's baskets that hold the consequent, in [0, 1]
    max_consequent : most items of the consequent; None for any

    References
    ----------
    Agrawal, Srikant (1994), Fast algorithms for mining association rules, VLDB.

    Examples
    --------
    >>> from personae.baskets.coding import from_lists
    >>> from personae.baskets.itemsets import frequent
    >>> baskets = from_lists([["a", "b"], ["a", "b"], ["a"], ["c"]])
    >>> itemsets = frequent(baskets, min_support=0.5)
    >>> rule_set = rules(itemsets, baskets, min_confidence=0.9)
    >>> rule_set.table().select("antecedent", "consequent", "confidence").rows()
    [('b', 'a', 1.0)]
    """
    split = [
        (antecedent, consequent, both, itemsets[antecedent], itemsets[consequent])
        for codes, both in itemsets.items()
        for antecedent, consequent in _splits(codes, max_consequent)
        if both / itemsets[antecedent] >= min_confidence
    ]
    both, antecedent_count, consequent_count = (
        np.array([row[2:] for row in split], dtype=np.int64).reshape(-1, 3).T
    )
    return RuleSet(
        tuple(row[0] for row in split),
        tuple(row[1] for row in split),
        both,
        antecedent_count,
        consequent_count,
        baskets.n,
        baskets.names,
    )


def _splits(codes: Itemset, max_consequent: int | None) -> list[tuple[Itemset, Itemset]]:
    most = min(len(codes) - 1, max_consequent or len(codes))
    return [
        (tuple(code for code in codes if code not in consequent), consequent)
        for size in range(1, most + 1)
        for consequent in combinations(codes, size)
    ]


def lift_of(
    both: FloatArray | Integers,
    antecedent: FloatArray | Integers,
    consequent: FloatArray | Integers,
    n_baskets: FloatArray | Integers | int,
) -> FloatArray:
    """Lift from counts; 0 where a side does not occur (arrays broadcast).

    Examples
    --------
    >>> lift_of(np.array([2]), np.array([2]), np.array([4]), 8)
    array([2.])
    """
    expected = np.asarray(antecedent, dtype=float) * consequent
    result: FloatArray = np.divide(
        np.asarray(both, dtype=float) * n_baskets, expected, out=np.zeros_like(expected), where=expected > 0
    )
    return result


def fisher(rule_set: RuleSet) -> FloatArray:
    """One-sided p of Fisher's exact test of association in each rule.

    It takes baskets for independent and of equal size, so it only screens; `replication` decides.
    """
    from scipy.stats import hypergeom  # noqa: PLC0415 - a second to import

    return np.asarray(
        hypergeom.sf(
            rule_set.both - 1, rule_set.n_baskets, rule_set.antecedent_count, rule_set.consequent_count
        )
    )


def not_redundant(rule_set: RuleSet) -> BoolArray:
    """Mark the rules that no more general rule makes superfluous.

    A rule is redundant where a rule with fewer antecedents and the same consequent has at least its
    confidence (Bayardo, Agrawal, Gunopulos 1999: no improvement).
    """
    sides = list(zip(rule_set.antecedents, rule_set.consequents, strict=True))
    confidence = dict(zip(sides, rule_set.confidence, strict=True))
    return np.array(
        [
            all(
                confidence.get((part, consequent), -1.0) < confidence[antecedent, consequent]
                for size in range(1, len(antecedent))
                for part in combinations(antecedent, size)
            )
            for antecedent, consequent in sides
        ],
        dtype=bool,
    )
