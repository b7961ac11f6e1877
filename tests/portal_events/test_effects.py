"""What events of portals do to members, on each engine."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.client import Client
from idp.domain.device import Caller
from idp.features.portal_events import flow
from idp.features.second_factor import flow as second_factor
from idp.services import contract_keys, factor_changes, links, mailboxes, one_time_codes
from idp.services.passwords import Hasher
from idp.tables import accounts, factors, registrations, undos
from idp.tables import links as link_table
from idp.tables.schema import ending_mailboxes, outbox, quotas
from idp.tables.schema import registrations as registration_table
from idp.tables.undos import Undo
from idp.vault import fingerprint
from tests.closing import member
from tests.closing.conftest import clock, deps, hasher  # noqa: F401  # fixtures
from tests.contractor.files import Importer, contract
from tests.courier.house import NOW, Clock
from tests.portal_events.post import event
from tests.services import race

PORTAL = Client("p1", may_send_events=True)
OLD, NEW = "hanako@isp.example", "hanako.new@isp.example"
DAY = 86_400


@pytest.fixture
def holder(deps: Deps, hasher: Hasher) -> Account:
    """A member whose mailbox at the operator is a destination, the usual one, and signs in."""
    member.register(deps, "p2", event_delivery_uri="http://127.0.0.1:9/e")
    account = member.add(deps, hasher, email=OLD, mailbox=OLD)
    member.use(deps, account, "p2")
    return account


def take(deps: Deps, name: str, **members: Any) -> int | None:
    return flow.take(deps, PORTAL, event(name, **members))


def places(account: Account) -> dict[str, tuple[bool, bool]]:
    """Address → whether it is proven, and whether it is the usual one."""
    return {item.address: (item.verified_at is not None, item.usual) for item in account.destinations}


def told(deps: Deps) -> list[tuple[str, str]]:
    return sorted(member.queued(deps, "mail") + member.queued(deps, "sms"))


def test_a_renamed_mailbox_is_followed_and_its_old_address_goes_on_for_a_while(deps: Deps, holder: Account, clock: Clock) -> None:
    assert take(deps, "mailbox.renamed", old=OLD.upper(), new=NEW, old_valid_until=NOW + 14 * DAY) == 1
    after = member.read(deps, holder.id)
    assert (after.mailbox, after.email_login, after.epoch) == (NEW, OLD, holder.epoch), "signed in, and by the old address too"
    assert places(after) == {OLD: (True, False), NEW: (True, True), "+819012345678": (True, False)}
    assert told(deps) == [("+819012345678", "sms.notice.mailbox"), (NEW, "mail.notice.mailbox"), (OLD, "mail.notice.mailbox")]
    clock.now += 14 * DAY
    mailboxes.keep_house(deps, threading.Event())
    later = member.read(deps, holder.id)
    assert (later.mailbox, later.email_login, later.email_login_key, later.epoch) == (NEW, None, None, holder.epoch + 1)
    assert places(later) == {NEW: (True, True), "+819012345678": (True, False)}
    assert member.queued(deps, "event") == [("p2", "identifier_changed")]
    assert member.events(deps, holder.id)[-2:] == ["mailbox_renamed", "mailbox_deleted"]


def test_no_portal_moves_the_address_of_staff(deps: Deps, hasher: Hasher) -> None:
    staff = member.add(deps, hasher, email=OLD, mailbox=OLD, role="desk")
    take(deps, "mailbox.renamed", old=OLD, new=NEW, old_valid_until=NOW - 1)
    assert places(member.read(deps, staff.id)) == {"+819012345678": (True, True)}


def test_without_a_time_the_old_address_goes_at_once(deps: Deps, holder: Account) -> None:
    take(deps, "mailbox.renamed", old=OLD, new=NEW, old_valid_until=NOW - 1)
    after = member.read(deps, holder.id)
    assert (after.mailbox, after.email_login, after.epoch) == (NEW, None, holder.epoch + 1)
    assert places(after) == {NEW: (True, True), "+819012345678": (True, False)}


def test_renamed_back_in_time_it_does_not_end(deps: Deps, holder: Account, clock: Clock) -> None:
    take(deps, "mailbox.renamed", old=OLD, new=NEW, old_valid_until=NOW + DAY)
    take(deps, "mailbox.renamed", old=NEW, new=OLD, old_valid_until=NOW + 2 * DAY)
    clock.now += DAY
    mailboxes.keep_house(deps, threading.Event())
    after = member.read(deps, holder.id)
    assert (after.mailbox, after.email_login) == (OLD, OLD) and places(after)[OLD] == (True, True)
    clock.now += DAY
    mailboxes.keep_house(deps, threading.Event())
    assert places(member.read(deps, holder.id)) == {OLD: (True, True), "+819012345678": (True, False)}


def test_who_had_the_new_address_before_had_another_mailbox(deps: Deps, hasher: Hasher, holder: Account) -> None:
    wish = {"login_id": "taro.01", "email": NEW, "mailbox": NEW, "phone": "08011112222", "contractor_id": None}
    former = member.add(deps, hasher, **wish)
    take(deps, "mailbox.renamed", old=OLD, new=NEW, old_valid_until=NOW + DAY)
    left = member.read(deps, former.id)
    assert (left.mailbox, left.email_login, places(left)) == (None, None, {"+818011112222": (True, True)})
    assert NEW in places(member.read(deps, holder.id))
    assert ("+818011112222", "sms.notice.mailbox") in told(deps)


def test_what_was_not_proven_does_not_become_so_by_a_new_name(deps: Deps, hasher: Hasher) -> None:
    account = member.add(deps, hasher, email=OLD, mailbox=OLD, verified=False, email_login=False, usual=None)
    take(deps, "mailbox.renamed", old=OLD, new=NEW, old_valid_until=NOW + DAY)
    assert {address: proven for address, (proven, _) in places(member.read(deps, account.id)).items()} == dict.fromkeys(
        (OLD, NEW, "+819012345678"), False
    )


def test_a_deleted_mailbox_is_trusted_nowhere(deps: Deps, holder: Account) -> None:
    assert take(deps, "mailbox.deleted", address=OLD) == 1
    after = member.read(deps, holder.id)
    assert (after.mailbox, after.email_login, after.email_login_key, after.epoch) == (None, None, None, holder.epoch + 1)
    assert after.second_factor and places(after) == {"+819012345678": (True, True)}
    assert told(deps) == [("+819012345678", "sms.notice.mailbox")], "not by the mailbox that somebody else may read"
    assert member.queued(deps, "event") == [("p2", "identifier_changed")]
    with deps.database.read() as connection:
        counted = connection.execute(select(quotas.c.name)).scalars().all()
    assert counted == [], "codes of everybody wait for the counts of SMS, and more accounts may have to be locked after this one"


def test_what_was_sent_to_it_before_opens_nothing(deps: Deps, holder: Account) -> None:
    """A recycled mailbox: its next owner finds the codes and links that were on their way."""
    with deps.database.write() as connection:
        link = links.issue(connection, deps, "reset", holder.id, 3_600, "mailbox", holder.epoch)
        values = {
            "id": "r1", "contract_key": "k:1", "contractor_id": "1", "contract_type": "individual", "login_id": "x", "login_id_key": "x",
            "email": OLD.upper(), "nickname": "n", "locale": "ja", "password_hash": "h", "letter": "l", "sends": 1, "sent_at": NOW,
            "created_at": NOW, "expires_at": NOW + DAY,
        }  # fmt: skip
        connection.execute(registration_table.insert(), values)
        confirm = links.issue(connection, deps, "registration", "r1", 3_600, "mail")
    place = next(item for item in holder.destinations if item.address == OLD)
    with deps.database.write() as connection:
        undos.add(connection, Undo("hash", holder.id, "sealed", NOW, NOW + DAY))
    sent = one_time_codes.send(deps, holder, place, second_factor.PURPOSE, "attempt", "otp", "192.0.2.1")
    take(deps, "mailbox.deleted", address=OLD)
    with deps.database.read() as connection:
        assert link_table.find(connection, fingerprint(link), "reset", NOW) is None
        assert link_table.find(connection, fingerprint(confirm), "registration", NOW) is None
        assert undos.claim(connection, "hash", NOW) is None
        assert registrations.holder(connection, "x", "k:2", NOW) is None
        (letter,) = connection.execute(select(outbox.c.outcome, outbox.c.facts).where(outbox.c.key == sent.letter))
    assert tuple(letter) == ("expired", None), "what waits is not sent"
    assert sent.to not in {item.id for item in member.read(deps, holder.id).destinations}, "and its code is no proof"


def test_a_new_owner_of_the_address_is_another_member(deps: Deps, hasher: Hasher, holder: Account) -> None:
    take(deps, "mailbox.deleted", address=OLD)
    stranger = member.add(deps, hasher, login_id="taro.01", email=OLD, mailbox=OLD, phone=None, contractor_id=None)
    with deps.database.read() as connection:
        found = accounts.by_email_login(connection, OLD)
    assert found and found.id == stranger.id
    take(deps, "mailbox.deleted", address=OLD)
    assert member.read(deps, holder.id).epoch == holder.epoch + 1, "the former one has nothing to do with it"


def test_of_sixteen_at_once_one_counts(deps: Deps, holder: Account, clock: Clock) -> None:
    one = event("mailbox.renamed", old=OLD, new=NEW, old_valid_until=NOW + DAY)
    assert [done for done in race(16, lambda: flow.take(deps, PORTAL, one)) if done is not None] == [1]
    assert member.events(deps, holder.id).count("mailbox_renamed") == 1
    clock.now += DAY
    race(16, lambda: mailboxes.keep_house(deps, threading.Event()))
    assert member.events(deps, holder.id).count("mailbox_deleted") == 1
    with deps.database.read() as connection:
        assert connection.execute(select(ending_mailboxes)).all() == []


@pytest.mark.parametrize("how", [{"contractor_id": "00-1234567"}, {"contractor_id": "k:c1"}, {"sub": ""}])
def test_a_contract_that_ended_is_found_by_each_of_its_names(deps: Deps, holder: Account, how: dict) -> None:
    with deps.database.write() as connection:
        accounts.tie(connection, holder.id, "k:c1")
    how = {"sub": holder.id} if "sub" in how else how
    assert take(deps, "contract.ended", **how) == 1 and take(deps, "contract.ended", **how) == 0
    after = member.read(deps, holder.id)
    assert (after.status, after.contract_key, after.closes_at) == ("active", None, NOW + 90 * DAY)


def test_a_contract_of_the_register_is_found_by_its_number(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    """Also where the account was registered by facts without a number."""
    Importer(deps.database, deps.vault, tmp_path)([contract(7), contract(8)])
    account = member.add(deps, hasher, contractor_id=None)
    with deps.database.write() as connection:
        ((_, key),) = contract_keys.find(connection, deps.vault, [("", "7")])
        accounts.tie(connection, account.id, key)
    assert take(deps, "contract.ended", contractor_id="8") == 0 and member.read(deps, account.id).closes_at == 0
    assert take(deps, "contract.ended", contractor_id="0000000007") == 1
    assert member.read(deps, account.id).closes_at == NOW + 90 * DAY


def test_the_next_contractor_of_the_number_is_left_alone(deps: Deps, hasher: Hasher, holder: Account) -> None:
    take(deps, "contract.ended", contractor_id="1234567")
    wish = {"login_id": "taro.01", "email": "taro@home.example", "phone": None, "mailbox": None}
    following = member.add(deps, hasher, **wish)
    with deps.database.read() as connection:
        found = accounts.by_contract(connection, "k:none", "1234567")
    assert found and found.id == following.id
    take(deps, "contract.ended", sub=holder.id)
    assert member.read(deps, following.id).closes_at == 0


def test_staff_do_not_go_with_a_contract(deps: Deps, hasher: Hasher) -> None:
    desk = member.add(deps, hasher, role="desk", nickname="D")
    assert take(deps, "contract.ended", sub=desk.id) == 0 and take(deps, "contract.ended", sub="nobody") == 0


def test_what_a_member_is_about_to_save_does_not_bring_it_back(deps: Deps, holder: Account) -> None:
    """A page that was opened before holds the account of an older epoch."""
    take(deps, "mailbox.deleted", address=OLD)
    again = [Destination("d", holder.id, "email", OLD, NOW, True)]
    work = lambda connection: factors.replace_destinations(connection, holder.id, again, NOW)  # noqa: E731
    assert factor_changes.change(deps, holder, "destinations", Caller("192.0.2.1"), work) is None
    assert OLD not in places(member.read(deps, holder.id))
