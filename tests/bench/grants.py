"""The grants beside the code exchange, and introspection: their CPU against the cryptography that none of them can do without."""

import json
from typing import TYPE_CHECKING, Any, Callable

from tests.bench import load, reference
from tests.bench.figure import Figure, Round, figure, in_turn

if TYPE_CHECKING:
    from tests.bench.measure import Run

NAMES = ("refresh", "back-end", "introspect")
ROUNDS, FEWER = 12, 5


def _measured(run: "Run", name: str, most: float, against: str, messages: Callable[[], list[bytes]], raw: Callable[..., Any]) -> Figure:
    port = run.bench.portal.port

    def ours() -> Round:
        return run.load(run.bench.ours, load.requests, port, messages())[0]

    count = len(messages())
    return figure(name, most, False, against, in_turn(FEWER if run.quick else ROUNDS, ours, lambda: run.raw(raw, count)))


def _granted(run: "Run", count: int) -> list[dict[str, Any]]:
    """Token responses with a refresh token, of members who sign in once and are then known."""
    portal = run.bench.portal
    asking = load.Portal(portal.port, portal.client, "openid profile email offline_access")
    codes = run.client.apply(load.codes, (asking, run.bench.members[:4], count))
    bodies = run.client.apply(load.requests, (portal.port, [portal.exchange(code) for code in codes]))[1]
    return [json.loads(body) for body in bodies]


def refresh(run: "Run") -> Figure:
    """A durable family looked up and moved on, an ES256 access token, an RS256 ID token."""
    portal, known = run.bench.portal, _granted(run, 80 if run.quick else 120)
    forms = [{"grant_type": "refresh_token", "refresh_token": one["refresh_token"]} for one in known]
    messages = [portal.machine("/token", form) for form in forms]
    return _measured(run, "refresh", 5.0, "crypto", lambda: messages, reference.refreshes)


def back_end(run: "Run") -> Figure:
    """An ES256 access token for an authenticated client."""
    one = run.bench.portal.machine("/token", {"grant_type": "client_credentials"})
    return _measured(run, "back-end", 12.0, "crypto", lambda: [one] * (150 if run.quick else 250), reference.client_tokens)


def introspect(run: "Run") -> Figure:
    """Access tokens that are good: their signature, the account and what was revoked are looked at."""
    portal, known = run.bench.portal, _granted(run, 80 if run.quick else 120)
    messages = [portal.machine("/introspect", {"token": one["access_token"]}) for one in known]
    return _measured(run, "introspect", 12.0, "crypto", lambda: messages, reference.introspections)
