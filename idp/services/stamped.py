"""Keeps a register in process and reloads it when its version stamp moves: at most one look a second."""

import threading
from typing import Callable, Generic, TypeVar

from sqlalchemy import Connection

from idp.deps import Deps
from idp.ports import Unavailable
from idp.tables import stamps

T = TypeVar("T")
LOOK_EVERY = 1.0


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

    def get(self) -> T:
        """The register as of at most a second ago."""
        now = self._deps.clock()
        if self._value is not None and now < self._next_look:
            return self._value
        with self._lock:
            # a clock set back must not stop us from looking
            if self._value is None or now >= self._next_look or now < self._next_look - 2 * LOOK_EVERY:
                self._look()
                self._next_look = now + LOOK_EVERY
        assert self._value is not None
        return self._value

    def _look(self) -> None:
        try:
            with self._deps.database.read() as connection:
                version = stamps.read(connection).get(self._name, 0)
                if version != self._version or self._value is None:
                    self._value = self._load(connection)
                    self._version = version
        except Unavailable:
            if self._value is None:
                raise

    def forget(self) -> None:
        """Look again at the next call, in this process."""
        self._next_look = 0.0
