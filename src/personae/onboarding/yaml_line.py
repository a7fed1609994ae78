"""Values as YAML on one line."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# What YAML 1.1 reads as no text.
YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf")


def flow(value: Any) -> str:
    """Write a value on one line, as YAML 1.1 (Hydra), YAML 1.2 (DVC) and OmegaConf read it again.

    Examples
    --------
    >>> print(flow({"files": ["a.csv"], "event": "yes", "a: b": 1}))
    {files: [a.csv], event: "yes", "a: b": 1}
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_word(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str):
        return _word(value.replace("${", r"\${"))
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(flow, value)) + "]"
    return json.dumps(value)


def _word(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][\w ./-]*\w|[A-Za-z_]", text, re.ASCII) and text.lower() not in YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
