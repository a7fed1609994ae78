"""What an unknown table is about: identifier, answer, event, and columns known only after the answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from personae.core.arrays import FloatArray, IntArray
from personae.core.statistics import roc_auc
from personae.onboarding.kinds import Column, guess, words_of
from personae.sources.dates import dates
from personae.sources.files import TableFile
from personae.sources.values import ANSWERS, Decimal, decimal_mark, identifiers, labels, numbers, without

# What somebody did or what became of it, as nouns, verbs and their past.
TARGET = (
    r"\b(target|y|answer|dep ?var|dependent|label|outcome|class|diagnosis|disease|again|"
    r"deposit|loyal|left|fraud|attrition|attrited|"
    r"respon(se|ds?|ded|der)|repl(y|ied)|churn(ed)?|exit(ed)?|subscri(bed?|ption)|conver(t|ted|sion)|"
    r"purchased?|bought|buys?|accept(s|ed|ance)?|surviv(ed|al)|cancel(l?ed)?|gekundigt|gekündigt|kauf|"
    r"gekauft|click(s|ed)?|renew(s|ed|al)?|redeem(s|ed)?|default(s|ed)?|approv(ed?|al)|reject(s|ed)?|"
    r"den(y|ied)|admit(ted)?|admission|grant(ed)?|arrest(ed)?|releas(ed?)|vot(ed?|es)|participat(ed?|ion)|"
    r"enroll?(ed)?|joined|hired|promoted|quit|lapsed?|relapsed?|recurred|donat(ed?|ion)|call ?backs?|"
    r"fail(ed|ure)?|cens(or|ored)?|improved?|improvement|recovered|cured|healed)\b"
)
# Names that say so where nothing stands beside them: `status` is an answer, `marital status` is none.
TARGET_ALONE = (
    r"(\w*stat(us)?|choice|event|died|dead|deaths?|results?|won|sale|sold|case|success|delinquent|risk|type)"
)
AFTER = (
    r"\b(duration|talk time|(churn|cancel\w*|exit|leaving|closing) ?(reason|category|date|score|day|fee)|"
    r"end date|closed|resolution|refund(ed)?|payout|settled|paid after|recovered|after \w+)\b"
)
# What is known of a person before any offer, or was done to one, however much it tells.
BEFORE = (
    r"\b(sex|gender|age|birth\w*|education|income|salary|marital|married|country|city|state|region|job|"
    r"occupation|race|children|kids|family|female|male|black|white|foreign|smok\w*|urban|geschlecht|alter|"
    r"treat(ed|ment)?|trt|rx|arm|dose|placebo)\b"
)
# A column that reaches the first is asked about. It is left out unasked where the lower bound of its AUC
# (99 in 100: small tables seldom lose an honest driver) exceeds 0.8, excellent to Hosmer & Lemeshow (2000).
ALONE, EXCELLENT, ALONE_SURE, ADDED, NORMAL_99 = 0.75, 0.8, 0.97, 0.08, 2.576
ROWS, FOLDS = 5_000, 3
# An answer has a name, or two of: two values, the first or last place.
LEAST_SCORE, MOST_ANSWERS = 1.9, 10
# So many columns of two values are a questionnaire, where they are most of a table.
QUESTIONS = 8


@dataclass(frozen=True, slots=True)
class TableGuess:
    """What a table seems to hold.

    Attributes
    ----------
    columns
        Of the file, in its order.
    identifier, unit, target, event
        None where there seems to be none; a unit names whose several rows they are; the event is an answer as
        the file spells it.
    after
        Columns that may be known only after the answer, and why.
    unsure
        Those of them that may as well be honest and are kept unless somebody says otherwise.
    """

    columns: Sequence[Column]
    decimal: Decimal
    identifier: str | None
    unit: str | None
    target: str | None
    event: str | None
    after: Sequence[tuple[str, str]]
    unsure: Sequence[str] = ()


def guess_table(
    file: TableFile,
    *,
    target: str | None = None,
    event: str | None = None,
    identifier: str | None = None,
    seed: int = 0,
) -> TableGuess:
    """Guess what a table of customers holds; what is given is not guessed.

    Parameters
    ----------
    file : the table as its file holds it
    target, event : column with the answers, and the answer that is the event
    identifier : column with each customer once
    seed : of the rows and folds by which columns are held against the answer
    """
    decimal = decimal_mark(file.table)
    columns = [
        guess(file.table[name], decimal, first=number == 0) for number, name in enumerate(file.table.columns)
    ]
    named = [c for c in columns if c.kind == "identifier" and c.missing == 0]
    rows = file.table.height
    distinct = {c.name: identifiers(file.table[c.name]).n_unique() for c in named}
    identifier = identifier or next((name for name, levels in distinct.items() if levels == rows), None)
    unit = next((name for name, levels in distinct.items() if levels < rows and name != identifier), None)
    target = target or _target(columns)
    after: list[tuple[str, str]] = []
    unsure: list[str] = []
    if target is not None:
        [words] = [column.sentinels for column in columns if column.name == target]
        replies = identifiers(without(file.table[target], words))
        event = event or _event(replies)
        features = [c for c in columns if c.name not in (target, identifier) and c.kind not in UNUSED]
        after, unsure = _known_after(file.table, features, (replies, event), decimal, seed)
    return TableGuess(columns, decimal, identifier, unit, target, event, after, unsure)


UNUSED = ("constant", "text", "identifier")


def _target(columns: Sequence[Column]) -> str | None:
    """Choose by name, number of answers and place: answers stand last or first, behind identifiers.

    What a person is before any offer is none. Labels count as answers where no other column has labels, and
    among the many yes and no of a questionnaire the place says nothing.
    """
    placed = [column for column in columns if column.kind not in ("identifier", "constant", "text", "date")]
    labelled = [column for column in placed if column.kind in ("two-valued", "category")]

    flags = sum(column.kind == "two-valued" for column in placed)
    questionnaire = flags >= QUESTIONS and flags > len(placed) / 2

    def score(number: int, column: Column) -> float:
        words = words_of(column.name)
        alone = re.fullmatch(TARGET, words) or re.fullmatch(TARGET_ALONE, words)
        named = 2.0 if alone else 1.0 if re.search(TARGET, words) else 0.0
        if re.search(BEFORE, words) and named < 2:
            return 0.0
        two = 1.0 if column.kind == "two-valued" or labelled == [column] else 0.0
        few = two or (column.kind in ("category", "code", "number" if named == 2 else "code"))
        edge = 1.0 if number == len(placed) - 1 else 0.9 if number == 0 else 0.0
        if questionnaire and not named:
            return 0.0
        return (named + two + edge) if few and column.levels <= MOST_ANSWERS else 0.0

    scores = [score(number, column) for number, column in enumerate(placed)]
    best = int(np.argmax(scores)) if scores else 0
    return placed[best].name if scores and scores[best] >= LEAST_SCORE else None


def _event(answers: pl.Series) -> str | None:
    """Choose the answer that happened: yes of yes and no, 1 of 0 and 1, else the rarer one."""
    counts = answers.rename("answer").drop_nulls().value_counts(sort=True)
    levels = counts["answer"].to_list()
    if len(levels) != 2:
        return None
    spelt = {level.lower(): level for level in levels}
    for no, yes in ANSWERS:
        if spelt.keys() == {no, yes}:
            return str(spelt[yes])
    return str(levels[-1])


def _known_after(
    table: pl.DataFrame,
    features: Sequence[Column],
    answer: tuple[pl.Series, str | None],
    decimal: Decimal,
    seed: int,
) -> tuple[list[tuple[str, str]], list[str]]:
    """Find columns whose name says that they come later, those that tell too much, and who may be honest."""
    named = [c.name for c in features if re.search(AFTER, words_of(c.name))]
    found = [(name, "its name says that it is known later") for name in named]
    answers, event = answer
    unsure: list[str] = []
    if event is None or answers.n_unique() - answers.has_nulls() != 2:
        return found, unsure
    rng = np.random.default_rng(seed)
    answered = answers.is_not_null().arg_true().to_numpy()
    rows = np.sort(rng.permutation(answered)[:ROWS])
    happened = (answers[rows] == event).to_numpy().astype(np.intp)
    if min(happened.sum(), len(happened) - happened.sum()) < 10 * FOLDS:
        return found, unsure
    folds = rng.permutation(len(rows)) % FOLDS
    inputs = {c.name: _figures(table[c.name][rows], c, decimal) for c in features}
    alone = {
        c.name: _auc_alone(inputs[c.name], happened, folds, ordered=c.kind in ("number", "amount", "date"))
        for c in features
    }
    suspects = [
        name
        for name, value in sorted(alone.items(), key=lambda item: -item[1])
        if value >= ALONE and not re.search(BEFORE, words_of(name)) and name not in named
    ][:3]
    if not suspects:
        return found, unsure
    kept = [name for name in inputs if name not in named]
    whole = _auc_of([inputs[name] for name in kept], happened, folds)
    for name in suspects:
        rest = [inputs[other] for other in kept if other != name]
        without = _auc_of(rest, happened, folds) if rest else 0.5
        adds = whole - without >= ADDED
        if adds or alone[name] >= ALONE_SURE:
            others = f"; of all columns {whole:.2f} with it, {without:.2f} without" if adds else ""
            found.append((name, f"AUC {alone[name]:.2f} alone{others}"))
            if max(alone[name] - ALONE_SURE, _lower_bound(alone[name], happened) - EXCELLENT) < 0:
                unsure.append(name)
    return found, unsure


def _lower_bound(auc: float, happened: IntArray) -> float:
    """Bound of an AUC from below, 99 in 100 (Hanley & McNeil 1982)."""
    events = int(happened.sum())
    others = len(happened) - events
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (events - 1) * (first - auc**2) + (others - 1) * (second - auc**2)
    return auc - NORMAL_99 * float(np.sqrt(spread / (events * others)))


def _figures(cells: pl.Series, column: Column, decimal: Decimal) -> FloatArray:
    """Give numbers as they are, dates as days, and levels by number; NaN where missing."""
    if column.kind in ("number", "amount") or (column.kind == "code" and cells.dtype.is_numeric()):
        return numbers(cells, decimal).values.cast(pl.Float64).to_numpy()
    if column.kind == "date":
        return dates(cells, column.pattern).values.cast(pl.Date).to_physical().cast(pl.Float64).to_numpy()
    return labels(cells).rank("dense").cast(pl.Float64).to_numpy()


def _auc_alone(values: FloatArray, happened: IntArray, folds: IntArray, *, ordered: bool) -> float:
    """AUC of one column: by its order, or by the rates of its levels, learned out of fold."""
    if ordered:
        known = ~np.isnan(values)
        if known.sum() < 20 or len(np.unique(happened[known])) < 2:
            return 0.5
        value = roc_auc(happened[known] == 1, values[known])
        return max(value, 1 - value)
    codes = np.unique(np.nan_to_num(values, nan=-1), return_inverse=True)[1]
    rates = np.zeros(len(codes))
    for fold in range(folds.max() + 1):
        learn = folds != fold
        base = happened[learn].mean()
        hits = np.bincount(codes[learn], weights=happened[learn], minlength=codes.max() + 1)
        seen = np.bincount(codes[learn], minlength=codes.max() + 1)
        rates[~learn] = ((hits + 10 * base) / (seen + 10))[codes[~learn]]
    return roc_auc(happened == 1, rates)


def _auc_of(inputs: Sequence[FloatArray], happened: IntArray, folds: IntArray) -> float:
    """AUC out of fold of boosted trees on some columns."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - only for tables with answers

    table, scores = np.column_stack(inputs), np.zeros(len(happened))
    for fold in range(folds.max() + 1):
        learn = folds != fold
        model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        with threadpool_limits(limits=1):  # threads that wait for each other on a busy machine take minutes
            scores[~learn] = model.fit(table[learn], happened[learn]).predict_proba(table[~learn])[:, 1]
    return roc_auc(happened == 1, scores)
