"""Signing in to the console: begun here, proven at the provider, finished here once (RFC 6749 section 4.1, RFC 7636)."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Literal, Mapping

import structlog

from idp import vault
from idp.deps import Deps
from idp.domain import assurance
from idp.domain.account import Account
from idp.features.console.relying_party import NotProven, Provider
from idp.services import console_client, console_sessions, members, records

log = structlog.get_logger("idp.console")
BEGUN = 1_800  # seconds for a sign-in: staff may have to set up an app first
Refusal = Literal["con.err.begin", "con.err.proof", "con.err.staff", "con.err.cancelled"]


class Refused(Exception):
    """The sign-in ends here; `key` is the sentence to show."""

    def __init__(self, key: Refusal):
        super().__init__(key)
        self.key: Refusal = key


@dataclass(frozen=True)
class Came:
    """A finished sign-in: the cookie of the new session, and the page that was wanted."""

    cookie: str
    to: str


def begin(deps: Deps, provider: Provider, browser: str, to: str, fresh: bool, locale: str) -> str:
    """The provider's address to send the browser to. `browser`: fingerprint of its cookie; `to`: the page wanted; `fresh`: the
    proof must be new (step-up). Raises `Unavailable`, `Refused`."""
    state, nonce, verifier = vault.random_token(), vault.random_token(), vault.random_token()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "redirect_uri": deps.settings.issuer + console_client.CALLBACK,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "acr_values": assurance.ACR_STRONG,
        "ui_locales": locale,
        **({"max_age": str(int(deps.policy.second_factor.step_up))} if fresh else {}),
    }
    try:
        where = provider.authorization(**asked)
    except NotProven as error:
        log.warning("console_sign_in_not_begun", reason=str(error))
        raise Refused("con.err.proof") from None
    # only now, so that who floods this address while the provider is away stores nothing
    held = {"browser": browser, "nonce": nonce, "verifier": verifier, "to": to, "fresh": fresh}
    deps.ephemeral.put("console-begun:" + vault.fingerprint(state), json.dumps(held).encode(), BEGUN)
    return where


def finish(deps: Deps, provider: Provider, browser: str, answer: Mapping[str, str], address: str, old_cookie: str | None) -> Came:
    """What the provider's answer proves: a session for somebody of the staff, in the place of the one of `old_cookie`. Raises `Unavailable`, `Refused`."""
    state = answer.get("state", "")
    data = deps.ephemeral.take("console-begun:" + vault.fingerprint(state)) if 0 < len(state) <= 64 else None
    begun = json.loads(data) if data else None
    if begun is None or not hmac.compare_digest(begun["browser"], browser):
        raise Refused("con.err.begin")
    if answer.get("iss") != deps.settings.issuer:  # RFC 9207 section 2.4
        raise Refused("con.err.proof")
    if "error" in answer or not 0 < len(answer.get("code", "")) <= 256:
        raise Refused("con.err.cancelled")
    try:
        token, access_token = provider.redeem(answer["code"], begun["verifier"], deps.settings.issuer + console_client.CALLBACK)
        claims = provider.id_token(token, access_token, begun["nonce"])
    except NotProven as error:
        log.warning("console_sign_in_not_proven", reason=str(error))
        _refused(deps, "not_proven", address)
        raise Refused("con.err.proof") from None
    if claims.get("acr") != assurance.ACR_STRONG or (begun["fresh"] and not _fresh(deps, claims["auth_time"])):
        _refused(deps, "too_weak", address, claims["sub"])
        raise Refused("con.err.proof")
    account = _allowed(deps, claims["sub"], address)
    return Came(console_sessions.start(deps, account, claims["sid"], claims["auth_time"], token, old_cookie), begun["to"])


def _refused(deps: Deps, result: str, address: str, subject: str | None = None) -> None:
    with deps.database.write() as connection:
        records.add(
            connection, deps, "console_signed_in", result, account_id=subject, client_id=console_client.CLIENT_ID, address=address
        )


def _fresh(deps: Deps, auth_time: int) -> bool:
    return deps.now() - auth_time <= deps.policy.second_factor.step_up


def _allowed(deps: Deps, subject: str, address: str) -> Account:
    account = members.find(deps, subject)
    allowed = account is not None and account.staff and account.status == "active"
    with deps.database.write() as connection:
        records.add(
            connection, deps, "console_signed_in", "ok" if allowed else "refused",
            account_id=subject, client_id=console_client.CLIENT_ID, address=address,
        )  # fmt: skip
    if account is None or not allowed:
        raise Refused("con.err.staff")
    return account


def told_out(deps: Deps, provider: Provider, token: str) -> bool:
    """Take a logout token of the provider's, once; false if it is none (requirement LO-07). Raises `Unavailable`."""
    try:
        claims = provider.logout_token(token)
    except NotProven as error:
        log.warning("console_logout_token_refused", reason=str(error))
        return False
    if deps.ephemeral.add("console-jti:" + vault.fingerprint(claims["jti"]), b"1", 600):
        console_sessions.told_out(deps, claims.get("sub"), claims.get("sid"))
        return True
    return False
