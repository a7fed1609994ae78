"""Text from data in Markdown."""

_ESCAPED = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>|#"})


def escaped(text: str) -> str:
    r"""Escape text from data for Markdown and its HTML.

    Examples
    --------
    >>> print(escaped("<b>_x_"))
    \<b\>\_x\_
    """
    return text.translate(_ESCAPED)
