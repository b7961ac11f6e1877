"""How long something takes on a machine that stands still now and then."""

import contextlib
import threading
import time
from typing import Iterator

STEP, PAUSE = 0.05, 0.3  # seconds between two looks, and by how much one has to be late before the machine is to blame


class Stopwatch:
    """Seconds since it was started, without those in which nobody on this machine got anything done."""

    def __init__(self) -> None:
        self._began, self._stood, self._over = time.monotonic(), 0.0, threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def _look(self) -> None:
        last = time.monotonic()
        while not self._over.wait(STEP):
            now = time.monotonic()
            if (late := now - last - STEP) > PAUSE:
                self._stood += late
            last = now

    def seconds(self) -> float:
        """Read now."""
        time.sleep(2 * STEP)  # a pause that has just ended has been seen by then
        return time.monotonic() - self._began - self._stood

    def stop(self) -> None:
        """No more looks."""
        self._over.set()
        self._looking.join()


@contextlib.contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """One that runs for the block."""
    watch = Stopwatch()
    try:
        yield watch
    finally:
        watch.stop()
