"""Links in letters: for one purpose, the newest of a place, as often looked at as one likes, spent once."""

from idp.tables import links, registrations
from idp.tables.database import Database
from idp.tables.links import Link
from idp.tables.registrations import Registration
from tests.services import race

import pytest

NOW = 1_800_000_000


def link(fingerprint: str, **changes: object) -> Link:
    values = dict(purpose="reset", owner="a", place=0, epoch=3, channel="mail", created_at=NOW, expires_at=NOW + 60)
    return Link(fingerprint, **{**values, **changes})  # type: ignore[arg-type]


def put(database: Database, *rows: Link) -> None:
    with database.write() as connection:
        for row in rows:
            links.put(connection, row)


def found(database: Database, fingerprint: str, purpose: str = "reset", now: int = NOW) -> Link | None:
    with database.read() as connection:
        return links.find(connection, fingerprint, purpose, now)


def claim(database: Database, fingerprint: str, purpose: str = "reset", now: int = NOW) -> Link | None:
    with database.write() as connection:
        return links.claim(connection, fingerprint, purpose, now)


def test_a_link_is_for_one_purpose_and_until_the_second(database: Database) -> None:
    put(database, link("f"))
    assert found(database, "f") == link("f") and found(database, "f", now=NOW + 59)
    for purpose, now in (("registration", NOW), ("reset", NOW + 60)):
        assert found(database, "f", purpose, now) is None and claim(database, "f", purpose, now) is None
    assert [found(database, "f") for _ in range(20)] == [link("f")] * 20


def test_a_new_one_replaces_the_old_one_of_its_place_only(database: Database) -> None:
    put(database, link("f1"), link("f2", place=1), link("f3", owner="b"), link("f4", purpose="registration"))
    put(database, link("g", epoch=4, channel="sms", created_at=NOW + 1, expires_at=NOW + 99))
    assert found(database, "f1") is None and found(database, "g", now=NOW + 98) is not None
    assert all(found(database, name) for name in ("f2", "f3")) and found(database, "f4", "registration")
    with database.write() as connection:
        links.drop(connection, "a")
    assert [bool(found(database, name)) for name in ("g", "f2", "f3")] == [False, False, True]


def test_of_many_at_once_one_spends_it(database: Database) -> None:
    put(database, link("f"))
    won = race(16, lambda: claim(database, "f"))
    assert won.count(link("f")) == 1 and won.count(None) == 15


def test_of_many_new_ones_at_once_one_stays(database: Database) -> None:
    names = iter(f"f{n}" for n in range(16))
    race(16, lambda: put(database, link(next(names))))
    assert sum(found(database, f"f{n}") is not None for n in range(16)) == 1


def registration(name: str, **changes: object) -> Registration:
    values = dict(contract_key="k:" + name, contractor_id="7", contract_type="individual", login_id=name, login_id_key=name, nickname="n",
                  email="a@example.jp", locale="ja", password_hash="h", client_id="c", letter="l", sends=1, sent_at=NOW, created_at=NOW,
                  expires_at=NOW + 60)  # fmt: skip
    return Registration(name, **{**values, **changes})  # type: ignore[arg-type]


def register(database: Database, new: Registration) -> bool:
    try:
        with database.write() as connection:
            registrations.put(connection, new)
    except registrations.Taken:
        return False
    return True


def test_the_newest_registration_of_a_contract_wins_and_frees_its_id(database: Database) -> None:
    assert register(database, registration("first")) and register(database, registration("second", contract_key="k:first"))
    assert register(database, registration("third", login_id_key="first"))
    with database.read() as connection:
        assert registrations.find(connection, "first") is None
        assert registrations.of_contract(connection, "k:first", NOW) == registration("second", contract_key="k:first")
        assert registrations.holder(connection, "first", "k:first", NOW) and not registrations.holder(connection, "first", "k:third", NOW)
        assert not registrations.holder(connection, "first", "k:first", NOW + 60)


def test_an_id_is_held_only_while_its_registration_lives(database: Database) -> None:
    assert register(database, registration("first", login_id_key="id"))
    assert not register(database, registration("second", login_id_key="id"))
    assert register(database, registration("third", login_id_key="id", created_at=NOW + 60))


@pytest.mark.parametrize("same", ["contract_key", "login_id_key"])
def test_of_many_registrations_at_once_one_stays(database: Database, same: str) -> None:
    names = iter(f"r{n}" for n in range(16))
    won = race(16, lambda: register(database, registration(next(names), **{same: "x"})))
    with database.read() as connection:
        assert sum(registrations.find(connection, f"r{n}") is not None for n in range(16)) == 1
    assert won.count(True) >= 1 and (same == "contract_key" or won.count(True) == 1)
