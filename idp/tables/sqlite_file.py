"""Connections to a SQLite file that notice when it is removed or replaced: a restored backup must be used, not its grave."""

import contextlib
import fcntl
import os
import sqlite3
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError


def make(path: str) -> None:
    """An empty file if there is none, for our own user only: members' data will stand in it."""
    with contextlib.suppress(OSError), open(path + ".lock", "a") as lock:  # the first use says so
        fcntl.flock(lock, fcntl.LOCK_EX)
        # never an existing file: to close it would drop the locks that connections of this process hold on it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # for good; of several that tried it at once some would fail


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


def watch(engine: Engine, path: str) -> None:
    """Make every connection of the engine one to the file that stands there now."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, record: Any, _arguments: Any, options: Any) -> Any:
        record.info["inode"] = _inode(path)
        # without "rw" a file that is gone would come back empty
        return sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, **options)

    @event.listens_for(engine, "checkout")
    def still_there(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("inode") != _inode(path):
            raise DisconnectionError
