"""The international list of common passwords: 30,000 in order of how often they were found, from zxcvbn."""

from functools import cache


@cache
def _places() -> dict[str, int]:
    # imported at first use: loading zxcvbn takes about 50 ms and 14 MiB, which most commands never need
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return {word: place for place, word in enumerate(FREQUENCY_LISTS["passwords"], 1)}


def rank(password: str) -> int | None:
    """The place of a lower-case password in the list, from 1; None if it is not there."""
    return _places().get(password)
