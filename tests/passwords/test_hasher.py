"""The hasher: right and wrong, stale or not, the same work for all, and never more than the machine can take."""

import base64

import pytest
from argon2.low_level import Type, hash_secret

from idp.domain.policy import Argon2Cost
from idp.services.argon2 import Room
from idp.services.foreign_hashes import ForeignHashError
from idp.services.passwords import Busy, Checked, Hasher
from idp.vault import Vault
from tests.passwords.test_foreign_hashes import BCRYPT, DES, KNOWN
from tests.services import race

CHEAP = Argon2Cost(memory_kib=64, time_cost=1)
OLD, NEW = ("old", bytes(range(32))), ("new", bytes(range(32, 64)))


@pytest.fixture
def hasher(vault: Vault) -> Hasher:
    return Hasher(CHEAP, vault, slots=2, waiting=32, patience=60.0)


def test_a_right_password_and_its_neighbours(hasher: Hasher) -> None:
    stored = hasher.hash("Abcdefg1")
    assert stored.startswith("argon2:test:$argon2id$v=19$m=64,t=1,p=1$")
    assert hasher.verify(stored, "Abcdefg1") == Checked(True, False)
    for wrong in ("", "abcdefg1", "Abcdefg", "Abcdefg11", " Abcdefg1", "Abcdefg1 ", "Abcdefg1\0"):
        assert hasher.verify(stored, wrong) == Checked(False, False)
    assert hasher.hash("Abcdefg1") != stored


@pytest.mark.parametrize("password", ["", "a\0b", "合言葉はひらけごま", "\ud800", "𠮷" * 128, " "])
def test_any_text_can_be_a_password_as_typed(hasher: Hasher, password: str) -> None:
    assert hasher.verify(hasher.hash(password), password).ok


def test_512_bytes_are_taken_and_more_are_refused_before_any_work(hasher: Hasher) -> None:
    stored = hasher.hash("あ" * 170 + "ab")
    assert hasher.verify(stored, "あ" * 170 + "ab").ok
    before = hasher.runs
    for member in (stored, None):
        assert hasher.verify(member, "あ" * 171) == Checked(False, False)
        assert hasher.verify(member, "a" * 1_000_000) == Checked(False, False)
    assert hasher.runs == before
    with pytest.raises(ValueError):
        hasher.hash("a" * 513)


def test_the_pepper_is_needed(hasher: Hasher) -> None:
    stored = hasher.hash("Abcdefg1")
    other = Hasher(CHEAP, Vault((("test", NEW[1]),)), slots=1, waiting=0)
    assert not other.verify(stored, "Abcdefg1").ok


def test_pepper_rotation(hasher: Hasher) -> None:
    stored = Hasher(CHEAP, Vault((OLD,)), 1, 0).hash("Abcdefg1")
    both = Hasher(CHEAP, Vault((NEW, OLD)), 1, 0)
    assert both.verify(stored, "Abcdefg1") == Checked(True, True)
    assert both.verify(stored, "Abcdefg2") == Checked(False, False)
    fresh = both.hash("Abcdefg1")
    assert fresh.startswith("argon2:new:")
    retired = Hasher(CHEAP, Vault((NEW,)), 1, 0)
    assert retired.verify(fresh, "Abcdefg1") == Checked(True, False)
    assert retired.verify(stored, "Abcdefg1") == Checked(False, False)


@pytest.mark.parametrize(
    "now, stale",
    [
        (CHEAP, False),
        (Argon2Cost(128, 1), True),
        (Argon2Cost(64, 2), True),
        (Argon2Cost(32, 1), False),
    ],
)
def test_weaker_hashes_are_stale_and_stronger_ones_are_not(vault: Vault, hasher: Hasher, now: Argon2Cost, stale: bool) -> None:
    stored = hasher.hash("Abcdefg1")
    assert Hasher(now, vault, 1, 0).verify(stored, "Abcdefg1") == Checked(True, stale)


@pytest.mark.parametrize("password, foreign", KNOWN, ids=[f"{number}-{row[1][:9]}" for number, row in enumerate(KNOWN)])
def test_imported_hashes_are_wrapped_verified_and_stale(hasher: Hasher, password: str, foreign: str) -> None:
    stored = hasher.wrap(foreign)
    assert stored.startswith("wrapped:test:") and foreign[-10:] not in stored
    assert hasher.verify(stored, password) == Checked(True, True)
    assert hasher.verify(stored, password + "x") == Checked(False, False)
    assert hasher.verify(hasher.hash(password), password) == Checked(True, False)
    # what leaked from the old system is not itself a password here
    assert not hasher.verify(stored, foreign).ok


def test_extra_characters_never_pass_where_the_old_scheme_ignored_them(hasher: Hasher) -> None:
    wrapped = hasher.wrap(DES)
    assert hasher.verify(wrapped, "U*U*U*U*").ok
    assert not hasher.verify(wrapped, "U*U*U*U*ignored by DES crypt").ok
    import bcrypt

    wrapped = hasher.wrap(bcrypt.hashpw(b"a" * 72, b"$2b$04$CCCCCCCCCCCCCCCCCCCCC.").decode())
    assert hasher.verify(wrapped, "a" * 72).ok
    assert not hasher.verify(wrapped, "a" * 73).ok


def test_full_width_typing_is_understood_but_never_stored(hasher: Hasher) -> None:
    weak = Hasher(Argon2Cost(32, 1), Vault((("test", bytes(range(32))),)), 1, 0)
    stored = weak.hash("Abcdefg1")
    assert hasher.verify(stored, "Abcdefg1") == Checked(True, True)
    # not stale: the text as typed is not the password, and must not be hashed in its place
    assert hasher.verify(stored, "Ａｂｃｄｅｆｇ１") == Checked(True, False)
    assert not hasher.verify(stored, "Ａｂｃｄｅｆｇ２").ok
    full = hasher.hash("Ａｂｃｄｅｆｇ１")
    assert hasher.verify(full, "Ａｂｃｄｅｆｇ１").ok and not hasher.verify(full, "Abcdefg1").ok
    assert hasher.verify(hasher.wrap(DES), "Ｕ＊Ｕ*U*U*").ok


@pytest.mark.parametrize("typed", ["Abcdefg1", "Ａｂｃｄｅｆｇ１", "Abc　defg", "a" * 512, "ﷺ" * 80 + "Ａ", "a" * 513, "あ" * 171, "\0"])
def test_unknown_members_cost_what_known_ones_cost(hasher: Hasher, typed: str) -> None:
    known = hasher.hash("Abcdefg1")
    members = [None, "", known, hasher.wrap(BCRYPT), hasher.wrap(DES), "damaged", "argon2:gone:" + known.split(":")[2]]
    costs = set()
    for stored in members:
        before = hasher.runs
        hasher.verify(stored, typed)
        costs.add(hasher.runs - before)
    assert len(costs) == 1
    assert costs == {0} if len(typed.encode()) > 512 else costs <= {1, 2}


@pytest.mark.parametrize(
    "stored",
    [
        "x",
        ":",
        "::",
        "argon2:test:",
        "argon2:test:$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
        "argon2:test:$argon2id$v=19$m=1,t=0,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "argon2:test:$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAA",
        "argon2:test:$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "wrapped:test:$2b$99$zz:$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "wrapped:test::$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        BCRYPT,
    ],
)
def test_damaged_hashes_are_wrong_passwords(hasher: Hasher, stored: str) -> None:
    assert hasher.verify(stored, "Abcdefg1") == Checked(False, False)


def test_a_hash_of_no_known_scheme_is_not_wrapped(hasher: Hasher) -> None:
    with pytest.raises(ForeignHashError):
        hasher.wrap("$1$abcdefgh$G//4keteveJp0qb8z2DxG/")


def tries(hasher: Hasher, n: int) -> list[str]:
    """What `n` callers at once are told."""

    def one() -> str:
        try:
            hasher.verify(None, "Abcdefg1")
            return "done"
        except Busy:
            return "busy"

    return race(n, one)


def test_too_many_at_once_are_refused_at_once(vault: Vault) -> None:
    slow = Hasher(Argon2Cost(memory_kib=65_536, time_cost=4), vault, slots=1, waiting=2, patience=60.0)
    answers = tries(slow, 16)
    assert 3 <= answers.count("done") <= 8 and slow.runs == answers.count("done")
    assert tries(slow, 1) == ["done"]


def test_nobody_waits_longer_than_allowed(vault: Vault) -> None:
    slow = Hasher(Argon2Cost(memory_kib=65_536, time_cost=4), vault, slots=1, waiting=16, patience=0.02)
    answers = tries(slow, 8)
    assert "done" in answers and "busy" in answers
    assert tries(slow, 1) == ["done"]


def test_all_get_their_turn_when_enough_may_wait(hasher: Hasher) -> None:
    stored = hasher.hash("Abcdefg1")
    assert race(16, lambda: hasher.verify(stored, "Abcdefg1")) == [Checked(True, False)] * 16


@pytest.mark.parametrize("cost", [CHEAP, Argon2Cost(), Argon2Cost(memory_kib=128, time_cost=3, parallelism=2)], ids=str)
def test_hashes_are_those_of_the_argon2_library(cost: Argon2Cost) -> None:
    room, salt = Room(), bytes(range(16))
    for secret in (b"", b"a\0b", b"x" * 512):
        encoded = hash_secret(secret, salt, cost.time_cost, cost.memory_kib, cost.parallelism, 32, Type.ID)
        ours = room.digest(secret, salt, cost)
        assert ours is not None and encoded.endswith(b"$" + base64.b64encode(ours).rstrip(b"="))


def test_one_room_serves_hashes_of_every_size_and_refuses_costs_that_do_not_exist() -> None:
    room, salt = Room(), bytes(16)
    first = room.digest(b"one", salt, CHEAP)
    assert room.digest(b"one", salt, Argon2Cost(memory_kib=4_096, time_cost=1)) != first
    assert room.digest(b"one", salt, CHEAP) == first
    for wrong in (Argon2Cost(memory_kib=64, time_cost=0), Argon2Cost(memory_kib=0, time_cost=1)):
        assert room.digest(b"one", salt, wrong) is None
    assert room.digest(b"one", b"short", CHEAP) is None
