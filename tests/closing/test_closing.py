"""Closing, giving back and erasing, on each engine."""

import threading

import pytest
from sqlalchemy import select, update

from idp.deps import Deps
from idp.services import accounts as service
from idp.services import closing
from idp.services.passwords import Hasher
from idp.tables import accounts, login_ids, outbox, trusted_browsers
from idp.tables.schema import accounts as account_table
from idp.tables.schema import metadata
from tests.closing import member
from tests.courier.house import NOW, Clock
from tests.services import race

DAY = 86_400


def begin(deps: Deps, account_id: str) -> int | None:
    account = member.read(deps, account_id)
    with deps.database.write() as connection:
        return closing.begin(connection, deps, account, "user", address="203.0.113.9")


def reopen(deps: Deps, account_id: str) -> bool:
    account = member.read(deps, account_id)
    with deps.database.write() as connection:
        return closing.reopen(connection, deps, account, "cli:0")


def test_closing_ends_everything_and_can_be_undone(deps: Deps, hasher: Hasher) -> None:
    account, portal = member.add(deps, hasher), member.register(deps, "p1", event_delivery_uri="http://127.0.0.1:9/e")
    member.leave_traces(deps, account, portal)
    assert begin(deps, account.id) == NOW + 14 * DAY
    closed = member.read(deps, account.id)
    assert (closed.status, closed.epoch, closed.erase_at) == ("closing", account.epoch + 1, NOW + 14 * DAY)
    with deps.database.read() as connection:
        assert trusted_browsers.count(connection, account.id, closed.epoch, NOW) == 0
    letters = member.queued(deps, "mail")
    assert ("Hanako.Yamada@Home.example", "mail.closed") in letters
    assert member.queued(deps, "event") == [("p1", "disabled"), ("p1", "disabled")]
    assert begin(deps, account.id) is None, "once"
    assert reopen(deps, account.id) and not reopen(deps, account.id)
    back = member.read(deps, account.id)
    assert (back.status, back.erase_at, back.login_id, back.email_login) == ("active", 0, "Hanako.01", account.email_login)
    assert member.events(deps, account.id)[-2:] == ["account_closing", "account_reopened"]


def test_after_its_time_nothing_is_left_but_the_subject(deps: Deps, hasher: Hasher, clock: Clock) -> None:
    account, portal = member.add(deps, hasher), member.register(deps, "p1", event_delivery_uri="http://127.0.0.1:9/e")
    other = member.add(
        deps, hasher, login_id="other.01", email="other@home.example", phone=None, mailbox=None, nickname="次郎",
        contractor_id=None, profile={}, password=None,
    )  # fmt: skip
    member.leave_traces(deps, account, portal)
    assert set(member.found(deps)) == set(member.TRACES), "the scan finds what is there"
    begin(deps, account.id)
    clock.now += 14 * DAY - 1
    closing.keep_house(deps, threading.Event())
    assert member.read(deps, account.id).status == "closing"
    clock.now += 1
    closing.keep_house(deps, threading.Event())
    assert member.found(deps) == [] == member.found(deps, member.SPELLINGS)
    left = member.read(deps, account.id)
    assert (left.status, left.login_id, left.login_id_key, left.password_hash, left.destinations) == ("closed", "", "hanako.01", None, ())
    assert member.naming(deps, account.id) == {"accounts", "audit", "login_ids", "outbox", "quotas"}
    assert member.queued(deps, "event")[-1] == ("p1", "purged")
    with deps.database.read() as connection:
        assert login_ids.ever_used(connection, "hanako.01") and login_ids.ever_used(connection, "before.01")
    assert member.read(deps, other.id).destinations and not reopen(deps, account.id)
    with pytest.raises(accounts.Taken):
        member.add(deps, hasher, login_id="hanako.01", email="again@home.example", contractor_id=None)
    # the address and the contract are free for a new account of the same person
    member.add(deps, hasher, login_id="hanako.02")


def test_every_table_that_names_accounts_is_seen(deps: Deps) -> None:
    named = {table.name for table in metadata.sorted_tables for column in table.c if column.name in ("account_id", "owner")}
    assert named >= {"destinations", "totp", "sessions", "session_clients", "consents", "agreements", "links", "audit", "outbox"}


def test_of_sixteen_at_once_one_closes_one_gives_back_and_one_erases(deps: Deps, hasher: Hasher, clock: Clock) -> None:
    account = member.add(deps, hasher)
    assert [one for one in race(16, lambda: begin(deps, account.id)) if one] == [NOW + 14 * DAY]
    assert race(16, lambda: reopen(deps, account.id)).count(True) == 1
    begin(deps, account.id)
    clock.now += 14 * DAY
    assert race(16, lambda: closing.erase(deps, account.id)).count(True) == 1
    assert member.events(deps, account.id).count("account_erased") == 1


def test_an_account_is_either_given_back_whole_or_erased(deps: Deps, hasher: Hasher, clock: Clock) -> None:
    account = member.add(deps, hasher)
    begin(deps, account.id)
    clock.now += 14 * DAY
    turns = iter([reopen, closing.erase] * 8)
    lock = threading.Lock()

    def one() -> tuple[str, bool]:
        with lock:
            act = next(turns)
        return act.__name__, act(deps, account.id)

    done = [name for name, yes in race(16, one) if yes]
    left = member.read(deps, account.id)
    assert len(done) == 1 and (left.status, left.nickname) == {"reopen": ("active", "花子はなこ"), "erase": ("closed", "")}[done[0]]


def test_a_contract_that_ended_closes_its_account_later(deps: Deps, hasher: Hasher, clock: Clock) -> None:
    account = member.add(deps, hasher)
    with deps.database.write() as connection:
        accounts.tie(connection, account.id, "k:c1")
        assert closing.end_contract(connection, deps, account, "p1") and not closing.end_contract(connection, deps, account, "p1")
        assert accounts.by_contract(connection, "k:c1", "1234567") is None, "a new contractor of this number does not reach it"
        assert accounts.without_contract_key(connection, "", 10) == [], "nor is it tied to the new contract"
    still = member.read(deps, account.id)
    assert (still.status, still.closes_at, still.contract_key, still.contractor_id) == ("active", NOW + 90 * DAY, None, "1234567")
    assert {to for to, template in member.queued(deps, "mail") if template == "mail.notice.contract"} == {account.email_login}
    assert member.queued(deps, "sms") == [("+819012345678", "sms.notice.contract")]
    member.add(deps, hasher, login_id="hanako.02", email="new@home.example", phone=None, email_login=False)
    clock.now += 90 * DAY
    closing.keep_house(deps, threading.Event())
    assert member.read(deps, account.id).status == "closing"
    assert (account.email_login, "mail.closed.contract") in member.queued(deps, "mail")
    assert reopen(deps, account.id) and member.read(deps, account.id).closes_at == NOW + 180 * DAY
    closing.keep_house(deps, threading.Event())
    assert member.read(deps, account.id).status == "active"


def test_a_locked_account_can_be_closed(deps: Deps, hasher: Hasher) -> None:
    account = member.add(deps, hasher)
    with deps.database.write() as connection:
        service.lock(connection, deps, account, "cli:0")
    assert begin(deps, account.id)


def test_letters_to_who_is_erased_are_not_sent(deps: Deps, hasher: Hasher, clock: Clock) -> None:
    account = member.add(deps, hasher)
    begin(deps, account.id)
    clock.now += 14 * DAY
    assert closing.erase(deps, account.id)
    with deps.database.read() as connection:
        assert not outbox.waits(connection, NOW, "mail")


def test_one_account_that_cannot_be_read_does_not_keep_the_others(deps: Deps, hasher: Hasher, clock: Clock) -> None:
    broken = member.add(deps, hasher)
    sound = member.add(deps, hasher, login_id="sound.01", email=None, email_login=False, usual=None, phone=None, contractor_id=None)
    for one in (broken, sound):
        begin(deps, one.id)
    with deps.database.write() as connection:
        connection.execute(update(account_table).where(account_table.c.id == broken.id).values(profile="no JSON", erase_at=1))
    clock.now += 14 * DAY
    closing.keep_house(deps, threading.Event())
    with deps.database.read() as connection:
        left = dict(connection.execute(select(account_table.c.id, account_table.c.status)).all())
    assert left == {broken.id: "closing", sound.id: "closed"}
