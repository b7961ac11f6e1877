"""Keeps a register in process and reloads it when its version stamp moves: at most one look a second."""

import threading
from typing import Callable, Generic, TypeVar

from sqlalchemy import Connection

from idp.deps import Deps
from idp.ports import Unavailable
from idp.tables import stamps

T = TypeVar("T")
LOOK_EVERY, LOOK_AGAIN = 1.0, 5.0  # seconds; the second while the database is away


class Stamped(Generic[T]):
    """`load(connection)` reads the whole register; `get()` answers from memory.

    While the database is away the last known register stays in use (keys and clients change rarely,
    and a token signed with a known key is still a good token); before the first load it raises `Unavailable`.
    """

    def __init__(self, deps: Deps, name: str, load: Callable[[Connection], T]):
        self._deps, self._name, self._load = deps, name, load
        self._lock = threading.Lock()
        self._value: T | None = None
        self._version = -1
        self._next_look = 0.0
        self._away = False

    def get(self) -> T:
        """The register as of at most a second ago, or older while somebody is waiting for the database."""
        # while one thread looks the others go on with what is known: the database may take its time to fail; but after an
        # idle while what is known may be any age
        if self._due() and self._lock.acquire(blocking=self._old()):
            try:
                if self._due():
                    self._look()
            finally:
                self._lock.release()
        assert self._value is not None
        return self._value

    def now(self) -> T:
        """The register as of this moment, for who misses something that may have just been added; as `get` while the
        database is away."""
        if not self._away:
            with self._lock:
                self._look()
        return self.get()

    def _old(self) -> bool:
        return self._value is None or self._deps.clock() - self._next_look > LOOK_AGAIN

    def _due(self) -> bool:
        # a clock set back must not stop us from looking
        return self._value is None or not 0 < self._next_look - self._deps.clock() <= LOOK_AGAIN

    def _look(self) -> None:
        try:
            with self._deps.database.read() as connection:
                version = stamps.read(connection).get(self._name, 0)
                if version != self._version or self._value is None:
                    self._value = self._load(connection)
                    self._version = version
            self._away = False
        except Unavailable:
            if self._value is None:
                raise
            self._away = True
        self._next_look = self._deps.clock() + (LOOK_AGAIN if self._away else LOOK_EVERY)
