"""Plugs of the Ephemeral socket that are wrong in one way each: the shared suite must find every one of them."""

import threading
import time
import uuid
from pathlib import Path

import pytest

from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.ports import Spent
from tests.ports.ephemeral_suite import SUITE


class _Dict(SqliteEphemeral):
    """Kept in the memory of one process."""

    def __init__(self, path: str):
        super().__init__(path)
        self._held: dict[str, bytes] = {}
        self._guard = threading.Lock()

    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        for name, held, _ in ((key, value, seconds), *also):
            self._held[name] = held

    def take(self, key: str) -> bytes | None:
        with self._guard:
            return self._held.pop(key, None)


class _NoExpiry(SqliteEphemeral):
    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        super().put(key, value, seconds + 3600, *[(name, held, life + 3600) for name, held, life in also])


class _PutsTheFirst(SqliteEphemeral):
    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        super().put(key, value, seconds)


class _TakeInTwo(SqliteEphemeral):
    def take(self, key: str) -> bytes | None:
        value = self.get(key)
        time.sleep(0.002)
        self.drop(key)
        return value


class _AddInTwo(SqliteEphemeral):
    def add(self, key: str, value: bytes, seconds: int) -> bool:
        if self.get(key) is not None:
            return False
        time.sleep(0.002)
        self.put(key, value, seconds)
        return True


class _AddProlongs(SqliteEphemeral):
    def add(self, key: str, value: bytes, seconds: int) -> bool:
        if added := super().add(key, value, seconds):
            return added
        self.put(key, self.get(key) or value, seconds)
        return False


class _SpendInTwo(SqliteEphemeral):
    def spend(self, key: str, keep_seconds: int) -> Spent | None:
        value = self.get(key)
        first = self.add(key + "/spent", b"", keep_seconds)
        return None if value is None else Spent(value, first)


class _SpendForgets(SqliteEphemeral):
    def spend(self, key: str, keep_seconds: int) -> Spent | None:
        value = self.take(key)
        return None if value is None else Spent(value, True)


class _SpendAlwaysFirst(SqliteEphemeral):
    def spend(self, key: str, keep_seconds: int) -> Spent | None:
        found = super().spend(key, keep_seconds)
        return found and Spent(found.value, True)


class _HitInTwo(SqliteEphemeral):
    def hit(self, key: str, window_seconds: int) -> int:
        count = int(self.get("count" + key) or b"0") + 1
        time.sleep(0.002)
        self.put("count" + key, str(count).encode(), window_seconds)
        return count


class _HitProlongs(SqliteEphemeral):
    def hit(self, key: str, window_seconds: int) -> int:
        count = super().hit(key, window_seconds)
        self._run("UPDATE facts SET expires = ? WHERE key = ?", (time.time() + window_seconds, "h:" + key))
        return count


class _HitSharesValues(SqliteEphemeral):
    def hit(self, key: str, window_seconds: int) -> int:
        count = super().hit(key, window_seconds)
        self.put(key, str(count).encode(), window_seconds)
        return count


class _TextOnly(SqliteEphemeral):
    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        super().put(key, value.decode(errors="replace").encode(), seconds, *also)


class _CutsShort(SqliteEphemeral):
    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        super().put(key, value[:32_768], seconds, *also)


class _EmptyIsMissing(SqliteEphemeral):
    def get(self, key: str) -> bytes | None:
        return super().get(key) or None


BROKEN = SqliteEphemeral.__subclasses__()


@pytest.mark.parametrize("plug", BROKEN, ids=lambda plug: plug.__name__)
def test_a_broken_plug_is_found(plug: type[SqliteEphemeral], tmp_path: Path) -> None:
    broken = plug(f"{tmp_path}/ephemeral.db")
    for check in SUITE:
        try:
            check(broken, uuid.uuid4().hex)
        except AssertionError:
            return
    pytest.fail(f"the suite passes {plug.__name__}")
