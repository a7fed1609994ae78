"""First words of every page: findings, trust in them, actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from personae.report import actions, statements
from personae.report.statements import Statement, Words
from personae.report.traced import Traced

# What the reports that trust rests on are about.
SUBJECTS = {"segment": "groups", "classify": "prediction", "target": "profit", "impute": "filling gaps"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Findings, trust in them, and actions, in that order."""

    question: str
    found: list[Statement]
    trust: list[Statement]
    action: list[Statement]

    def claims(self) -> list[tuple[str, Statement]]:
        """Most cautious statement of trust on each subject, for a row of the index."""
        names = [statement.evidence.key.partition(".json")[0].rpartition("/")[2] for statement in self.trust]
        return list(dict(zip((SUBJECTS[name] for name in names), self.trust, strict=True)).items())


def answer(reports: Mapping[str, Traced], words: Words) -> Answer:
    """Select the first statements on a study.

    Parameters
    ----------
    reports
        Traced JSON reports by name; what is missing is not spoken of.
    words
        The study's question, the name of its units and its currency.
    """
    return Answer(
        words.title,
        [
            *statements.found_segments(reports, words),
            *statements.found_personas(reports),
            *statements.found_groups(reports),
            *statements.found_pairs(reports),
        ],
        [
            *statements.trust_segments(reports, words),
            *statements.trust_response(reports, words),
            *statements.trust_profit(reports, words),
            *statements.trust_gaps(reports, words),
        ],
        [
            *actions.contacts(reports, words),
            *actions.control(reports),
            *actions.promotions(reports),
            *actions.prescribed(reports, words),
            *actions.by_group(reports),
            *actions.not_known(reports),
        ],
    )


def as_json(said: Answer, words: Words) -> dict[str, Any]:
    """Answer in plain text, for the index, the terminal and a run."""
    return {
        "question": said.question,
        "unit_name": words.unit_name,
        "currency": words.currency,
        **{
            part: [_plain(statement) for statement in getattr(said, part)]
            for part in ("found", "trust", "action")
        },
    }


def answered(study: str, reports: Mapping[str, Any], words: Words) -> list[str]:
    """Write the answer of a study as lines for the terminal."""
    said = answer({name: Traced(content, f"{name}.json#") for name, content in reports.items()}, words)
    parts = {"found": said.found, "trust": said.trust, "to do": said.action}
    lines = [f"{study}: {said.question}"]
    for title, statements_of in parts.items():
        for number, statement in enumerate(statements_of):
            chip = f"[{statement.chip}] " if statement.chip else ""
            lines.append(f"  {title if not number else '':7}{chip}{statement.text.striptags()}")
    return [*lines, ""]


def _plain(statement: Statement) -> dict[str, str]:
    chip = {"chip": statement.chip} if statement.chip else {}
    return chip | {"text": str(statement.text.striptags()), "key": statement.evidence.key}
