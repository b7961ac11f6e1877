"""Birth dates as Japanese people write them: Western years and era years."""

import re
from datetime import date

from idp.domain.folding import DASHES, fold

# name, letter, last year, first day: 大正 is also 1926, the first year of 昭和 (japan.md, Input folding, birth date)
_ERAS = (
    ("令和", "R", 99, date(2019, 5, 1)),
    ("平成", "H", 31, date(1989, 1, 8)),
    ("昭和", "S", 64, date(1926, 12, 25)),
    ("大正", "T", 15, date(1912, 7, 30)),
    ("明治", "M", 45, date(1868, 1, 25)),
)
_WRITTEN = {written: (era[3].year, era[2]) for era in _ERAS for written in (era[0], era[0][0], era[1])}
_YEAR = re.compile(r"(令和|平成|昭和|大正|明治|[令平昭大明RHSTM])\.?([0-9]{1,2}|元)年?")
_FIRST, _LAST = 1868, 2117
_HYPHENS = dict.fromkeys(map(ord, DASHES), "-")
_EIGHT_DIGITS = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_DATE = re.compile(r"(.+?)[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def western_year(text: str) -> int | None:
    """`1958`, `昭和33`, `S33`, `昭33年` or `平成元` as a year of our era, 1868 to 2117; None if it is none of these.

    Converted by year alone: 昭和64 and 平成元 are both 1989, whatever the day.
    """
    typed = fold(text).replace(" ", "").upper()
    if found := re.fullmatch(r"([0-9]{4})年?", typed):
        year = int(found[1])
        return year if _FIRST <= year <= _LAST else None
    if not (found := _YEAR.fullmatch(typed)):
        return None
    first, longest = _WRITTEN[found[1]]
    number = 1 if found[2] == "元" else int(found[2])
    return first + number - 1 if 1 <= number <= longest else None


def era_missing(text: str) -> bool:
    """Whether the year is one or two digits alone, such as `33`: then the person must be asked for the era."""
    return re.fullmatch(r"[0-9]{1,2}年?", fold(text).replace(" ", "")) is not None


def birth_date(year: str, month: str, day: str) -> date | None:
    """The date of three boxes as typed, such as ("昭和33", "4", "1"); None if there is no such day."""
    numbers = [re.fullmatch(r"0?([0-9]{1,2})", fold(part).rstrip("月日 ")) for part in (month, day)]
    western = western_year(year)
    if western is None or not all(numbers):
        return None
    try:
        return date(western, *(int(found[1]) for found in numbers if found))
    except ValueError:
        return None


def split_date(text: str) -> tuple[str, str, str] | None:
    """Year, month and day of one text: `1958-4-1`, `1958/04/01`, `19580401`, `昭和33年4月1日`, `S33.4.1`."""
    typed = fold(text).replace(" ", "").translate(_HYPHENS)
    found = _EIGHT_DIGITS.fullmatch(typed) or _DATE.fullmatch(typed)
    return (found[1], found[2], found[3]) if found else None


def era_year(day: date) -> tuple[str, int]:
    """Era and year of a day for showing it in both forms: 1958-04-01 is ("昭和", 33). From 1868-01-25 on."""
    for name, _, _, first in _ERAS:
        if day >= first:
            return name, day.year - first.year + 1
    raise ValueError("before 明治")


def written(day: date) -> str:
    """The year of a day as Japanese people say it: `昭和33年`, `平成元年`."""
    name, number = era_year(day)
    return f"{name}{'元' if number == 1 else number}年"
