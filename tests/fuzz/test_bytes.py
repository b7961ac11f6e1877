"""Readers take or refuse whatever bytes there are. What a fuzzer has found stands here by name."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.targets import TARGETS, recipe

# name: (target, bytes)
FOUND: dict[str, tuple[str, bytes]] = {
    "a name that grows when it is sent again": ("form", b";" + b"'" * 113),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_any_bytes_are_read_or_refused(kind: str) -> None:
    @settings(max_examples=120, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(recipe(kind))
    def reads(data: bytes) -> None:
        TARGETS[kind](data)

    reads()


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_is_read_or_refused(name: str) -> None:
    kind, data = FOUND[name]
    TARGETS[kind](data)
