"""Which sessions end, and which portals hear of it; on each engine, with a receiver that really listens."""

from pathlib import Path
from typing import Callable

import pytest

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.domain.journey import Proof
from idp.features.sessions import flow as open_sessions
from idp.services import accounts as service
from idp.services import alarms, closing, factor_changes, letter_export, logouts, mailboxes, new_passwords, sessions
from idp.services.passwords import Hasher
from idp.tables import sessions as table
from tests.closing import member
from tests.courier.house import NOW, Clock
from tests.logout.receiver import Receiver, portal, post, sign_in
from tests.portal_events.test_delivery import states
from tests.services import race


def test_every_portal_of_the_session_is_told_and_no_other(deps: Deps, account: Account, receiver: Receiver) -> None:
    for name in ("p1", "p2", "unused"):
        portal(deps, receiver, name)
    member.register(deps, "deaf")
    sid, other = sign_in(deps, account, "p1", "p2", "deaf"), sign_in(deps, account, "p1")
    sessions.sign_out(deps, sid)
    assert post(deps) == 2
    assert sorted((one["aud"], one["sid"]) for one in receiver.told(deps)) == [("p1", sid), ("p2", sid)]
    assert sessions.by_sid(deps, sid) is None and sessions.by_sid(deps, other)


def lock(deps: Deps, hasher: Hasher, account: Account) -> None:
    with deps.database.write() as connection:
        service.lock(connection, deps, account, "cli:0")


def sign_out_everywhere(deps: Deps, hasher: Hasher, account: Account) -> None:
    with deps.database.write() as connection:
        service.sign_out_everywhere(connection, deps, account, "cli:0")


def alarm(deps: Deps, hasher: Hasher, account: Account) -> None:
    with deps.database.write() as connection:
        alarms.raise_alarm(connection, deps, account, "not_me", "192.0.2.1")


def close(deps: Deps, hasher: Hasher, account: Account) -> None:
    with deps.database.write() as connection:
        closing.begin(connection, deps, account, "user")


def mailbox_deleted(deps: Deps, hasher: Hasher, account: Account) -> None:
    with deps.database.write() as connection:
        assert mailboxes.deleted(connection, deps, "hanako@isp.example", None) == 1


def factor(deps: Deps, hasher: Hasher, account: Account) -> None:
    assert factor_changes.change(deps, account, "printed_made", Caller("192.0.2.1"), lambda connection: None)


def changed(how: str) -> Callable[[Deps, Hasher, Account], None]:
    def change(deps: Deps, hasher: Hasher, account: Account) -> None:
        assert new_passwords.replace(deps, hasher, account, "Sumire8Kawa", Caller("192.0.2.1"), how)

    return change


def all_of_a_member(deps: Deps, hasher: Hasher, account: Account) -> None:
    open_sessions.end_all(deps, account, "192.0.2.1")


ENDS = {one.__name__: one for one in (lock, sign_out_everywhere, alarm, close, mailbox_deleted, factor, all_of_a_member)}
ENDS |= {"changed": changed("change"), "reset": changed("reset")}


@pytest.mark.parametrize("how", ENDS)
def test_whatever_ends_all_sessions_of_an_account_is_told(deps: Deps, hasher: Hasher, account: Account, receiver: Receiver, how: str) -> None:
    """Requirement LO-06: one token for all of them, or one for each where the portal has to have a session."""
    portal(deps, receiver, "p1")
    portal(deps, receiver, "p2")
    portal(deps, receiver, "each", backchannel_logout_session_required=True)
    stranger = member.add(deps, hasher, login_id="taro.01", email="taro@home.example", phone=None, mailbox=None, contractor_id=None)
    sign_in(deps, stranger, "p1", "p2", "each")
    sids = [sign_in(deps, account, "p1", "each"), sign_in(deps, account, "p1", "each", "p2")]
    ENDS[how](deps, hasher, member.read(deps, account.id))
    post(deps)
    told = receiver.told(deps)
    assert {one["sub"] for one in told} == {account.id} and len({one["jti"] for one in told}) == 4
    assert sorted((one["aud"], one.get("sid", "")) for one in told) == sorted([("p1", ""), ("p2", sids[1]), *(("each", sid) for sid in sids)])
    ENDS["sign_out_everywhere"](deps, hasher, account)
    assert post(deps) == 0, "it is told once"


def test_a_new_password_by_letter_ends_them_too(deps: Deps, hasher: Hasher, account: Account, receiver: Receiver, tmp_path: Path) -> None:
    portal(deps, receiver)
    sign_in(deps, account, "p1")
    letter_export.run(deps, hasher, str(tmp_path / "letters.csv"), letter_export.Wish(login_ids=(account.login_id,)), "cli:0")
    assert post(deps) == 1


def test_ended_one_by_one_or_all_others(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, receiver)
    here, one, *rest = (sign_in(deps, account, "p1") for _ in range(4))
    assert open_sessions.end(deps, account, one, here, "192.0.2.1") == 1
    assert open_sessions.end(deps, account, "others", here, "192.0.2.1") == 2
    post(deps)
    assert sorted(claims["sid"] for claims in receiver.told(deps)) == sorted([one, *rest])


def test_who_signs_in_as_somebody_else_ends_the_session_before(deps: Deps, hasher: Hasher, account: Account, receiver: Receiver) -> None:
    """Requirement AZ-11; the same member proving themselves again keeps it."""
    portal(deps, receiver)
    proof = Proof(account.id, account.epoch, NOW, ("pwd",))
    cookie, session = sessions.start(deps, account, proof, None)
    sessions.reached(deps, session.sid, account.id, "p1", "", "192.0.2.1")
    cookie, again = sessions.start(deps, account, proof, cookie)
    assert again.sid == session.sid and post(deps) == 0
    other = member.add(deps, hasher, login_id="taro.01", email="taro@home.example", phone=None, mailbox=None, contractor_id=None)
    sessions.start(deps, other, Proof(other.id, other.epoch, NOW, ("pwd",)), cookie)
    assert post(deps) == 1 and receiver.told(deps)[0]["sid"] == session.sid


def test_a_session_that_expires_is_told_to_nobody(deps: Deps, account: Account, receiver: Receiver, clock: Clock) -> None:
    portal(deps, receiver)
    sid = sign_in(deps, account, "p1")
    clock.now += deps.policy.sessions.absolute + 1
    assert sessions.by_sid(deps, sid) is None and post(deps) == 0


def test_it_is_queued_only_with_the_change_that_ends_them(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, receiver)
    sign_in(deps, account, "p1")
    with pytest.raises(ZeroDivisionError), deps.database.write() as connection:
        service.sign_out_everywhere(connection, deps, account, "cli:0")
        raise ZeroDivisionError
    assert states(deps) == [] and post(deps) == 0


def test_of_sixteen_who_end_it_at_once_one_tells(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, receiver)
    one, other = (sign_in(deps, account, "p1") for _ in range(2))

    def end_one() -> int:
        with deps.database.write() as connection:
            return logouts.ended(connection, deps, one)

    def end_all() -> int:
        with deps.database.write() as connection:
            return logouts.all_ended(connection, deps, account.id)

    assert sorted(race(16, end_one)) == [0] * 15 + [1] and sorted(race(16, end_all)) == [0] * 15 + [1]
    assert post(deps) == 2 and [claims["sid"] for claims in receiver.told(deps)] == [one, other]


def test_what_has_ended_is_on_no_list_and_the_portal_still_hears_of_the_account(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, receiver, event_delivery_uri=receiver.uri)
    sessions.sign_out(deps, sign_in(deps, account, "p1"))
    assert open_sessions.alive(deps, account, "") == []
    with deps.database.read() as connection:
        assert table.clients_of(connection, account.id) == ["p1"]
