"""The ephemeral store as one SQLite file that all worker processes of one host share."""

import fcntl
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Sequence

from idp.ports import Spent, Unavailable

# a changed layout takes a new table name: an older worker may still be running on the same file
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts
    (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires REAL NOT NULL, uses INTEGER NOT NULL) WITHOUT ROWID;
"""
# No fsync: a power cut may cost the file, which is then replaced, and each member one retry.
_PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA journal_size_limit=16777216;
PRAGMA cache_size=-2000; PRAGMA temp_store=MEMORY;
"""
PAGES = 131_072  # of 4 KiB: what a flood of strangers can fill at most; beyond it the store refuses
BUSY_SECONDS = 2.0
SWEEP_EVERY, SWEEP_ROWS = 64, 512

# keys are stored as v:… for values and h:… for counts
_PUT = """INSERT INTO facts VALUES (?, ?, ?, 0){}
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires, uses = 0"""
_PUTS = [_PUT.format(", (?, ?, ?, 0)" * more) for more in range(4)]
_ADD = """INSERT INTO facts VALUES (?1, ?2, ?3, 0)
    ON CONFLICT (key) DO UPDATE SET value = ?2, expires = ?3, uses = 0 WHERE expires <= ?4"""
_GET = "SELECT value FROM facts WHERE key = ? AND expires > ?"
_TAKE = "DELETE FROM facts WHERE key = ? AND expires > ? RETURNING value"
_SPEND = """UPDATE facts SET uses = uses + 1, expires = CASE uses WHEN 0 THEN ?2 ELSE expires END
    WHERE key = ?1 AND expires > ?3 RETURNING value, uses"""
_DROP = "DELETE FROM facts WHERE key = ?"
_HIT = """INSERT INTO facts VALUES (?1, x'', ?2, 1) ON CONFLICT (key) DO UPDATE SET
    uses = CASE WHEN expires <= ?3 THEN 1 ELSE uses + 1 END, expires = CASE WHEN expires <= ?3 THEN ?2 ELSE expires END
    RETURNING uses"""
_SWEEP = "DELETE FROM facts WHERE key > ?1 AND key <= ?2 AND expires <= ?3"
_SWEEP_TO = "SELECT max(key) FROM (SELECT key FROM facts WHERE key > ? ORDER BY key LIMIT ?)"


def _connect(path: str, pages: int = PAGES) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.executescript(_PRAGMAS)
    connection.execute(f"PRAGMA max_page_count={int(pages)}")  # a pragma takes no parameters
    return connection


def _prepare(path: str) -> None:
    """Create the table; a file that is not a sound database is replaced by an empty one."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several processes that start at once, one replaces the file
        if not Path(path).exists():
            _remove(path)  # what a removed file left beside it must not be taken for the new one's
        try:
            _try_file(path)
        except sqlite3.OperationalError:
            raise  # full, read-only or busy: nothing that a new file would mend
        except sqlite3.DatabaseError:
            _remove(path)
            _try_file(path)


def _remove(path: str) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(path + ending).unlink(missing_ok=True)


def _try_file(path: str) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # sessions stand in it: for our own user only
    connection = _connect(path)
    try:
        connection.executescript(_SCHEMA)
        if (verdict := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(verdict)
    finally:
        connection.close()


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


class _Held:
    """A connection that one thread at a time uses, and the file it belongs to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.inode = self.uses = 0


class SqliteEphemeral:
    """`path`: a file of its own, of at most `pages` of 4 KiB. The clock is this host's, which all processes of the file share.

    A corrupted file is replaced when the store is opened, a removed one at its next use. Expired rows are looked for with
    every `SWEEP_EVERY`th write, among the next `SWEEP_ROWS` rows: an eighth as many writes as there are rows find all. An
    index of them would cost a third of each write.
    """

    def __init__(self, path: str, pages: int = PAGES):
        self._path, self._pages = path, pages
        self._kept: list[_Held] = []
        try:
            _prepare(path)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable("ephemeral store") from error
        self.forget_connections()

    def forget_connections(self) -> None:
        """In a forked child: SQLite's connections must not be used, nor closed, in another process."""
        # one connection for reading and one for writing serve all threads: a warm one is worth more than one's own
        self._reading, self._writing = _Held(), _Held()
        self._kept += [self._reading, self._writing]  # or the garbage collector would close what the parent opened
        self._pid, self._swept = os.getpid(), ""

    def _connection(self, held: _Held) -> sqlite3.Connection:
        inode = _inode(self._path)
        if held.connection is None or held.inode != inode:  # first use, or the file was removed or replaced
            if not inode:
                _prepare(self._path)
            held.connection, held.inode = _connect(self._path, self._pages), _inode(self._path)
        return held.connection

    def _run(self, statement: str, values: Sequence[Any], writes: bool = True) -> tuple[list[Any], int]:
        """Rows returned and rows changed by one statement, which is one transaction."""
        if self._pid != os.getpid():
            self.forget_connections()
        held = self._writing if writes else self._reading
        try:
            with held.lock:  # threads queue here, as SQLite lets waiting ones sleep and poll
                connection = self._connection(held)
                held.uses += 1
                if writes and held.uses % SWEEP_EVERY == 0:
                    self._sweep(connection)
                cursor = connection.execute(statement, values)
                return cursor.fetchall(), cursor.rowcount
        except (sqlite3.Error, OSError) as error:
            raise Unavailable("ephemeral store") from error

    def _sweep(self, connection: sqlite3.Connection) -> None:
        (last,) = connection.execute(_SWEEP_TO, (self._swept, SWEEP_ROWS)).fetchone()
        connection.execute(_SWEEP, (self._swept, last or "", time.time()))
        self._swept = last or ""  # after the last row the first one comes

    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        """Store or replace the value and its lifetime; `also`: others, in the same step."""
        now = time.time()
        values = ["v:" + key, value, now + seconds]
        for other, its_value, its_seconds in also:
            values += ("v:" + other, its_value, now + its_seconds)
        self._run(_PUTS[len(also)], values)

    def add(self, key: str, value: bytes, seconds: int) -> bool:
        """Store only if no live value is there; true for exactly one of many parallel callers."""
        now = time.time()
        return self._run(_ADD, ("v:" + key, value, now + seconds, now))[1] == 1

    def get(self, key: str) -> bytes | None:
        """The live value, or None."""
        rows, _ = self._run(_GET, ("v:" + key, time.time()), writes=False)
        return rows[0][0] if rows else None

    def take(self, key: str) -> bytes | None:
        """The live value, removed: exactly one of many parallel callers gets it."""
        rows, _ = self._run(_TAKE, ("v:" + key, time.time()))
        return rows[0][0] if rows else None

    def spend(self, key: str, keep_seconds: int) -> Spent | None:
        """Mark the live value as spent and keep it for `keep_seconds` from the first time on."""
        now = time.time()
        rows, _ = self._run(_SPEND, ("v:" + key, now + keep_seconds, now))
        return Spent(rows[0][0], rows[0][1] == 1) if rows else None

    def drop(self, key: str) -> None:
        """Remove the value; nothing happens if there is none."""
        self._run(_DROP, ("v:" + key,))

    def hit(self, key: str, window_seconds: int) -> int:
        """Count one event and return the count within the window that the first event opened."""
        now = time.time()
        return self._run(_HIT, ("h:" + key, now + window_seconds, now))[0][0][0]

    def ping(self) -> None:
        """Return if the store can be written."""
        self.put("ping", b"", 10)

    def mistakes(self) -> list[str]:
        """None: nobody else sets it up."""
        return []
