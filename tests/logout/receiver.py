"""Sessions that have reached portals, and a portal that really listens for their end."""

import json
import threading
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet

from idp import courier
from idp.adapters.fetch import SafeFetcher
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.journey import Proof
from idp.services import keyring, sessions
from tests.closing import member
from tests.ports.listener import Server


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


def sign_in(deps: Deps, account: Account, *clients: str) -> str:
    """A live session that has reached these clients; its sid."""
    proof = Proof(account.id, account.epoch, deps.now(), ("pwd",))
    _, session = sessions.start(deps, account, proof, None)
    for client_id in (None, *clients):
        sessions.reached(deps, session.sid, account.id, client_id, "", "192.0.2.1")
    return session.sid


def portal(deps: Deps, receiver: Receiver, name: str = "p1", **metadata: Any) -> str:
    """A portal that hears of logouts there; its client_id."""
    return member.register(deps, name, backchannel_logout_uri=receiver.uri, **metadata)


def post(deps: Deps) -> int:
    """Deliver what is due; returns how many were tried."""
    send, count = courier.by_event(deps, SafeFetcher(loopback=True)), 0
    while courier.deliver_next(deps, "event", send, threading.Event()):
        count += 1
    return count
