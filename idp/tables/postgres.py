"""Connections to PostgreSQL that do not wait for ever: the server's own limits hold only while it lives."""

from typing import Any

import psycopg
from sqlalchemy import Engine, event

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


def bound(engine: Engine) -> None:
    """Make every connection of the engine a bounded one."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        return Bounded.connect(*arguments, **options)

    @event.listens_for(engine, "checkout")
    def patient(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.answer_seconds = ANSWER_SECONDS

    @event.listens_for(engine, "checkin")
    def idle(connection: Any, _record: Any) -> None:
        if connection is not None:
            connection.answer_seconds = IDLE_SECONDS
