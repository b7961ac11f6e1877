"""Connections to PostgreSQL that do not wait for ever: the server's own limits hold only while it lives."""

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, event

ASK_AFTER = 2.0  # seconds without use after which a connection is asked whether it still lives
ANSWER_SECONDS = 6.0  # longer than the server's own limit for a statement
IDLE_SECONDS = 2.0  # for the question whether an idle connection still lives


class Bounded(psycopg.Connection[Any]):
    """Gives up on an answer after `answer_seconds`; None: never."""

    answer_seconds: float | None = ANSWER_SECONDS
    used = 0.0  # when it was taken last, on the clock that only goes forward

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Called by psycopg around everything that it waits for."""
        try:
            return super().wait(gen, interval, self.answer_seconds if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()  # an answer that comes later would be taken for the next one's
            raise


def _has_spoken(connection: Any) -> bool:
    """Whether there is something to read that nobody asked for: a farewell, as a rule."""
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))


def bound(engine: Engine) -> None:
    """Make every connection of the engine a bounded one."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        return Bounded.connect(*arguments, **options)


def alive(connection: Bounded) -> bool:
    """Whether the server still holds the connection, as far as can be told without asking, which costs as much as a use;
    one that has not been used for a while is asked."""
    now = time.monotonic()
    if connection.closed or _has_spoken(connection) or now - connection.used > ASK_AFTER and not _answers(connection):
        return False
    connection.used, connection.answer_seconds = now, ANSWER_SECONDS
    return True


def _answers(connection: Bounded) -> bool:
    connection.answer_seconds = IDLE_SECONDS
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error:
        return False
    return True
