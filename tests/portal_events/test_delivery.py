"""Events on their way to portals: signed, pushed, tried again, parked; on each engine, with a receiver that really listens."""

import json
import threading
from typing import Any, Iterator

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from idp import courier
from idp.adapters.fetch import SafeFetcher
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.letter import PARK_AFTER_AWAY
from idp.services import accounts as service
from idp.services import keyring, portal_events
from idp.services.passwords import Hasher
from idp.tables.schema import outbox
from tests.closing import member
from tests.closing.conftest import clock, deps, hasher  # noqa: F401  # fixtures
from tests.courier.house import NOW, Clock
from tests.ports.listener import Server, listening

TOKEN = "receiver-token-0123456789"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """A portal's receiver that gives the answers in `says`, the last of them for ever."""

    def __init__(self, server: Server, says: list[bytes]):
        self.server, self.says = server, says

    @property
    def uri(self) -> str:
        return f"http://localhost:{self.server.port}/events"

    def tokens(self) -> list[str]:
        """The bodies that came."""
        return [one.split(b"\r\n\r\n", 1)[1].decode() for one in self.server.heard]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Accepts, unless told otherwise."""
    says = [ACCEPTED]
    with listening(lambda caller: caller.sendall(says.pop(0) if len(says) > 1 else says[0])) as server:
        yield Receiver(server, says)


@pytest.fixture
def account(deps: Deps, hasher: Hasher) -> Account:
    keyring.ensure(deps)
    return member.add(deps, hasher)


def portal(deps: Deps, account: Account, receiver: Receiver, name: str = "p1", **metadata: Any) -> None:
    """A portal that the member has used, and that receives events."""
    member.register(deps, name, event_delivery_uri=receiver.uri, event_delivery_token=TOKEN, **metadata)
    member.use(deps, account, name, name)


def post(deps: Deps) -> int:
    """Deliver what is due; returns how many were tried."""
    send, count = courier.by_event(deps, SafeFetcher(loopback=True)), 0
    while courier.deliver_next(deps, "event", send, threading.Event()):
        count += 1
    return count


def tell(deps: Deps, account: Account, event: Any = "disabled", **facts: Any) -> int:
    with deps.database.write() as connection:
        return portal_events.tell(connection, deps, account.id, event, **facts)


def states(deps: Deps) -> list[tuple[str, str | None, bool]]:
    """Outcome, reason, and whether the facts are still there, of every event."""
    with deps.database.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.channel == "event").order_by(outbox.c.id)).mappings()
        return [(row["outcome"], row["reason"], row["facts"] is not None) for row in rows]


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "EdDSA"])
def test_the_portal_gets_a_signed_event(deps: Deps, account: Account, receiver: Receiver, alg: str) -> None:
    portal(deps, account, receiver, id_token_signed_response_alg=alg)
    assert tell(deps, account, "credential_changed", credential_type="password", change_type="update") == 1 and post(deps) == 1
    head = receiver.server.heard[0].split(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /events HTTP/1.1") and "Content-Type: application/secevent+jwt" in head
    assert f"Authorization: Bearer {TOKEN}" in head and "Accept: application/json" in head
    keys = KeySet.import_key_set(json.loads(keyring.Keyring(deps).ring().jwks))
    (text,) = receiver.tokens()
    token = jwt.decode(text, keys, algorithms=[alg])
    assert token.header["typ"] == "secevent+jwt" and token.header["alg"] == alg
    issuer, jti = deps.settings.issuer, token.claims.pop("jti")
    assert len(jti) == 26 and token.claims == {
        "iss": issuer,
        "aud": "p1",
        "iat": NOW,
        "sub_id": {"format": "iss_sub", "iss": issuer, "sub": account.id},
        "events": {
            "https://schemas.openid.net/secevent/caep/event-type/credential-change": {
                "credential_type": "password",
                "change_type": "update",
                "event_timestamp": NOW,
                "initiating_entity": "user",
            }
        },
    }
    assert states(deps) == [("accepted", None, False)]


def test_only_portals_that_the_member_has_used_and_that_listen_are_told(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, account, receiver)
    member.register(deps, "unused", event_delivery_uri=receiver.uri)
    member.register(deps, "deaf")
    member.use(deps, account, "deaf", "deaf")
    with deps.database.write() as connection:
        service.lock(connection, deps, account, "cli:0")
    assert member.queued(deps, "event") == [("p1", "disabled")]


def test_an_event_goes_only_with_the_change_that_causes_it(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, account, receiver)
    with pytest.raises(ZeroDivisionError), deps.database.write() as connection:
        service.sign_out_everywhere(connection, deps, account, "cli:0")
        raise ZeroDivisionError
    assert states(deps) == []


def answer(status: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


PARKED: dict[str, tuple[bytes, str]] = {
    "a reason": (answer("400 Bad", b'{"err":"invalid_audience","description":"secret words"}'), "400 invalid_audience"),
    "no reason": (answer("400 Bad", b"<html>"), "400"),
    "an odd reason": (answer("400 Bad", b'{"err":"<script>"}'), "400"),
    "a list": (answer("400 Bad", b"[1]"), "400"),
    "deep JSON": (answer("400 Bad", b"[" * 60_000), "400"),
    "not known": (answer("401 No", b'{"err":"authentication_failed"}'), "401 authentication_failed"),
    "gone": (answer("410 Gone"), "410"),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n", "302"),
    "not accepted": (answer("200 OK", b"hello"), "200"),
    "too large": (answer("202 Accepted", b"x" * 70_000), "localhost: the answer is larger than 64 KiB"),
    "no HTTP": (b"SSH-2.0-x\r\n", "localhost: not an HTTP answer"),
}


@pytest.mark.parametrize("name", PARKED)
def test_what_a_portal_refuses_for_good_is_parked_with_its_reason(deps: Deps, account: Account, receiver: Receiver, name: str) -> None:
    portal(deps, account, receiver)
    receiver.says[:], reason = [PARKED[name][0]], PARKED[name][1]
    tell(deps, account)
    assert post(deps) == 1 and post(deps) == 0
    assert states(deps) == [("parked", reason, True)]


@pytest.mark.parametrize("status", ["429 Slow", "500 Oops", "503 Away", "408 Late"])
def test_a_portal_that_is_away_is_asked_again_with_the_same_event(
    deps: Deps, account: Account, receiver: Receiver, clock: Clock, status: str
) -> None:
    portal(deps, account, receiver)
    receiver.says[:] = [answer(status), b"", ACCEPTED]
    tell(deps, account)
    assert post(deps) == 1 and states(deps)[0][0] == "queued" and status[:3] in str(states(deps)[0][1])
    assert post(deps) == 0, "not at once"
    for wait in (10, 30):
        clock.now += wait
        assert post(deps) == 1
    assert states(deps) == [("accepted", None, False)]
    bodies = [jwt.decode(one, KeySet.import_key_set(json.loads(keyring.Keyring(deps).ring().jwks))).claims for one in receiver.tokens()]
    assert len(bodies) == 3 and bodies[0] == bodies[1] == bodies[2], "known again by its jti"


def test_who_never_answers_is_given_up(deps: Deps, account: Account, receiver: Receiver, clock: Clock) -> None:
    portal(deps, account, receiver)
    receiver.says[:] = [answer("503 Away")]
    tell(deps, account)
    for _ in range(PARK_AFTER_AWAY):
        assert post(deps) == 1
        clock.now += 3_600
    assert post(deps) == 0 and states(deps) == [("parked", "the portal answers 503", True)]


def test_a_portal_that_was_removed_is_not_told(deps: Deps, account: Account, receiver: Receiver) -> None:
    portal(deps, account, receiver)
    tell(deps, account)
    member.register(deps, "p1")
    assert post(deps) == 1 and receiver.server.heard == []
    assert states(deps) == [("failed", "the portal receives no events any more", False)]


def test_each_event_goes_once_however_many_couriers(deps: Deps, account: Account, receiver: Receiver) -> None:
    for number in range(4):
        portal(deps, account, receiver, f"p{number}")
    assert tell(deps, account) == 4
    threads = [threading.Thread(target=post, args=(deps,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(receiver.tokens()) == 4 and {outcome for outcome, _, _ in states(deps)} == {"accepted"}
