"""Connections kept open between uses: to take one from SQLAlchemy's pool, and to give it back, costs more than a statement."""

import contextlib
from queue import Empty, SimpleQueue
from typing import Any, Callable

from sqlalchemy import Connection, Engine

from idp.ports import Unavailable

PATIENCE = 5.0  # seconds to wait until another thread gives one back


class Kept:
    """At most `size` connections of an engine that pools none; the one used last, which is the warm one, goes out first.
    `fit` says of a driver's connection whether it may be used once more."""

    def __init__(self, engine: Engine, size: int, fit: Callable[[Any], bool]):
        self._engine, self._size, self._fit = engine, size, fit
        self._parents: list[Connection] = []
        self._idle: list[Connection] = []
        self.forget()

    def forget(self) -> None:
        """In a forked child: use none of the parent's, and close none, as the garbage collector would."""
        self._parents += self._idle
        self._idle = []
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(self._size):
            self._places.put(None)

    def take(self) -> Connection:
        """A connection that works, in no transaction; raises `Unavailable` when all are in use for too long."""
        try:
            self._places.get(timeout=PATIENCE)
        except Empty:
            raise Unavailable("database") from None
        try:
            return self._warm() or self._engine.connect()
        except BaseException:
            self._places.put(None)
            raise

    def _warm(self) -> Connection | None:
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        if self._fit(connection.connection.dbapi_connection):
            return connection
        _close(connection)
        self.close()  # the others lead to where this one did
        return None

    def leave(self, connection: Connection) -> None:
        """Give it back after its transaction has ended."""
        self._idle.append(connection)
        self._places.put(None)

    def undo(self, connection: Connection) -> None:
        """Give it back after a failure: what was not committed is undone; what cannot even do that is closed."""
        try:
            if not connection.invalidated:
                connection.rollback()  # SQLAlchemy's own transaction, also one whose commit has failed: until then it takes nothing more
                connection.connection.rollback()
        except Exception:
            connection.invalidate()
        if connection.invalidated:
            _close(connection)
        else:
            self._idle.append(connection)
        self._places.put(None)

    def close(self) -> None:
        """Close what is open and not in use."""
        with contextlib.suppress(IndexError):
            while True:
                _close(self._idle.pop())


def _close(connection: Connection) -> None:
    with contextlib.suppress(Exception):  # it may be gone already
        connection.close()
