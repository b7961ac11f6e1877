"""Logout tokens on their way to portals: signed, pushed, tried again; on each engine, with a receiver that really listens
(OpenID Connect Back-Channel Logout 1.0)."""

import dataclasses
import threading
from typing import Any

import pytest

from idp import courier
from idp.adapters.fetch import SafeFetcher
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.letter import PARK_AFTER_AWAY
from idp.services import client_registration, logouts, sessions
from idp.services.client_registration import Rejected
from idp.tables import outbox
from idp.vault import VaultError
from tests.closing import member
from tests.courier.house import NOW, Clock
from tests.logout.receiver import Receiver, portal, post, sign_in
from tests.portal_events.test_delivery import answer, states


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
    with pytest.raises(VaultError):
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
