"""Moves the clock of a whole node, for tests: Python reads this file at its start where the folder stands in PYTHONPATH. Only
the time of day moves, by NODE_CLOCK_SHIFT seconds; the clock that only goes forward is left alone, as on a real machine."""

import os
import time

_now, _shift = time.time, float(os.environ.get("NODE_CLOCK_SHIFT", "0"))


def _shifted() -> float:
    return _now() + _shift


time.time = _shifted
