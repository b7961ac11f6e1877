"""Connections to PostgreSQL that do not wait for ever: the server's own limits hold only while it lives."""

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

ASK_AFTER = 2.0  # seconds without use after which a connection is asked whether it still lives
ANSWER_SECONDS = 6.0  # longer than the server's own limit for a statement
IDLE_SECONDS = 2.0  # for the question whether an idle connection still lives


class Bounded(psycopg.Connection[Any]):
    """Gives up on an answer after `answer_seconds`; None: never."""

    answer_seconds: float | None = ANSWER_SECONDS

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

    @event.listens_for(engine, "checkout")
    def alive(connection: Any, record: Any, _proxy: Any) -> None:
        # to ask at every use costs as much as the use; a server that has hung up is seen without asking
        if time.monotonic() - record.info.get("used", 0.0) > ASK_AFTER or _has_spoken(connection):
            connection.answer_seconds = IDLE_SECONDS
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise DisconnectionError from error
        connection.answer_seconds = ANSWER_SECONDS

    @event.listens_for(engine, "checkin")
    def used(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()
