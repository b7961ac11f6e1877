"""Geometry of the dashboard's charts: bars from zero up, in at most four series that a pattern tells apart as well as a colour
(interface.md, Admin console)."""

from dataclasses import dataclass
from typing import Sequence

# of each series: its colour, and the pattern that is laid over it
SERIES = (("#0017c1", ""), ("#c74700", "slant"), ("#197a4b", "dots"), ("#666", "lines"))
WIDTH, HEIGHT = 640, 220
LEFT, TOP, RIGHT, BOTTOM = 56, 12, 8, 28
ROW, NAMES = 34, 176  # a line of bars from left to right, and the room for its name


@dataclass(frozen=True)
class Bar:
    """A rectangle of a series; `value` is what it shows."""

    series: int
    value: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Mark:
    """Words beside an axis; `line`: whether a line goes across from here."""

    x: float
    y: float
    text: str
    line: bool = False


@dataclass(frozen=True)
class Drawing:
    """What the template draws."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    upright: bool = True


def ceiling(most: int) -> int:
    """The end of an axis that holds `most`: 1, 2 or 5 and zeros."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if step * power >= most:
                return step * power
        power *= 10


def upright(columns: Sequence[Sequence[int]], names: Sequence[str]) -> Drawing:
    """One column per row of `columns`, its series stacked; `names` below them, empty where nothing is to be said."""
    top = ceiling(max((sum(column) for column in columns), default=1) or 1)
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = wide / max(1, len(columns))
    bars = []
    for number, column in enumerate(columns):
        base = TOP + high
        for series, value in enumerate(column):
            tall = high * value / top
            base -= tall
            if value:
                bars.append(Bar(series, value, round(LEFT + number * step + step * 0.1, 2), round(base, 2), round(step * 0.8, 2), round(tall, 2)))
    marks = [Mark(LEFT - 8, round(TOP + high * (1 - part), 2), f"{int(top * part):,}", True) for part in ((0, 0.5, 1) if top > 1 else (0, 1))]
    marks += [Mark(round(LEFT + (n + 0.5) * step, 2), HEIGHT - 8, name) for n, name in enumerate(names) if name]
    return Drawing(WIDTH, HEIGHT, tuple(bars), tuple(marks))


def across(rows: Sequence[Sequence[int]], names: Sequence[str], most: int | None = None) -> Drawing:
    """One line per row of `rows`, its series below each other, as long as their values; `most`: the axis goes up to it at
    least."""
    top = ceiling(max([most or 1, *(value for row in rows for value in row)]))
    wide = WIDTH - NAMES - 72  # the number stands behind the bar
    bars, marks = [], []
    for number, (row, name) in enumerate(zip(rows, names)):
        at, tall = TOP + number * ROW, (ROW - 10) / max(1, len(row))
        marks.append(Mark(NAMES - 8, at + (ROW - 10) / 2 + 5, name))
        for series, value in enumerate(row):
            bars.append(Bar(series, value, NAMES, round(at + series * tall, 2), round(wide * value / top, 2), round(tall - 1, 2)))
    return Drawing(WIDTH, TOP * 2 + ROW * len(rows), tuple(bars), tuple(marks), upright=False)
