"""The short form of `make faults`: both installations under a storm, then the checker; and each invariant is broken on purpose,
in an installation that runs, to show that the checker can fail."""

import contextlib
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, ContextManager, Iterator

import pytest

from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.vault import fingerprint
from tests.faults.storm import acts, checker, evidence, harms, report, tokens
from tests.faults.storm.houses import House, embedded, production
from tests.faults.storm.ledger import CANARY, Ledger
from tests.faults.storm.schedule import drawn
from tests.faults.storm.storm import calm, storm
from tests.faults.storm.visitor import Visitor

SEED, PEOPLE, CONTRACTS, LONGEST = "1", 8, 300, 0.4
SHORT = {
    "embedded": ["worker killed", "master killed", "mail server hangs", "database file locked", "ephemeral file removed", "disk full", "backup restored"],
    "production": [
        "courier killed", "PostgreSQL restarted", "PostgreSQL failed over", "PostgreSQL connections exhausted", "PostgreSQL disk full",
        "Redis stopped", "Redis flushed", "Redis failed over", "SMS gateway down",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    """Both, after the storm."""

    def weathered(house: House) -> House:
        calm(house, "before")
        storm(house, SEED, 0, [name for name in SHORT[house.name] if name in harms.possible(house)], LONGEST)
        calm(house, "afterwards")
        return house

    with contextlib.ExitStack() as stack, ThreadPoolExecutor() as pool:
        folder: Path = tmp_path_factory.mktemp("storm")
        made = pool.map(lambda make: stack.enter_context(make(folder / make.__name__, PEOPLE, CONTRACTS)), (embedded, production))
        yield {house.name: house for house in pool.map(weathered, list(made))}


@pytest.mark.parametrize("name", SHORT)
def test_what_must_hold_holds_after_everything_broke(houses: dict[str, House], name: str) -> None:
    house = houses[name]
    broken = checker.violations(house.ledger, evidence.found(house))
    said = "\n".join(report.lines(name, house.ledger, broken))
    assert not broken, said
    assert sum(house.ledger.faults.values()) >= len(SHORT[name]) - 1 and all(f"  {fault} " in said for fault in house.ledger.faults)
    done = {what for (what, outcome), count in house.ledger.acts.items() if outcome == "ok" and count}
    assert done >= {"sign-in", "sign-in with code", "password reset", "registration", "userinfo"}, said


def test_a_seed_says_what_happens_when() -> None:
    names = list(harms.COMMON)
    assert drawn("1", names, 2.0) == drawn("1", names, 2.0) != drawn("2", names, 2.0)
    assert sorted(one.name for one in drawn("1", names, 2.0)) == sorted(names)


@pytest.fixture
def house(houses: dict[str, House]) -> Iterator[House]:
    """The embedded one, with a clean slate: its members, and nothing that happened."""
    house = houses["embedded"]
    weathered, house.ledger = house.ledger, Ledger()
    house.ledger.members = weathered.members
    yield house
    house.ledger = weathered


def granted(house: House, again: bool = False) -> tokens.Granted:
    """Somebody has signed in at the portal that has a secret; `again`: the code is made good once more, and redeemed."""
    with house.somebody("plain") as member:
        visitor, client = Visitor(house), house.portals[0]
        code = acts.answered(acts.typed(visitor, visitor.authorize(client, scope=acts.SCOPE), member))
        store, key = SqliteEphemeral(f"{house.idp.folder}/disk/ephemeral.db"), f"code:{fingerprint(code)}"
        value = store.get(key)
        found = tokens.redeem(house, visitor, member, client, code, key, times=1)
        if again and value:
            store.put(key, value, 60)
            tokens.redeem(house, visitor, member, client, code, key, times=1)
        assert found
        return found


def change(house: House, statement: str, *values: str) -> None:
    """Behind the service's back."""
    with contextlib.closing(sqlite3.connect(house.idp.folder / "disk" / "idp.db", timeout=20, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(statement, values)


@contextlib.contextmanager
def code_good_twice(house: House) -> Iterator[None]:
    """The store forgets that a code was used."""
    granted(house, again=True)
    yield
    change(house, "DELETE FROM refresh_families")


@contextlib.contextmanager
def two_families(house: House) -> Iterator[None]:
    """Two refresh tokens of one code."""
    granted(house)
    columns = "account_id, client_id, generation, facts, used_at, expires_at, ends_at"
    change(house, f"INSERT INTO refresh_families (series_hash, {columns}) SELECT 'planted', {columns} FROM refresh_families LIMIT 1")
    yield
    change(house, "DELETE FROM refresh_families WHERE series_hash = 'planted'")


@contextlib.contextmanager
def family_lost(house: House) -> Iterator[None]:
    """A refresh token that was given out is not known any more."""
    granted(house)
    change(house, "DELETE FROM refresh_families")
    yield


@contextlib.contextmanager
def account_lost(house: House) -> Iterator[None]:
    """A member's account is gone."""
    name = next(iter(house.ledger.members))
    change(house, "UPDATE accounts SET login_id_key = 'planted' WHERE login_id_key = ?", name)
    yield
    change(house, "UPDATE accounts SET login_id_key = ? WHERE login_id_key = 'planted'", name)


@contextlib.contextmanager
def factor_forgotten(house: House) -> Iterator[None]:
    """The second factor of everybody is off, and nobody has said so."""
    change(house, "UPDATE accounts SET second_factor = 0")
    with house.somebody("mail") as member:
        visitor, client = Visitor(house), house.portals[0]
        code = acts.answered(acts.typed(visitor, visitor.authorize(client, scope=acts.SCOPE), member))
        tokens.redeem(house, visitor, member, client, code, "planted", times=1)
    yield
    for member in house.ledger.members.values():
        if member.factor:
            change(house, "UPDATE accounts SET second_factor = 1 WHERE login_id_key = ?", member.name)


@contextlib.contextmanager
def revocation_forgotten(house: House) -> Iterator[None]:
    """An access token that was revoked is good again."""
    held = granted(house)
    assert Visitor(house).asked(held.client, "revoke", token=held.access.value).status_code == 200
    house.ledger.end("revoked", [held.access])
    change(house, "DELETE FROM revoked_grants")
    yield


@contextlib.contextmanager
def session_kept(house: House) -> Iterator[None]:
    """Somebody who has signed out is signed in."""
    with house.somebody("plain") as member:
        visitor = Visitor(house)
        acts.typed(visitor, visitor.authorize(house.portals[0]), member)
        house.ledger.end("signed out", [house.ledger.holds("session", visitor.cookies["idp-session"], member, house.portals[0], "planted")])
    yield


@contextlib.contextmanager
def password_in_log(house: House) -> Iterator[None]:
    """Somebody has logged what was typed."""
    with _log_as_it_was(house), open(house.node.log, "a") as log:
        log.write(next(iter(house.ledger.members.values())).password + "\n")
        log.flush()
        yield


@contextlib.contextmanager
def token_in_table(house: House) -> Iterator[None]:
    """A token stands in a table as it is."""
    change(house, "UPDATE audit SET detail = ? WHERE id = (SELECT min(id) FROM audit)", granted(house).access.value)
    yield
    change(house, "UPDATE audit SET detail = '{}' WHERE id = (SELECT min(id) FROM audit)")


@contextlib.contextmanager
def password_on_page(house: House) -> Iterator[None]:
    """A page shows it: here because it was typed as a login ID."""
    Visitor(house).authorize(house.portals[0], login_hint=f"{CANARY}7")
    yield
    for path in (house.idp.folder / "disk").glob("ephemeral.db*"):
        path.unlink()  # it stands there as what was typed as a login ID


@contextlib.contextmanager
def fault_of_ours(house: House) -> Iterator[None]:
    """A table is missing, which is no fault of anybody else."""
    with _log_as_it_was(house):
        change(house, "ALTER TABLE audit RENAME TO planted")
        try:
            with house.somebody("plain") as member, contextlib.suppress(Exception):
                visitor = Visitor(house)
                acts.typed(visitor, visitor.authorize(house.portals[0]), member)
        finally:
            change(house, "ALTER TABLE planted RENAME TO audit")
        yield


@contextlib.contextmanager
def letters_away(house: House) -> Iterator[None]:
    """Nobody gets a letter any more."""
    house.post.hurry.set()
    calm(house, "afterwards")
    house.post.hurry.clear()
    yield


@contextlib.contextmanager
def _log_as_it_was(house: House) -> Iterator[None]:
    length = house.node.log.stat().st_size
    try:
        yield
    finally:
        os.truncate(house.node.log, length)


PLANTS: dict[Callable[[House], ContextManager[None]], str] = {
    code_good_twice: "nothing single-use has two effects",
    two_families: "nothing single-use has two effects",
    family_lost: "no acknowledged write is lost",
    account_lost: "no acknowledged write is lost",
    factor_forgotten: "no session without its factors",
    revocation_forgotten: "nothing revoked works",
    session_kept: "nothing revoked works",
    password_in_log: "no secret in a log, table or page",
    token_in_table: "no secret in a log, table or page",
    password_on_page: "no secret in a log, table or page",
    fault_of_ours: "no error of ours",
    letters_away: "in good health by itself afterwards",
}


def test_each_invariant_is_broken_here() -> None:
    assert set(PLANTS.values()) == set(checker.INVARIANTS)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_violation_is_found(house: House, plant: Callable[[House], ContextManager[None]]) -> None:
    with plant(house):
        broken = checker.violations(house.ledger, evidence.found(house))
    assert PLANTS[plant] in broken, broken
    assert set(broken) <= {PLANTS[plant]}, broken
