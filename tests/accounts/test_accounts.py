"""New accounts and what the operator does to them, on each engine."""

import dataclasses
import json
from typing import Any

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.domain import profile
from idp.domain.account import Account
from idp.domain.policy import Waits
from idp.services import accounts as service
from idp.services.accounts import NewAccount, Rejected
from idp.services.passwords import Hasher
from idp.tables import accounts, failures
from idp.tables.schema import audit
from tests.accounts.conftest import NOW
from tests.passwords.test_foreign_hashes import BCRYPT
from tests.services import race

FULL = NewAccount(
    login_id="Taro.01",
    nickname=" 太郎 ",
    password="Abcdefg1",
    email="Taro@Example.jp ",
    phone="０９０ー１２３４ー５６７８",
    verified=True,
    email_login=True,
    usual="sms",
    contractor_id="00-1234567",
    contract_type="individual",
    profile={"name": "佐藤 太郎"},
)


def stored(deps: Deps, hasher: Hasher, wish: NewAccount = FULL) -> Account:
    account = service.new_account(deps, hasher, wish)
    with deps.database.write() as connection:
        service.store(connection, deps, account, "test", "test")
    return account


def read(deps: Deps, account_id: str) -> Account:
    with deps.database.read() as connection:
        found = accounts.by_id(connection, account_id, with_destinations=True)
    assert found
    return found


def trail(deps: Deps) -> list[Any]:
    with deps.database.read() as connection:
        return list(connection.execute(select(audit).order_by(audit.c.id)).mappings())


def test_everything_given_is_folded_stored_and_read_back(deps: Deps, hasher: Hasher) -> None:
    account = stored(deps, hasher)
    found = read(deps, account.id)
    assert dataclasses.replace(found, destinations=()) == dataclasses.replace(account, destinations=())
    assert set(found.destinations) == set(account.destinations)
    assert (account.login_id, account.login_id_key, account.nickname) == ("Taro.01", "taro.01", "太郎")
    assert (account.email_login, account.email_login_key) == ("Taro@Example.jp", "taro@example.jp")
    assert account.contractor_id == "1234567" and account.password_state == "current" and account.password_at == NOW
    kinds = {item.kind: (item.address, item.verified_at, item.usual) for item in account.destinations}
    assert kinds == {"email": ("Taro@Example.jp", NOW, False), "sms": ("+819012345678", NOW, True)}
    assert hasher.verify(account.password_hash, "Abcdefg1").ok
    assert len(account.id) == 26 and account.id != stored(deps, hasher, NewAccount("other1")).id


def test_little_is_needed(deps: Deps, hasher: Hasher) -> None:
    account = stored(deps, hasher, NewAccount("Taro.01", email="taro@example.jp"))
    assert (account.nickname, account.password_hash, account.password_state) == ("Taro.01", None, "none")
    assert account.email_login is None and account.destinations[0].verified_at is None


def test_letters_and_old_hashes_are_marked(deps: Deps, hasher: Hasher) -> None:
    assert service.new_account(deps, hasher, NewAccount("taro01", password="Abcdefg1", letter=True)).password_state == "letter"
    old = service.new_account(deps, hasher, NewAccount("taro01", password_hash=BCRYPT, imported=True))
    assert old.password_state == "old_rule" and hasher.verify(old.password_hash, "U*U").stale


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"login_id": "abc"}, ("login_id", "login_id.length")),
        ({"login_id": "taro@example.jp"}, ("login_id", "login_id.characters")),
        ({"login_id": "太郎太郎太郎"}, ("login_id", "login_id.characters")),
        ({"login_id": "taro＠example.jp", "imported": True}, ("login_id", "login_id.characters")),
        ({"login_id": "", "imported": True}, ("login_id", "login_id.characters")),
        ({"nickname": "管理者"}, ("nickname", "nickname.reserved")),
        ({"nickname": "ひかりネット"}, ("nickname", "nickname.reserved")),
        ({"email": "taro"}, ("email", "email.format")),
        ({"email": "ta..ro@docomo.ne.jp"}, ("email", "email.dots")),
        ({"email": "ta..ro@docomo.ne.jp", "imported": True}, ("email", "email.dots")),
        ({"email": "x" * 2_000}, ("email", "email.format")),
        ({"phone": "0748-66-0739"}, ("phone", "phone.kind")),
        ({"verified": False}, ("email_login", "email.unproven")),
        ({"email": None}, ("email_login", "email.unproven")),
        ({"phone": None}, ("second_factor", "second_factor.destination")),
        ({"password": ""}, ("password", "password.bytes")),
        ({"password": "あ" * 171}, ("password", "password.bytes")),
        ({"password": None, "password_hash": "$1$x"}, ("password_hash", None)),
        ({"role": "owner"}, ("role", "role.unknown")),
        ({"locale": "fr"}, ("locale", "locale.unknown")),
        ({"contractor_id": "甲-12"}, ("contractor_id", "contractor_id.format")),
        ({"profile": {"sub": "x"}}, ("profile", None)),
    ],
)
def test_what_is_wrong_is_said(deps: Deps, hasher: Hasher, change: dict[str, Any], problem: tuple[str, str | None]) -> None:
    runs = hasher.runs
    with pytest.raises(Rejected) as caught:
        service.new_account(deps, hasher, dataclasses.replace(FULL, **change))
    found = caught.value.problems
    assert problem in found or (problem[1] is None and problem[0] in dict(found))
    assert hasher.runs == runs


@pytest.mark.parametrize("typed, kept", [("００-0123", "123"), ("k:Zm9v", "k:Zm9v"), ("C-0001", "C-0001")])
def test_contracts_are_known_by_number_or_by_the_operators_own_id(deps: Deps, hasher: Hasher, typed: str, kept: str) -> None:
    assert service.new_account(deps, hasher, NewAccount("taro01", contractor_id=typed)).contractor_id == kept


def test_what_only_an_import_may_bring(deps: Deps, hasher: Hasher) -> None:
    account = stored(deps, hasher, NewAccount("ab#$% 1", email="ta..ro@docomo.ne.jp", phone="09012345678", imported=True))
    assert (account.login_id, account.login_id_key) == ("ab#$%1", "ab#$%1")
    assert [item.address for item in account.destinations] == ["ta..ro@docomo.ne.jp", "+819012345678"]


def test_staff_may_be_called_by_their_office(deps: Deps, hasher: Hasher) -> None:
    assert stored(deps, hasher, NewAccount("desk01", nickname="サポート 山田", role="desk")).staff


def test_names_in_use_are_refused_however_they_are_written(deps: Deps, hasher: Hasher) -> None:
    stored(deps, hasher)
    for wish in (NewAccount("TARO.01"), dataclasses.replace(FULL, login_id="other1", email="TARO@example.JP")):
        with pytest.raises(accounts.Taken):
            stored(deps, hasher, wish)
    assert len(trail(deps)) == 1


def test_of_many_at_once_one_gets_the_name(deps: Deps, hasher: Hasher) -> None:
    def one() -> bool:
        try:
            stored(deps, hasher)
            return True
        except accounts.Taken:
            return False

    assert race(16, one).count(True) == 1


def test_lock_unlock_and_sign_out(deps: Deps, hasher: Hasher) -> None:
    account = stored(deps, hasher)
    bucket = f"password:{account.id}"

    def does(act: Any) -> Account:
        with deps.database.write() as connection:
            act(connection, deps, account, "cli:0")
        return read(deps, account.id)

    for _ in range(5):
        with deps.database.write() as connection:
            failures.reserve(connection, bucket, Waits(), NOW)
    locked = does(service.lock)
    assert (locked.status, locked.epoch) == ("suspended", 1)
    unlocked = does(service.unlock)
    assert (unlocked.status, unlocked.epoch) == ("active", 1)
    with deps.database.read() as connection:
        assert failures.read(connection, bucket, NOW).count == 0
    assert does(service.sign_out_everywhere).epoch == 2
    events = ["account_added", "account_locked", "account_unlocked", "signed_out_everywhere"]
    assert [row["event"] for row in trail(deps)] == events


def test_audit_rows_hold_no_personal_data(deps: Deps, hasher: Hasher) -> None:
    account = stored(deps, hasher)
    text = json.dumps([dict(row) for row in trail(deps)], ensure_ascii=False).lower()
    for word in ("taro", "太郎", "example.jp", "9012345678", "1234567", "abcdefg1", "argon2"):
        assert word not in text
    assert {row["account_id"] for row in trail(deps)} == {account.id} and trail(deps)[0]["policy_version"] == "test-1"


NO_ADDRESSES = (
    "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//img.example.jp/a.png", "img.example.jp/a.png", "ftp://example.jp/", "https://",
    "https:\\\\example.jp", "https://example.jp/\n", " https://example.jp/", 'https://example.jp/"x', "https://[::1", "java\nscript:x",
)  # fmt: skip


@pytest.mark.parametrize(
    "value, good",
    [
        ({}, True),
        ({"name": "佐藤 花子", "birthdate": "1958-04-01", "address": {"region": "滋賀県", "formatted": "滋賀県\n甲賀市"}}, True),
        ({"birthdate": "1958"}, True),
        ({"birthdate": "昭和33年"}, False),
        ({"picture": "https://img.example.jp/a.png?x=1#y", "profile": "http://example.jp/~花子", "website": "HTTPS://Example.JP"}, True),
        *(({name: value}, False) for name in ("picture", "profile", "website") for value in NO_ADDRESSES),
        ({"name": ""}, False),
        ({"name": 1}, False),
        ({"name": "a\0b"}, False),
        ({"name": "x" * 1_025}, False),
        ({"address": "滋賀県"}, False),
        ({"address": {"planet": "x"}}, False),
        ({"email": "x@example.jp"}, False),
        ({"nickname": "x"}, False),
        ([], False),
        (None, False),
    ],
)
def test_profiles(value: Any, good: bool) -> None:
    assert (profile.problems(value) == ()) is good
