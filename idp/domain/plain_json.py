"""JSON that everybody reads alike: no name twice in an object, and no number that is none (RFC 8259 sections 4 and 6)."""

import json
from typing import Any


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members. Raises ValueError if a name stands there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def no_number(name: str) -> Any:
    """What NaN and Infinity are read as: raises ValueError."""
    raise ValueError(f"{name} is not JSON")


def read(text: str) -> Any:
    """The value of a text. Raises ValueError and RecursionError."""
    return json.loads(text, object_pairs_hook=once, parse_constant=no_number)
