"""Copies of the whole database in one file, made while it is in use, and brought back all at once: SQLite by its own online
backup (sqlite.org/backup.html), PostgreSQL by its own client programs."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import quote

from sqlalchemy import Connection

from idp.tables.copy_error import CopyError
from idp.tables.database import Database

SQLITE, POSTGRES = b"SQLite format 3\0", b"PGDMP"
Bring = Callable[[Connection], None]


def make(database: Database, to: Path) -> None:
    """Copy the database, as it is at one moment, to a new file that only our user reads. Raises `CopyError`, OSError."""
    part = to.with_name(to.name + ".part")
    if to.exists():
        raise CopyError(f"{to} is there already")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        if database.dialect == "sqlite":
            _copy(_path(database), part)
            _single(part)
            _sound(part)
        else:
            from idp.tables import postgres_copies  # not every installation needs the driver

            postgres_copies.dump(database, part)
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        os.replace(part, to)
    except sqlite3.Error as error:
        raise CopyError(f"the database cannot be copied: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def step(database: Database, file: Path) -> str:
    """The schema's step that a copy is at. Raises `CopyError` if it is none, or one of another kind of database."""
    with open(file, "rb") as opened:
        head = opened.read(len(SQLITE))
    kind = "sqlite" if head == SQLITE else "postgresql" if head.startswith(POSTGRES) else ""
    if not kind:
        raise CopyError(f"{file} is not a backup")
    if kind != database.dialect:
        raise CopyError(f"{file} is a backup of {kind}, and [database] url names {database.dialect}")
    if kind == "postgresql":
        from idp.tables import postgres_copies

        return postgres_copies.step(file)
    try:
        _sound(file)
        with contextlib.closing(_opened(file)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise CopyError(f"{file} is not a backup, or is damaged: {error}") from None
    return str(found[0]) if found else ""


@contextlib.contextmanager
def restoring(database: Database, file: Path) -> Iterator[tuple[Database, Bring]]:
    """Put the copy in the place of what the database holds: yields a store, and what has to be done first in the one
    transaction that the caller opens on it and in which whatever must follow is done. Nobody sees the copy before the block
    has ended; what goes wrong leaves the database as it was. Raises `CopyError`."""
    if database.dialect == "postgresql":
        from idp.tables import postgres_copies

        with postgres_copies.restoring(database, file) as bring:
            yield database, bring
        return
    path = _path(database)
    with _scratch(path.with_name(path.name + ".restoring")) as prepared:
        try:
            _copy(file, prepared)
            scratch = Database(f"sqlite:///{prepared}", pool=1)
            try:
                yield scratch, lambda connection: None
            finally:
                scratch.close()
            _single(prepared)
            _copy(prepared, path)  # one transaction: others see what was there, or all of this
        except sqlite3.Error as error:
            raise CopyError(f"the backup cannot be brought back: {error}") from None


@contextlib.contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    names = [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", "-journal", ".lock")]
    for name in names:
        name.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield path
    finally:
        for name in names:
            name.unlink(missing_ok=True)


def _path(database: Database) -> Path:
    return Path(database.engine.url.database or "")


def _opened(path: Path, mode: str = "ro") -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=30)


def _copy(source: Path, target: Path) -> None:
    with contextlib.closing(_opened(source)) as one, contextlib.closing(_opened(target, "rw")) as other:
        other.execute("PRAGMA synchronous=FULL")
        one.backup(other)


def _single(path: Path) -> None:
    """All of it in the one file, which is what gets carried away."""
    with contextlib.closing(_opened(path, "rw")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _sound(path: Path) -> None:
    with contextlib.closing(_opened(path)) as connection:
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise CopyError(f"{path} is damaged: {str(said)[:200]}")
