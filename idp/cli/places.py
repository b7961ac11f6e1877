"""Who may work on a page now, who waits for that, and who is asked to come again: tokens and keys never stand behind pages."""

import threading
from collections import deque
from typing import Generic, Literal, TypeVar

Who = TypeVar("Who")
FREE_THREADS = 2  # of each worker, for portals' requests and for whoever is sent away
WAITING = 8  # for each place: on one core a second or two of password checks
PATIENCE = 5.0  # seconds


class Places(Generic[Who]):
    """The places of a worker of so many threads. `refused` counts those who found no room to wait, or waited too long."""

    def __init__(self, threads: int):
        self._free = max(1, threads - FREE_THREADS)
        self._most = self._free * WAITING
        self._waiting: deque[tuple[float, Who]] = deque()
        self._lock = threading.Lock()
        self.refused = 0

    def take(self) -> bool:
        """Take a place if one is free."""
        with self._lock:
            if self._free == 0:
                return False
            self._free -= 1
            return True

    def join(self, who: Who, now: float) -> Literal["placed", "waits", "refused"]:
        """Take a place, or stand in the queue at this time (seconds) as long as there is room."""
        with self._lock:
            if self._free:
                self._free -= 1
                return "placed"
            if len(self._waiting) >= self._most:
                self.refused += 1
                return "refused"
            self._waiting.append((now, who))
            return "waits"

    def leave(self) -> Who | None:
        """Give the place to whoever waits longest, and return them; None: it is free."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()[1]
            self._free += 1
            return None

    def impatient(self, now: float) -> list[Who]:
        """Those who have waited for too long at this time (seconds): they wait no more."""
        found = []
        with self._lock:
            while self._waiting and self._waiting[0][0] < now - PATIENCE:
                found.append(self._waiting.popleft()[1])
            self.refused += len(found)
        return found
