"""The durable store: one engine for reading, one for writing, on SQLite or PostgreSQL alike."""

from contextlib import contextmanager
from typing import Any, Iterator

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from idp.ports import Unavailable
from idp.tables import hot, sqlite_file

DatabaseError = SQLAlchemyError  # anything that a database may say beside "gone"
_GONE = (OperationalError, InterfaceError, PoolTimeout)
_POSTGRES_LIMITS = "-c statement_timeout=5000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000"


def be_patient(connection: Connection, seconds: int) -> None:
    """Let the statements of this transaction take so long on PostgreSQL; 0: as long as they want."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{seconds}s"})
        driver: Any = connection.connection.driver_connection
        driver.answer_seconds = seconds + 1 if seconds else None


def _sqlite(engine: Engine, writing: bool) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    if writing:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # take the write lock at once: an upgrade from a read lock fails under load
            hot.driven(connection, "BEGIN IMMEDIATE")


def _unavailable(error: SQLAlchemyError) -> Exception:
    # SQLite reports a wrong statement in the same class as a file that cannot be read
    wrong = str(getattr(error, "orig", "")).startswith(("no such", "near ", "table ", "unrecognized"))
    return error if wrong else Unavailable("database")


def _lost(error: DBAPIError) -> bool:
    # the class itself, and none of its kinds: SQLite's word for a file full of rubbish
    return error.connection_invalidated or type(error) is exc.DatabaseError


class Database:
    """`url`: sqlite:///FILE or postgresql://…; `pool`: connections per process and engine (one per thread)."""

    def __init__(self, url: str, pool: int = 8):
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        common: dict[str, Any] = {"poolclass": QueuePool, "pool_size": pool, "max_overflow": 0, "pool_timeout": 5}
        common["pool_use_lifo"] = True  # the connection used last is the warm one
        common["hide_parameters"] = True  # an error's text goes to the log; members' data must not
        if self.dialect == "sqlite":
            common["connect_args"] = {"check_same_thread": False, "timeout": 10}
            self._reader = create_engine(url, pool_reset_on_return=None, **common)  # nothing to roll back
            self._writer = create_engine(url, **common)
            _sqlite(self._reader, writing=False)
            _sqlite(self._writer, writing=True)
            path = url.removeprefix("sqlite:///")
            sqlite_file.make(path)
            sqlite_file.watch(self._reader, path)
            sqlite_file.watch(self._writer, path)
        else:
            common["connect_args"] = {"connect_timeout": 2, "options": _POSTGRES_LIMITS}
            self._reader = create_engine(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **common)
            self._writer = create_engine(url, **common)
            from idp.tables import postgres  # not every installation needs the driver

            postgres.bound(self._reader)
            postgres.bound(self._writer)

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for single statements; raises `Unavailable` when the database does not answer."""
        try:
            with self._reader.connect() as connection:
                yield connection
        except _GONE as error:
            raise _unavailable(error) from error
        except DBAPIError as error:
            if _lost(error):
                raise Unavailable("database") from error
            raise

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all or nothing. Nothing slow inside. Raises `Unavailable`."""
        try:
            with self._writer.begin() as connection:
                yield connection
        except _GONE as error:
            raise _unavailable(error) from error
        except DBAPIError as error:
            if _lost(error):
                raise Unavailable("database") from error
            raise

    def ping(self) -> None:
        """Return if the database answers; raises `Unavailable`."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def forget_connections(self) -> None:
        """In a forked child: drop what the parent opened without closing it there."""
        self._reader.dispose(close=False)
        self._writer.dispose(close=False)

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        self._writer.dispose()
