"""An unknown name does the work of a member: counted, not timed."""

from dataclasses import dataclass
from types import SimpleNamespace

import bcrypt

from idp.domain.account import Account
from idp.domain.policy import Argon2Cost
from idp.services.ghosts import SAMPLE, Ghosts
from idp.services.passwords import Hasher
from idp.tables import accounts
from idp.tables.database import Database
from idp.vault import Vault, random_id

COST, DEARER = Argon2Cost(memory_kib=64, time_cost=1), Argon2Cost(memory_kib=128, time_cost=2)


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_unknown_names_share_the_work_of_old_and_new_hashes_as_members_do(database: Database, vault: Vault) -> None:
    hasher, clock = Hasher(COST, vault, slots=1, waiting=8), Clock()
    old = hasher.wrap(bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
    with database.write() as connection:
        for number in range(40):
            stored = old if number % 2 else hasher.hash("Other1other")
            name = f"member{number:02}"
            accounts.add(connection, Account(random_id(), name, name, "はなこ", password_hash=stored))
    ghosts = Ghosts(SimpleNamespace(database=database, vault=vault, clock=clock))  # type: ignore[arg-type]
    picked = [ghosts.hash_for(f"unknown{number}") for number in range(200)]
    wrapped = sum(stored == old for stored in picked)
    assert 60 < wrapped < 140  # half of the members
    assert picked == [ghosts.hash_for(f"unknown{number}") for number in range(200)]


def test_every_hash_of_the_sample_stands_for_somebody(database: Database, vault: Vault) -> None:
    with database.write() as connection:
        for number in range(SAMPLE):
            accounts.add(connection, Account(f"member{number}", f"member{number}", f"member{number}", "はなこ", password_hash=f"hash{number}"))
    ghosts = Ghosts(SimpleNamespace(database=database, vault=vault, clock=Clock()))  # type: ignore[arg-type]
    assert len({ghosts.hash_for(f"unknown{number}") for number in range(6_000)}) == SAMPLE


def test_the_work_of_a_ghost_is_done_and_never_lets_anybody_in(vault: Vault) -> None:
    hasher = Hasher(COST, vault, slots=1, waiting=8)
    old = hasher.wrap(bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
    before = hasher.runs, hasher.foreign_runs
    assert not hasher.verify(old, "wrong").ok
    known = hasher.runs - before[0], hasher.foreign_runs - before[1]
    before = hasher.runs, hasher.foreign_runs
    assert not hasher.verify(None, "secret", old).ok
    assert (hasher.runs - before[0], hasher.foreign_runs - before[1]) == known == (1, 1)
    assert not hasher.verify(None, "secret", hasher.hash("secret")).ok


def test_after_the_cost_was_raised_unknown_names_cost_what_members_do(database: Database, vault: Vault) -> None:
    old, new = Hasher(COST, vault, slots=1, waiting=8), Hasher(DEARER, vault, slots=1, waiting=8)
    hashes: list[str | None] = [None, old.hash("Other1other"), old.hash("Other1other"), new.hash("Other1other")]
    with database.write() as connection:
        for number in range(80):
            name = f"member{number:02}"
            accounts.add(connection, Account(random_id(), name, name, "はなこ", password_hash=hashes[number % 4]))
    ghosts = Ghosts(SimpleNamespace(database=database, vault=vault, clock=Clock()))  # type: ignore[arg-type]

    def costs() -> list[int]:
        """What wrong passwords for unknown names cost, name by name."""
        found = []
        for number in range(200):
            before, ghost = new.filled, ghosts.hash_for(f"unknown{number}")
            assert ghost is not None and not new.verify(None, "Other1other", ghost).ok
            found.append(new.filled - before)
        return found

    seen = costs()
    cheap, dear = COST.memory_kib * COST.time_cost, DEARER.memory_kib * DEARER.time_cost
    assert set(seen) == {cheap, dear} and 90 < seen.count(cheap) < 180  # of the members with a password two in three
    assert costs() == seen
    for stored, cost in ((hashes[1], cheap), (hashes[3], dear)):
        before = new.filled
        assert not new.verify(stored, "Wrong1wrong").ok and new.filled - before == cost


def test_where_nobody_has_a_password_yet_unknown_names_cost_what_a_new_one_does(database: Database, vault: Vault) -> None:
    hasher = Hasher(DEARER, vault, slots=1, waiting=8)
    with database.write() as connection:
        accounts.add(connection, Account(random_id(), "member00", "member00", "はなこ"))
    ghosts = Ghosts(SimpleNamespace(database=database, vault=vault, clock=Clock()))  # type: ignore[arg-type]
    assert ghosts.hash_for("unknown") is None
    assert not hasher.verify(None, "Other1other", None).ok and hasher.filled == DEARER.memory_kib * DEARER.time_cost
