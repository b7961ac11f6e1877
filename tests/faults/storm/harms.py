"""What happens to an installation: each fault lasts as long as its block, and leaves everything in good health behind it."""

import contextlib
import random
import sqlite3
import time
from typing import Callable, ContextManager, Iterator

from tests.faults.storm import disk, evidence
from tests.faults.storm.harms_servers import PRODUCTION
from tests.faults.storm.houses import House

Harm = Callable[[House, random.Random], ContextManager[None]]
CLOCK = 90.0  # seconds by which a clock is wrong


def killed(kind: str) -> Harm:
    """kill -9 of one process of the node; a master is started again at the end."""

    @contextlib.contextmanager
    def harm(house: House, rng: random.Random) -> Iterator[None]:
        house.node.kill_one(rng, kind)
        yield
        if kind == "master":
            house.node.start()

    return harm


@contextlib.contextmanager
def clock_moved(house: House, rng: random.Random) -> Iterator[None]:
    """The node runs with a clock that is wrong, forwards or backwards."""
    house.node.stop()
    house.node.start(shift=rng.choice((-1, 1)) * CLOCK)
    yield
    house.node.stop()
    house.node.start()


def away(name: str, how: str) -> Harm:
    """The mail server or the gateway is down, or takes everything and says nothing."""

    @contextlib.contextmanager
    def harm(house: House, rng: random.Random) -> Iterator[None]:
        relay = house.relays[name]
        relay.cut() if how == "down" else relay.hold()
        try:
            yield
        finally:
            relay.heal()

    return harm


def locked(store: str) -> Harm:
    """Another process holds the file of an embedded store."""

    @contextlib.contextmanager
    def harm(house: House, rng: random.Random) -> Iterator[None]:
        holder = sqlite3.connect(house.idp.folder / "disk" / f"{store}.db", isolation_level=None, timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.execute("ROLLBACK")
            holder.close()

    return harm


@contextlib.contextmanager
def file_removed(house: House, rng: random.Random) -> Iterator[None]:
    """The ephemeral store's file is gone."""
    for path in (house.idp.folder / "disk").glob("ephemeral.db*"):
        path.unlink()
    yield


@contextlib.contextmanager
def disk_full(house: House, rng: random.Random) -> Iterator[None]:
    """Not a byte is left on the file system of the stores."""
    assert house.disk
    with disk.full(house.disk):
        yield


@contextlib.contextmanager
def restored(house: House, rng: random.Random) -> Iterator[None]:
    """A backup is made, the load goes on, and the backup is brought back."""
    copy = house.idp.folder / f"backup-{time.monotonic_ns()}"
    with house.pause():
        house.idp.run("backup", str(copy))
        backup_at = time.monotonic()
    yield
    with house.pause():
        house.ledger.missing += evidence.lost(house)  # nobody can tell afterwards
        house.idp.run("restore", str(copy), "--over")
        house.ledger.restored(backup_at)


COMMON: dict[str, Harm] = {
    "worker killed": killed("worker"),
    "courier killed": killed("courier"),
    "master killed": killed("master"),
    "clock moved": clock_moved,
    "mail server down": away("mail", "down"),
    "mail server hangs": away("mail", "hangs"),
    "SMS gateway down": away("sms", "down"),
    "SMS gateway hangs": away("sms", "hangs"),
    "backup restored": restored,
}
EMBEDDED: dict[str, Harm] = {
    "database file locked": locked("idp"),
    "ephemeral file locked": locked("ephemeral"),
    "ephemeral file removed": file_removed,
    "disk full": disk_full,
}


def possible(house: House) -> dict[str, Harm]:
    """Every fault that this installation can have here."""
    found = {**COMMON, **(EMBEDDED if house.postgres is None else PRODUCTION)}
    own = house.postgres.own_disks if house.postgres else house.disk is not None
    return {name: harm for name, harm in found.items() if own or "disk" not in name}
