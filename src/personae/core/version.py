"""Version of the installed code, a dependency of stages without checkout."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from personae.core.files import write_text

FILE = Path("personae.version")


def installed() -> str:
    """Version of the package, and a hash of its code and settings."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return f"personae {version('personae')}, code {digest.hexdigest()[:12]}\n"


if __name__ == "__main__":
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != installed():
        write_text(FILE, installed())
