"""What a later version has kept is read by this one."""

from dataclasses import dataclass

import pytest

from idp.domain.kept import read_as


@dataclass(frozen=True)
class Kept:
    first: int
    second: str = "none"


def test_what_a_later_version_has_added_is_passed_over_and_what_it_left_out_has_its_default() -> None:
    assert read_as(Kept, {"first": 1, "second": "two", "third": [3]}) == Kept(1, "two")
    assert read_as(Kept, {"first": 1}) == Kept(1)
    with pytest.raises(TypeError):
        read_as(Kept, {"second": "two"})


def test_lists_which_json_makes_of_tuples_are_tuples_again() -> None:
    assert read_as(Kept, {"first": [1, 2]}) == Kept((1, 2))  # type: ignore[arg-type]
