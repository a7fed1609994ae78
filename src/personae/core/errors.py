"""The one exception that users are meant to see."""

import re

LONGEST = 800
# The password of a URL: up to the last @ before a blank, as passwords may hold any sign.
PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):\S+@")


class PersonaeError(Exception):
    """A problem in data, settings or environment that the user can mend.

    Its message is one printable line without passwords, 800 characters at most.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: object, most: int = LONGEST) -> str:
    r"""Text in one line for terminals and logs, escaped and without passwords.

    Examples
    --------
    >>> one_line("http://me:s3cret@host/ said\n\x1b[31mno\u202e")
    'http://me:***@host/ said \\x1b[31mno\\u202e'
    """
    line = " ".join(str(text).split())
    shown = printable(line[: most + 1])
    return shown if len(line) <= most else f"{shown[:most]} ... ({len(line) - most:,} more characters)"


def printable(text: str) -> str:
    """Escape control characters and mask passwords of URLs."""
    masked = PASSWORD.sub(r"\1:***@", text)
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in masked)
