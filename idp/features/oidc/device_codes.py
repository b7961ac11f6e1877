"""Requests of televisions while they wait for a member: kept in the ephemeral store, answered once, collected once (RFC 8628).

The device code has 256 bits. The user code has ten digits, shown as `12345-67890`: members type it on a telephone, where
digits come from the number pad, without an input method that makes kana of letters and without upper and lower case. Ten of
them are as hard to guess as the eight letters of RFC 8628 section 6.1 (33 bits to 35): a thousand network addresses that
guess at the limits of the policy for a whole day find one of a hundred waiting televisions on three days of a hundred.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Mapping

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidGrantError
from authlib.oauth2.rfc8628 import AuthorizationPendingError, ExpiredTokenError, SlowDownError

from idp import vault
from idp.deps import Deps
from idp.domain import folding
from idp.features.oidc.request import AuthorizationRequest, from_dict
from idp.services import limits, televisions
from idp.services.televisions import GRACE
from idp.vault import fingerprint

DIGITS = 10
INTERVAL = 5  # seconds between two questions of a television (section 3.2), and what each hasty one adds (section 3.5)
EARLY = 1  # second by which the network may bring a question too early
MAX_CODE = 128


@dataclass(frozen=True)
class Pending:
    """A request that waits. `key`: what it is kept under, the fingerprint of its device code; `asked_at` and `expires` in Unix
    seconds; `address`: the network that it came from; `jkt`: the key that the device has shown (RFC 9449)."""

    key: str
    request: AuthorizationRequest
    asked_at: int
    expires: int
    address: str
    jkt: str | None

    @property
    def client_id(self) -> str:
        """Whose request it is."""
        return self.request.target.client_id


def _user_key(deps: Deps, user_code: str) -> str:
    return "device-user:" + deps.vault.keyed_hash("device_user_code", user_code)


def read(typed: str) -> str | None:
    """The ten digits of a user code, however they were typed: full-width, with spaces, or with any kind of hyphen."""
    return folding.code(typed, DIGITS)


def shown(user_code: str) -> str:
    """The code as televisions and pages show it."""
    return f"{user_code[: DIGITS // 2]}-{user_code[DIGITS // 2 :]}"


def begin(deps: Deps, request: AuthorizationRequest, address: str, jkt: str | None) -> tuple[str, str]:
    """Keep the request; returns its device code and its user code. Raises `Unavailable`."""
    life, now, code = deps.policy.tokens.device_code, deps.now(), vault.random_token()
    kept = {"request": request.to_dict(), "asked_at": now, "expires": now + life, "address": limits.network_of(address), "jkt": jkt}
    deps.ephemeral.put("device:" + fingerprint(code), json.dumps(kept, separators=(",", ":")).encode(), life + GRACE)
    user_code = vault.random_digits(DIGITS)
    while not deps.ephemeral.add(_user_key(deps, user_code), fingerprint(code).encode(), life):  # one that is in use
        user_code = vault.random_digits(DIGITS)
    return code, user_code


def find(deps: Deps, key: str) -> Pending | None:
    """The request that is kept under this key, also for a while after its end."""
    text = deps.ephemeral.get("device:" + key)
    if text is None:
        return None
    kept = json.loads(text)
    return Pending(key, from_dict(kept["request"]), kept["asked_at"], kept["expires"], kept["address"], kept["jkt"])


def by_device_code(deps: Deps, code: str) -> Pending | None:
    """The request of this device code."""
    return find(deps, fingerprint(code)) if len(code) <= MAX_CODE else None


def by_user_code(deps: Deps, user_code: str, browser: str) -> Pending | None:
    """The request of this user code, for the first browser (fingerprint of its cookie) that types it: from then on the code is
    that browser's. None alike for what is unknown, over, answered, or another's."""
    key = deps.ephemeral.get(_user_key(deps, user_code))
    pending = find(deps, key.decode()) if key else None
    if pending is None or not waits(deps, pending):
        return None
    claim, left = "device-browser:" + pending.key, max(1, pending.expires - deps.now())
    mine = deps.ephemeral.add(claim, browser.encode(), left) or deps.ephemeral.get(claim) == browser.encode()
    return replace(pending, request=replace(pending.request, device=(pending.key, user_code))) if mine else None


def answered(deps: Deps, key: str) -> bool:
    """Whether a member has answered the request that is kept under this key."""
    return deps.ephemeral.get("device-answer:" + key) is not None


def waits(deps: Deps, pending: Pending) -> bool:
    """Whether nobody has answered the request, and it still can be."""
    return deps.now() < pending.expires and not answered(deps, pending.key)


def answer(deps: Deps, request: AuthorizationRequest, said: Mapping[str, Any]) -> Pending | None:
    """Answer the request that was found by its user code with `said` (what JSON can hold); returns it, or None if somebody has,
    or if it is over: of many parallel callers one answers. Its user code leads nowhere any more."""
    assert request.device is not None
    key, user_code = request.device
    pending = find(deps, key)
    if pending is None or deps.now() >= pending.expires:
        return None
    text = json.dumps(dict(said), separators=(",", ":")).encode()
    first = deps.ephemeral.add("device-answer:" + key, text, pending.expires - deps.now() + GRACE)
    if first:
        deps.ephemeral.drop(_user_key(deps, user_code))
    return pending if first else None


def collect(deps: Deps, pending: Pending) -> dict[str, Any]:
    """What the member has answered, once: of parallel callers one gets it. The mark that it was stays as long as the request
    could be answered anew. Raises what the television is to be told instead (section 3.5)."""
    spent = deps.ephemeral.spend("device-answer:" + pending.key, deps.policy.tokens.device_code + GRACE)
    if spent is None:
        if deps.now() >= pending.expires:
            raise ExpiredTokenError()
        raise SlowDownError() if _hasty(deps, pending) else AuthorizationPendingError()
    said: dict[str, Any] = json.loads(spent.value)
    if "grant" not in said or televisions.ended_since(deps, said["grant"]["subject"], said.get("ended", "")):
        raise AccessDeniedError()
    if not spent.first:
        raise InvalidGrantError("the device code has been used")
    return said


def _hasty(deps: Deps, pending: Pending) -> bool:
    """Whether the television asks sooner than it was told; each time it does, the interval grows by five seconds and stays."""
    waiting, slower = "device-wait:" + pending.key, "device-interval:" + pending.key
    interval = int(deps.ephemeral.get(slower) or INTERVAL)
    if deps.ephemeral.add(waiting, b"1", interval - EARLY):
        return False
    left = pending.expires - deps.now() + GRACE
    interval = INTERVAL * (1 + deps.ephemeral.hit("device-hasty:" + pending.key, left))
    deps.ephemeral.put(slower, str(interval).encode(), left, (waiting, b"1", interval - EARLY))
    return True
