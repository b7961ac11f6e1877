"""One line of the report, and ours and the reference in turn, round by round, so that a noisy machine's drift hits both."""

from dataclasses import dataclass, field
from statistics import median
from typing import Callable

Round = tuple[float, float]  # CPU seconds and seconds per operation


@dataclass(frozen=True)
class Figure:
    """One line of the report. `values` are what the target speaks of, one per round, `target` is None where there is none;
    `raw` says what was behind them.

    `quiet` in it is the ratio of the least CPU of any round, ours and theirs: what other processes do to the caches only
    ever adds, and adds more to Python than to a loop of cryptography.
    """

    name: str
    unit: str
    target: float | None
    at_least: bool
    values: list[float]
    raw: dict[str, float] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The median of all rounds."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target, if there is one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def in_turn(rounds: int, ours: Callable[[], Round], theirs: Callable[[], Round]) -> tuple[list[Round], list[Round]]:
    """Both in turn, after one round each that does not count."""
    pairs = [(ours(), theirs()) for _ in range(rounds + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def figure(name: str, target: float, at_least: bool, against: str, pairs: tuple[list[Round], list[Round]]) -> Figure:
    """A ratio of CPU: theirs by ours if it is to be at least `target`, else ours by theirs."""
    ours, theirs = pairs
    values = [b[0] / a[0] if at_least else a[0] / b[0] for a, b in zip(ours, theirs)]
    least = min(a[0] for a in ours), min(b[0] for b in theirs)
    raw = {
        "quiet": least[1] / least[0] if at_least else least[0] / least[1],
        "CPU ms": median(a[0] for a in ours) * 1000,
        f"{against} CPU ms": median(b[0] for b in theirs) * 1000,
        "per second": 1 / median(a[1] for a in ours),
        f"{against} per second": 1 / median(b[1] for b in theirs),
    }
    return Figure(name, "x", target, at_least, values, raw)
