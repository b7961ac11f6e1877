"""What only the SQLite plug of the Ephemeral socket must stand: locks, damage, other users, floods."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Callable

import pytest

from idp.adapters.ephemeral_sqlite import SWEEP_EVERY, SqliteEphemeral
from idp.ports import Unavailable
from tests.services import race_processes, takes_less



def test_sqlite_locked_by_another_program(tmp_path: Path) -> None:
    store = SqliteEphemeral(f"{tmp_path}/e.db")
    store.put("k", b"v", 60)
    other = sqlite3.connect(f"{tmp_path}/e.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def refused() -> None:
        with pytest.raises(Unavailable, match="ephemeral store"):
            store.put("k", b"w", 60)

    assert takes_less(2.5, refused)
    assert store.get("k") == b"v"  # reading goes on
    other.execute("ROLLBACK")
    store.put("k", b"w", 60)
    assert store.get("k") == b"w"
    other.close()


def test_sqlite_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="ephemeral store"):
        SqliteEphemeral(f"{tmp_path}/file/e.db")


def test_sqlite_damaged_while_running(tmp_path: Path) -> None:
    store = SqliteEphemeral(f"{tmp_path}/e.db")
    for file in tmp_path.glob("e.db*"):
        file.write_bytes(os.urandom(40_960))
    store.forget_connections()
    for call in (lambda: store.get("k"), lambda: store.put("k", b"v", 60), lambda: store.take("k"), store.ping):
        with pytest.raises(Unavailable, match="ephemeral store"):
            call()


def _garbage(file: Path) -> None:
    file.write_bytes(os.urandom(8192))


def _holes(file: Path) -> None:
    store = SqliteEphemeral(str(file))
    for number in range(200):
        store.put(f"k{number}", b"v" * 1000, 60)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    del store
    with open(file, "r+b") as out:
        out.seek(8192)
        out.write(os.urandom(40_960))


def _text(file: Path) -> None:
    file.write_text("not a database, but long enough to be looked at" * 50)


@pytest.mark.parametrize("damage", [_garbage, _holes, _text])
def test_a_damaged_file_is_replaced_at_start(damage: Callable[[Path], None], tmp_path: Path) -> None:
    damage(tmp_path / "e.db")
    store = SqliteEphemeral(f"{tmp_path}/e.db")
    assert store.get("k1") is None
    store.put("k", b"v", 60)
    assert SqliteEphemeral(f"{tmp_path}/e.db").get("k") == b"v"


def test_of_many_processes_that_start_on_a_damaged_file_all_share_the_new_one(tmp_path: Path) -> None:
    _garbage(tmp_path / "e.db")
    assert sum(race_processes(8, lambda: SqliteEphemeral(f"{tmp_path}/e.db").add("k", b"v", 60))) == 1


def test_the_file_is_for_its_user_only(tmp_path: Path) -> None:
    store = SqliteEphemeral(f"{tmp_path}/new/e.db")
    store.put("k", b"v", 60)
    assert {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "new").glob("e.db*") if file.suffix != ".lock"} == {"0o600"}


def test_a_flood_leaves_as_fast_as_it_comes(tmp_path: Path) -> None:
    store = SqliteEphemeral(f"{tmp_path}/e.db")
    for number in range(2_000):
        store.put(f"old{number}", b"v" * 500, 1)
    time.sleep(1.1)
    for number in range(700):
        store.put(f"new{number}", b"v" * 500, 60)
    connection = sqlite3.connect(tmp_path / "e.db")
    assert connection.execute("SELECT count(*) FROM facts").fetchone() == (700,)
    connection.close()


def test_a_full_store_refuses_and_recovers(tmp_path: Path) -> None:
    store = SqliteEphemeral(f"{tmp_path}/e.db", pages=64)
    with pytest.raises(Unavailable, match="ephemeral store"):
        for number in range(1_000):
            store.put(f"k{number}", b"v" * 900, 1)
    assert store.get("k0") == b"v" * 900
    time.sleep(1.1)
    refused = 0
    for number in range(200):
        try:
            store.put(f"n{number}", b"v" * 100, 60)
        except Unavailable:
            refused += 1
    assert refused <= SWEEP_EVERY
    assert store.get("n199") == b"v" * 100
