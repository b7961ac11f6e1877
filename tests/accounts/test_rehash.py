"""A password hashed anew at sign-in, for a higher cost or a new key, is the same password: it becomes no younger (requirement PW-08)."""

from dataclasses import replace
from pathlib import Path

import pytest

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.policy import Argon2Cost
from idp.features.login.flow import SignIn, Visitor, sign_in
from idp.services import letter_codes
from idp.services.ghosts import Ghosts
from idp.services.passwords import Hasher
from idp.tables.database import Database
from idp.vault import Vault
from tests.accounts.printed import member, read
from tests.courier.house import NOW, Clock, house

CHEAP, DEARER = Argon2Cost(memory_kib=64, time_cost=1), Argon2Cost(memory_kib=128, time_cost=1)
PASSWORD = "Letter2pass"


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is moved."""
    return Clock()


@pytest.fixture
def deps(database: Database, tmp_path: Path, clock: Clock) -> Deps:
    """A house whose pepper has just got a new key."""
    found = house(database, tmp_path, clock)
    return replace(found, vault=Vault((("new", bytes(range(32, 64))), ("test", bytes(range(32))))))


def with_letter(deps: Deps, **changes: object) -> Account:
    """A member whose letter was printed now, before cost and key changed."""
    old = Hasher(CHEAP, Vault((("test", bytes(range(32))),)), slots=1, waiting=8)
    return member(deps, "hanako01", password_hash=old.hash(PASSWORD), **{"password_state": "letter", "password_at": NOW, **changes})


def come(deps: Deps) -> SignIn:
    return sign_in(deps, Hasher(DEARER, deps.vault, slots=1, waiting=8), Ghosts(deps), "hanako01", PASSWORD, Visitor("192.0.2.1"))


def test_a_letter_that_was_used_in_time_still_expires_and_keeps_its_code(deps: Deps, clock: Clock) -> None:
    before = with_letter(deps)
    code = letter_codes.code_of(deps, before.id, NOW, "test")
    clock.now += deps.policy.letters.valid - 1
    assert come(deps).result == "ok"
    after = read(deps, before)
    assert after.password_hash != before.password_hash and f"m={DEARER.memory_kib}" in str(after.password_hash)
    assert replace(after, password_hash=before.password_hash) == before
    assert letter_codes.matches(deps, after, code)
    clock.now += 2
    assert come(deps).result == "letter_expired"


@pytest.mark.parametrize("changes, result", [({}, "letter_expired"), ({"status": "locked"}, "suspended"), ({"status": "closing"}, "suspended")])
def test_whoever_does_not_come_in_gets_no_new_hash(deps: Deps, clock: Clock, changes: dict[str, object], result: str) -> None:
    before = with_letter(deps, **changes)
    clock.now += deps.policy.letters.valid + 1
    for _ in range(2):
        assert come(deps).result == result
    assert read(deps, before) == before
