"""What commands print."""

from rich.console import Console

from personae.core.errors import printable

console = Console()


def say(line: str) -> None:
    """Print text that may come from data: no markup, no control characters, no line breaks of our own."""
    console.print(printable(line), highlight=False, markup=False, soft_wrap=True)
