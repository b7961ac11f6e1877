"""The durable store: connections kept for reading and for writing, on SQLite or PostgreSQL alike."""

from contextlib import contextmanager
from typing import Any, ContextManager, Iterator

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from idp.ports import Unavailable
from idp.tables import hot, sqlite_file
from idp.tables.kept import Kept

DatabaseError = SQLAlchemyError  # anything that a database may say beside "gone"
_GONE = (OperationalError, InterfaceError)
_BEGIN = "BEGIN IMMEDIATE"  # takes SQLite's write lock at once: an upgrade from a read lock fails under load
_POSTGRES_LIMITS = "-c statement_timeout=5000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000"


def be_patient(connection: Connection, seconds: int) -> None:
    """Let the statements of this transaction take so long on PostgreSQL; 0: as long as they want."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{seconds}s"})
        driver: Any = connection.connection.driver_connection
        driver.answer_seconds = seconds + 1 if seconds else None


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


def _unavailable(error: SQLAlchemyError) -> Exception:
    # SQLite reports a wrong statement in the same class as a file that cannot be read
    wrong = str(getattr(error, "orig", "")).startswith(("no such", "near ", "table ", "unrecognized"))
    return error if wrong else Unavailable("database")


def _lost(error: DBAPIError) -> bool:
    # the class itself, and none of its kinds: SQLite's word for a file full of rubbish
    return error.connection_invalidated or type(error) is exc.DatabaseError


class Database:
    """`url`: sqlite:///FILE or postgresql://…; `pool`: connections per process for reading and for writing (one per thread).
    `engine` is the writing one."""

    def __init__(self, url: str, pool: int = 8):
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        # hide_parameters: an error's text goes to the log; members' data must not
        # no reset: what is given back to SQLAlchemy is closed, and often lost, which it would call an error in the log
        common: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True, "pool_reset_on_return": None}
        if self.dialect == "sqlite":
            path = url.removeprefix("sqlite:///")
            sqlite_file.make(path)
            self.engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, **common)
            _sqlite(self.engine)
            sqlite_file.watch(self.engine, path)
            # the same ones for both: each has a cache of its own, which the others' writing makes stale
            self._writing = self._reading = Kept(self.engine, 2 * pool, lambda driver: sqlite_file.still_there(driver, path))
        else:
            from idp.tables import postgres  # not every installation needs the driver

            common["connect_args"] = {"connect_timeout": 2, "options": _POSTGRES_LIMITS}
            reader, self.engine = create_engine(url, isolation_level="AUTOCOMMIT", **common), create_engine(url, **common)
            postgres.bound(reader)
            postgres.bound(self.engine)
            self._reading, self._writing = Kept(reader, pool, postgres.alive), Kept(self.engine, pool, postgres.alive)

    @contextmanager
    def _using(self, kept: Kept, begin: bool) -> Iterator[Connection]:
        try:
            connection = kept.take()
            try:
                if begin and self.dialect == "sqlite":
                    hot.driven(connection, _BEGIN)
                yield connection
                # a transaction of SQLAlchemy's own has begun if one of its statements was run, not only hot ones
                if connection.in_transaction():
                    connection.commit()
                elif begin:
                    hot.commit(connection)
            except BaseException:
                kept.undo(connection)
                raise
            kept.leave(connection)
        except _GONE as error:
            raise _unavailable(error) from error
        except DBAPIError as error:
            if _lost(error):
                raise Unavailable("database") from error
            raise

    def read(self) -> ContextManager[Connection]:
        """A connection for single statements; raises `Unavailable` when the database does not answer."""
        return self._using(self._reading, begin=False)

    def each(self) -> ContextManager[Connection]:
        """A connection on which every statement is a transaction of its own, for what one statement decides. Raises
        `Unavailable`."""
        return self._using(self._reading, begin=False)

    def write(self) -> ContextManager[Connection]:
        """A transaction: all or nothing. Nothing slow inside. Raises `Unavailable`."""
        return self._using(self._writing, begin=True)

    def ping(self) -> None:
        """Return if the database answers; raises `Unavailable`."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def forget_connections(self) -> None:
        """In a forked child: drop what the parent opened without closing it there."""
        self._reading.forget()
        self._writing.forget()

    def close(self) -> None:
        """Close every connection."""
        self._reading.close()
        self._writing.close()
