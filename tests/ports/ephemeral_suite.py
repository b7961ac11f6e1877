"""What every plug of the Ephemeral socket must do; plain functions, so that broken plugs can be held to them too.

Each takes a store and a key prefix of its own. Lifetimes are short and waited for: the clock is the store's.
"""

import time
from typing import Callable

from idp.ports import Ephemeral, Spent
from tests.services import race, race_processes

WIDE = 16
LIFE = 3  # seconds; a busy machine may take one for the lines between


def values_come_back(store: Ephemeral, key: str) -> None:
    every_byte = bytes(range(256))
    for name, value in {"b": every_byte, "e": b"", "u": "髙橋 太郎 🍣".encode(), "64k": every_byte * 256}.items():
        store.put(key + name, value, 60)
        assert store.get(key + name) == value
        assert store.spend(key + name, 60) == Spent(value, True)
        assert store.take(key + name) == value
    longest = (key + "k" * 200)[:200]
    store.put(longest, b"x", 60)
    assert store.get(longest) == b"x" and store.get(longest[:199]) is None
    assert store.ping() is None


def missing_is_none(store: Ephemeral, key: str) -> None:
    assert store.get(key) is None
    assert store.take(key) is None
    assert store.spend(key, 60) is None
    store.drop(key)
    assert store.get(key) is None


def several_are_put_in_one_step(store: Ephemeral, key: str) -> None:
    store.put(key + "b", b"old", 1)
    store.spend(key + "b", 60)
    store.put(key + "a", b"1", 60, (key + "b", b"2", 60), (key + "c", b"", 60))
    assert [store.get(key + name) for name in "abc"] == [b"1", b"2", b""]
    assert store.spend(key + "b", 60) == Spent(b"2", True)


def put_replaces(store: Ephemeral, key: str) -> None:
    store.put(key, b"old", 1)
    store.put(key, b"new", 60)
    store.spend(key, 60)
    store.put(key, b"newer", 60)
    assert store.get(key) == b"newer"
    assert store.spend(key, 60) == Spent(b"newer", True)  # replacing makes it fresh again


def drop_removes(store: Ephemeral, key: str) -> None:
    store.put(key, b"x", 60)
    store.put(key + "other", b"y", 60)
    assert store.drop(key) is None
    assert store.get(key) is None and store.get(key + "other") == b"y"


def lifetimes_end(store: Ephemeral, key: str) -> None:
    begun = time.monotonic()
    for name in ("get", "take", "spend", "add"):
        store.put(key + name, b"x", LIFE)
    store.add(key + "added", b"x", LIFE)
    store.put(key + "shortened", b"x", 60)
    store.put(key + "shortened", b"x", LIFE)
    store.put(key + "prolonged", b"x", LIFE)
    store.put(key + "prolonged", b"x", 60)
    store.put(key + "kept longer", b"x", LIFE)
    store.spend(key + "kept longer", 60)
    store.put(key + "kept shorter", b"x", 60)
    store.spend(key + "kept shorter", LIFE)
    assert [store.hit(key + "hit", LIFE) for _ in range(3)] == [1, 2, 3]
    time.sleep(LIFE / 3)
    early = (
        store.get(key + "get"),
        store.add(key + "added", b"y", 60),  # does not prolong it
        store.spend(key + "kept shorter", 60),  # nor does this
        store.hit(key + "hit", 60),  # nor this
    )
    if time.monotonic() - begun > LIFE - 1 and len(key) < 100:  # the machine was too slow to tell
        return lifetimes_end(store, key + "again")
    assert early == (b"x", False, Spent(b"x", False), 4)
    time.sleep(LIFE)
    assert store.get(key + "get") is None
    assert store.take(key + "take") is None
    assert store.spend(key + "spend", 60) is None
    assert store.get(key + "added") is None
    assert store.get(key + "shortened") is None
    assert store.get(key + "prolonged") == b"x"
    assert store.get(key + "kept longer") == b"x"
    assert store.get(key + "kept shorter") is None
    assert store.hit(key + "hit", 60) == 1
    assert store.add(key + "add", b"again", 60) is True and store.get(key + "add") == b"again"


def add_only_once(store: Ephemeral, key: str) -> None:
    assert store.add(key, b"first", 60) is True
    assert store.add(key, b"second", 60) is False
    assert store.get(key) == b"first"
    store.spend(key, 60)
    assert store.add(key, b"third", 60) is False  # spent, but still there
    store.take(key)
    assert store.add(key, b"fourth", 60) is True


def spent_is_recognised(store: Ephemeral, key: str) -> None:
    store.put(key, b"code", 60)
    assert [store.spend(key, 60) for _ in range(3)] == [Spent(b"code", True), Spent(b"code", False), Spent(b"code", False)]
    assert store.get(key) == b"code"
    store.drop(key)
    assert store.spend(key, 60) is None


def counts_live_apart(store: Ephemeral, key: str) -> None:
    store.put(key, b"value", 60)
    assert store.hit(key, 60) == 1 and store.hit(key + "2", 60) == 1
    assert store.get(key) == b"value"
    store.take(key)
    store.put(key, b"value", 60)
    store.drop(key)
    assert store.hit(key, 60) == 2


def _once(store: Ephemeral, key: str, run: Callable[[Callable[[], object]], list]) -> None:
    store.put(key + "take", b"v", 60)
    assert sorted(run(lambda: store.take(key + "take") or b"")) == [b""] * (WIDE - 1) + [b"v"]
    assert sum(run(lambda: store.add(key + "add", b"v", 60))) == 1
    store.put(key + "spend", b"v", 60)
    found = run(lambda: store.spend(key + "spend", 60))
    assert all(one and one.value == b"v" for one in found) and sum(one.first for one in found) == 1
    assert sorted(run(lambda: store.hit(key + "hit", 60))) == list(range(1, WIDE + 1))


def once_among_threads(store: Ephemeral, key: str) -> None:
    for turn in range(5):
        _once(store, f"{key}{turn}", lambda call: race(WIDE, call))


def once_among_processes(store: Ephemeral, key: str) -> None:
    store.put(key, b"parent", 60)  # the connection is open before the fork
    _once(store, key, lambda call: sum(race_processes(4, lambda: race(WIDE // 4, call)), []))
    assert store.get(key) == b"parent"


def expired_is_claimed_once(store: Ephemeral, key: str) -> None:
    store.put(key, b"old", 1)
    store.hit(key, 1)
    time.sleep(1.1)
    assert sum(race(WIDE, lambda: store.add(key, b"new", 60))) == 1
    assert sorted(race(WIDE, lambda: store.hit(key, 60))) == list(range(1, WIDE + 1))


SUITE = (
    values_come_back,
    missing_is_none,
    put_replaces,
    several_are_put_in_one_step,
    drop_removes,
    add_only_once,
    spent_is_recognised,
    counts_live_apart,
    once_among_threads,
    once_among_processes,
    lifetimes_end,  # what waits comes last
    expired_is_claimed_once,
)
