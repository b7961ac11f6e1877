"""Values that lie in a store between two requests, read by a version that may be older than the one that wrote them."""

from dataclasses import fields
from functools import lru_cache
from typing import Any, Mapping, TypeVar

T = TypeVar("T")


def read_as(kind: type[T], values: Mapping[str, Any]) -> T:
    """The dataclass of what it knows of these values, which JSON carried: its lists are tuples again. What a later version has added
    is passed over, so that nodes of both serve the same members while an upgrade goes on, and the way back stays open (README,
    Upgrades): what is added has a default."""
    known = _names(kind)
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known})


@lru_cache(maxsize=64)
def _names(kind: Any) -> frozenset[str]:
    return frozenset(item.name for item in fields(kind))
