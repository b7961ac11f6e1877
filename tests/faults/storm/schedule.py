"""Which fault happens when: drawn from a seed, so that a run can be repeated."""

import random
from dataclasses import dataclass
from typing import Sequence


@dataclass(frozen=True)
class Planned:
    """After `pause` seconds of good health this fault, for `lasts` seconds; `seed`: of what is left to chance in it."""

    pause: float
    name: str
    lasts: float
    seed: int


def drawn(seed: str, names: Sequence[str], longest: float) -> "list[Planned]":
    """Each fault once, in an order drawn by lot; for more, draw again with another seed."""
    rng = random.Random(seed)
    order = list(names)
    rng.shuffle(order)
    return [Planned(rng.uniform(0.05, longest), name, rng.uniform(0.1, longest), rng.randrange(1 << 30)) for name in order]
