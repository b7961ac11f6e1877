"""Connections to a SQLite file that notice when it is removed or replaced: a restored backup must be used, not its grave."""

import contextlib
import fcntl
import os
import sqlite3
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, event


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


class _Opened(sqlite3.Connection):
    inode = 0


def watch(engine: Engine, path: str) -> None:
    """Let every connection of the engine know which file it was opened on."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _arguments: Any, options: Any) -> Any:
        inode = _inode(path)
        # without "rw" a file that is gone would come back empty
        opened = sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, factory=_Opened, **options)
        opened.inode = inode
        return opened


def still_there(connection: _Opened, path: str) -> bool:
    """Whether the connection is one to the file that stands there now."""
    return connection.inode == _inode(path)
