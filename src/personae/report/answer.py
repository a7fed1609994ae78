"""First words of every page: findings, trust in them, actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from personae.report.actions import actions
from personae.report.statements import Statement, Words, found
from personae.report.traced import Traced
from personae.report.trust import trust


@dataclass(frozen=True, slots=True)
class Answer:
    """Findings, trust in them, and actions, in that order.

    Attributes
    ----------
    note
        On what all amounts are in, where they have no currency; else empty.
    """

    question: str
    found: list[Statement]
    trust: list[Statement]
    action: list[Statement]
    note: str = ""

    def claims(self) -> dict[str, list[Statement]]:
        """Statements of trust by what they are about, for a row of the index."""
        subjects = dict.fromkeys(statement.about for statement in self.trust)
        return {about: [each for each in self.trust if each.about == about] for about in subjects}


def answer(reports: Mapping[str, Traced], words: Words) -> Answer:
    """Select the first statements on a study.

    Parameters
    ----------
    reports
        Traced JSON reports by name; what is missing is not spoken of.
    words
        The study's question, the name of its units and its currency.
    """
    findings, claims, to_do = (list(part(reports, words)) for part in (found, trust, actions))
    return Answer(words.title, findings, claims, to_do, words.note(reports))


def as_json(said: Answer, words: Words) -> dict[str, Any]:
    """Answer in plain text, for the index, the terminal and a run."""
    return {
        "question": said.question,
        "unit_name": words.unit_name,
        "currency": words.currency,
        "note": said.note,
        **{
            part: [_plain(statement) for statement in getattr(said, part)]
            for part in ("found", "trust", "action")
        },
    }


def answered(study: str, reports: Mapping[str, Any], words: Words) -> list[str]:
    """Write the answer of a study as lines for the terminal."""
    said = answer({name: Traced(content, f"{name}.json#") for name, content in reports.items()}, words)
    parts = {"found": said.found, "trust": said.trust, "to do": said.action}
    lines = [" ".join(filter(None, (f"{study}: {said.question}", said.note)))]
    for title, statements_of in parts.items():
        for number, statement in enumerate(statements_of):
            chip = f"[{statement.chip}] " if statement.chip else ""
            lines.append(f"  {title if not number else '':7}{chip}{statement.text.striptags()}")
    return [*lines, ""]


def _plain(statement: Statement) -> dict[str, str]:
    chip = {"chip": statement.chip} if statement.chip else {}
    return chip | {"text": str(statement.text.striptags()), "key": statement.evidence.key}
