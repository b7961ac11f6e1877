"""Logout tokens on their way to portals: which sessions, to whom, signed, pushed, tried again; on each engine, with a receiver
that really listens (OpenID Connect Back-Channel Logout 1.0)."""

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any, Callable, Iterator
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp import courier
from idp.adapters.fetch import SafeFetcher
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.domain.journey import Proof
from idp.domain.letter import PARK_AFTER_AWAY
from idp.features.sessions import flow as open_sessions
from idp.services import accounts as service
from idp.services import (
    alarms, client_registration, closing, factor_changes, keyring, letter_export, logouts, mailboxes, new_passwords, sessions,
)  # fmt: skip
from idp.services.client_registration import Rejected
from idp.services.passwords import Hasher
from idp.tables import outbox
from idp.tables import sessions as table
from tests.closing import member
from tests.closing.conftest import clock, deps, hasher  # noqa: F401  # fixtures
from tests.courier.house import NOW, Clock
from tests.ports.listener import Server, listening
from tests.portal_events.test_delivery import answer, states
from tests.services import race

OK = answer("200 OK")


class Receiver:
    """A portal's receiver that gives the answers in `says`, the last of them for ever."""

    def __init__(self, server: Server, says: list[bytes]):
        self.server, self.says = server, says

    @property
    def uri(self) -> str:
        return f"http://localhost:{self.server.port}/logout?tenant=1"

    def tokens(self) -> list[str]:
        """The tokens that came."""
        forms = [parse_qs(one.split(b"\r\n\r\n", 1)[1].decode(), strict_parsing=True) for one in self.server.heard]
        assert all(set(form) == {"logout_token"} and len(form["logout_token"]) == 1 for form in forms)
        return [form["logout_token"][0] for form in forms]

    def told(self, deps: Deps, algs: list[str] | None = None) -> list[dict[str, Any]]:
        """Their claims, verified by the published keys as a portal would (section 2.6)."""
        keys, found = KeySet.import_key_set(json.loads(keyring.Keyring(deps).ring().jwks)), []
        for text in self.tokens():
            token = jwt.decode(text, keys, algorithms=algs or ["RS256"])
            assert token.header["typ"] == "logout+jwt"
            found.append(token.claims)
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Says yes, unless told otherwise."""
    says = [OK]
    with listening(lambda caller: caller.sendall(says.pop(0) if len(says) > 1 else says[0])) as server:
        yield Receiver(server, says)


@pytest.fixture
def account(deps: Deps, hasher: Hasher) -> Account:
    keyring.ensure(deps)
    return member.add(deps, hasher)


def sign_in(deps: Deps, account: Account, *clients: str) -> str:
    """A live session that has reached these clients; its sid."""
    proof = Proof(account.id, account.epoch, deps.now(), ("pwd",))
    _, session = sessions.start(deps, account, proof, None)
    for client_id in (None, *clients):
        sessions.reached(deps, session.sid, account.id, client_id, "", "192.0.2.1")
    return session.sid


def portal(deps: Deps, receiver: Receiver, name: str = "p1", **metadata: Any) -> str:
    return member.register(deps, name, backchannel_logout_uri=receiver.uri, **metadata)


def post(deps: Deps) -> int:
    """Deliver what is due; returns how many were tried."""
    send, count = courier.by_event(deps, SafeFetcher(loopback=True)), 0
    while courier.deliver_next(deps, "event", send, threading.Event()):
        count += 1
    return count


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "EdDSA"])
def test_the_portal_of_a_session_gets_a_signed_token(deps: Deps, account: Account, receiver: Receiver, clock: Clock, alg: str) -> None:
    """Sections 2.4 and 2.5 (requirement LO-05)."""
    portal(deps, receiver, id_token_signed_response_alg=alg)
    sid = sign_in(deps, account, "p1")
    sessions.sign_out(deps, sid)
    clock.now += 7
    assert post(deps) == 1
    head = receiver.server.heard[0].split(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /logout?tenant=1 HTTP/1.1") and "Content-Type: application/x-www-form-urlencoded" in head
    (claims,) = receiver.told(deps, [alg])
    assert len(claims.pop("jti")) >= 26 and claims == {
        "iss": deps.settings.issuer,
        "aud": "p1",
        "iat": NOW + 7,
        "exp": NOW + 7 + 120,
        "sub": account.id,
        "sid": sid,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }, "and no nonce"
    assert states(deps) == [("accepted", None, False)]


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


@pytest.mark.parametrize("status", ["500 Oops", "503 Away", "429 Slow", "408 Late", "no answer"])
def test_a_portal_that_is_away_is_asked_again_with_a_token_that_is_fresh(
    deps: Deps, account: Account, receiver: Receiver, clock: Clock, status: str
) -> None:
    """Requirement LO-05: retried; a token lives two minutes, the next attempt is later."""
    portal(deps, receiver)
    receiver.says[:] = [b"" if status == "no answer" else answer(status), answer("204 No Content")]
    sessions.sign_out(deps, sign_in(deps, account, "p1"))
    assert post(deps) == 1 and states(deps)[0][0] == "queued" and post(deps) == 0
    clock.now += 10
    assert post(deps) == 1 and states(deps) == [("accepted", None, False)]
    first, second = receiver.told(deps)
    assert second["iat"] == first["iat"] + 10 and second["jti"] != first["jti"] and second["sid"] == first["sid"]


@pytest.mark.parametrize(("said", "reason"), [
    (answer("400 Bad", b'{"error":"invalid_request","error_description":"secret words"}'), "400"), (answer("404 No"), "404"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n", "302"), (answer("202 Later"), "202"),
    (b"SSH-2.0-x\r\n", "localhost: not an HTTP answer"), (answer("200 OK", b"x" * 70_000), "localhost: the answer is larger than 64 KiB"),
])  # fmt: skip
def test_a_portal_that_says_no_is_not_asked_again(deps: Deps, account: Account, receiver: Receiver, said: bytes, reason: str) -> None:
    """Section 2.8."""
    portal(deps, receiver)
    receiver.says[:] = [said]
    sessions.sign_out(deps, sign_in(deps, account, "p1"))
    assert post(deps) == 1 and post(deps) == 0 and states(deps) == [("parked", reason, True)]


def test_who_never_answers_is_given_up(deps: Deps, account: Account, receiver: Receiver, clock: Clock) -> None:
    portal(deps, receiver)
    receiver.says[:] = [answer("503 Away")]
    sessions.sign_out(deps, sign_in(deps, account, "p1"))
    for _ in range(PARK_AFTER_AWAY):
        assert post(deps) == 1
        clock.now += 3_600
    assert post(deps) == 0 and states(deps) == [("parked", "the portal answers 503", True)]


def test_a_portal_that_was_removed_or_wants_none_is_not_told(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, receiver)
    sessions.sign_out(deps, sign_in(deps, account, "p1"))
    member.register(deps, "p1")
    assert post(deps) == 1 and receiver.server.heard == []
    assert states(deps) == [("failed", "the portal hears of no logout any more", False)]


def test_no_address_inside_is_reached(deps: Deps, account: Account, receiver: Receiver) -> None:
    """Requirement DC-02: with an https issuer this machine is out of bounds like every private address."""
    portal(deps, receiver)
    sessions.sign_out(deps, sign_in(deps, account, "p1"))
    send = courier.by_event(deps, SafeFetcher(loopback=False))
    assert courier.deliver_next(deps, "event", send, threading.Event()) and receiver.server.heard == []
    assert states(deps)[0][0] == "parked"


def test_the_facts_are_sealed_to_their_letter(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, receiver)
    sid = sign_in(deps, account, "p1")
    sessions.sign_out(deps, sid)
    with deps.database.write() as connection:
        (letter,) = outbox.claim(connection, "look", deps.now(), 1, 9, "event")
    assert sid not in (letter.facts or "") and logouts.sid_of(deps, letter) == sid
    with pytest.raises(Exception, match="does not open"):
        logouts.sid_of(deps, dataclasses.replace(letter, recipient="p2"))


PLAIN = {"redirect_uris": ["https://portal.example/cb"]}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"backchannel_logout_uri": "http://portal.example/l"}, "https"),
    ({"backchannel_logout_uri": "https://portal.example/l#x"}, "fragment"),
    ({"backchannel_logout_uri": 7}, "absolute URL"),
    ({"backchannel_logout_uri": None}, "backchannel_logout_uri"),
    ({"backchannel_logout_uri": "https://portal.example/l", "backchannel_logout_session_required": "yes"}, "true or false"),
    ({"backchannel_logout_session_required": True}, "backchannel_logout_uri"),
    ({"post_logout_redirect_uris": ["http://portal.example/out"]}, "https"),
]


@pytest.mark.parametrize(("metadata", "said"), BAD)
def test_metadata_that_does_not_do_is_refused(deps: Deps, metadata: dict, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        client_registration.register(deps, PLAIN | metadata)


def test_where_browsers_speak_https_receivers_do_too(deps: Deps) -> None:
    house = dataclasses.replace(deps, settings=dataclasses.replace(deps.settings, issuer="https://id.example.jp"))
    with pytest.raises(Rejected, match="backchannel_logout_uri: use https"):
        client_registration.register(house, PLAIN | {"backchannel_logout_uri": "http://localhost:9/l"})
    wish = {"backchannel_logout_uri": "https://portal.example/l", "backchannel_logout_session_required": True}
    registered = client_registration.register(house, PLAIN | wish)
    assert wish.items() <= registered.items()
