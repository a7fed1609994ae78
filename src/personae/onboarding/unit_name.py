"""What a row is called in a study's page: by the column that identifies it."""

import re

from personae.config.study import Report
from personae.onboarding.kinds import words_of
from personae.onboarding.yaml_line import flow

# By how a word of the column's name begins.
PLURALS = {
    "cust": "customers",
    "kunde": "customers",
    "kd": "customers",
    "client": "clients",
    "user": "users",
    "member": "members",
    "subscriber": "subscribers",
    "account": "accounts",
    "household": "households",
    "haushalt": "households",
    "person": "people",
    "patient": "patients",
    "employee": "employees",
    "student": "students",
    "passenger": "passengers",
    "guest": "guests",
    "visitor": "visitors",
    "donor": "donors",
    "respondent": "respondents",
    "participant": "participants",
    "buyer": "buyers",
}


def unit_name(identifier: str | None, otherwise: str) -> str:
    """Name what the rows are, in the plural, by the column that has each of them once.

    Examples
    --------
    >>> [unit_name(each, "rows") for each in ("UserId", "kundennummer", "account_no", "id", None)]
    ['users', 'customers', 'accounts', 'rows', 'rows']
    """
    words = words_of(identifier or "")
    named = (plural for word, plural in PLURALS.items() if re.search(rf"\b{word}", words))
    return next(named, otherwise)


def unit_line(identifier: str | None, otherwise: str) -> list[str]:
    """Give the line of a study's file that says so, none where it is what a page says anyway."""
    name = unit_name(identifier, otherwise)
    usual = name == Report().unit_name
    return [] if usual else [f"report: {flow({'unit_name': name})}  # what a row is called in the page"]
