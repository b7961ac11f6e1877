"""Why a client was refused, noted for its people and for nobody else: what is answered stays the same (traps T-15, T-20)."""

import base64
import json
from typing import Any, Mapping, TypeVar

from idp.domain.client import Client
from idp.features.oidc import jose
from idp.services import client_credentials, doctor
from idp.web.house import House

E = TypeVar("E", bound=Exception)
# outcomes of a sign-in or steps of a protocol, and nothing that is wrong with a client
ORDINARY = frozenset(
    "login_required interaction_required consent_required account_selection_required access_denied authorization_pending slow_down "
    "expired_token use_dpop_nonce temporarily_unavailable unmet_authentication_requirements".split()
)
_WORDS = {
    "Code challenge failed.": "pkce_mismatch",
    "code_verifier is malformed": "pkce_malformed",
    "code_verifier is missing, or was not announced": "pkce_missing",
    "code_challenge is missing": "pkce_none",
    "code_challenge_method must be S256": "pkce_plain",
    "the sign-in has ended": "ended",
    "the refresh token is not valid": "refresh",
}
_SENT = ("aud", "iss")


def because(error: E, reason: str, **facts: str | int) -> E:
    """The error, with what only the client's people are told."""
    error.why = (reason, facts)  # type: ignore[attr-defined]
    return error


def note(house: House, where: str, client: Client | None, error: Exception, code: str, words: str) -> None:
    """Note an error that is answered as `code` with these words."""
    if client is None or code in ORDINARY or code == "invalid_client":
        return
    reason, facts = getattr(error, "why", (_WORDS.get(words, "oauth"), {}))
    if reason:  # else it has been noted already
        doctor.note(house.deps, client, where, reason, error=code, words=words[:200], **facts)


def not_redirectable(house: House, where: str, fields: Mapping[str, str], doubled: frozenset[str]) -> None:
    """Note a request whose answer could go nowhere."""
    client = house.clients.find(fields.get("client_id"))
    if client is None:
        return
    sent = fields.get("redirect_uri", "")
    if twice := doubled & {"client_id", "redirect_uri", "state"}:
        doctor.note(house.deps, client, where, "doubled", sent=" ".join(sorted(twice)))
    elif not sent:
        doctor.note(house.deps, client, where, "redirect_none")
    elif not client.allows_redirect(sent):
        shown = doctor.harmless(sent, client.redirect_uris)
        doctor.note(house.deps, client, where, "redirect", among=client.redirect_uris, sent=shown)
    else:
        doctor.note(house.deps, client, where, "state")


def scopes(house: House, where: str, client: Client, asked: str) -> None:
    """Note scopes that were asked for and left out, since the client was not registered for them."""
    if left := set(asked.split()) - set(client.scope):
        doctor.note(house.deps, client, where, "scope", sent=" ".join(sorted(left)), registered=" ".join(client.scope))


def secret(house: House, authorization: str, form: Mapping[str, str]) -> None:
    """Note why a client that should have proven itself by a secret, or by nothing, did not."""
    pair = client_credentials.basic_credentials(authorization) if authorization else None
    client_id, given = pair or (form.get("client_id"), form.get("client_secret"))
    client = house.clients.find(client_id)
    if client is None:
        return
    method = "client_secret_basic" if authorization else "client_secret_post" if given is not None else "none"
    registered = client.token_endpoint_auth_method
    if authorization and pair is None:
        doctor.note(house.deps, client, "auth", "basic")
    elif authorization and ("client_secret" in form or form.get("client_id", client.id) != client.id):
        doctor.note(house.deps, client, "auth", "two")
    elif method != registered:
        doctor.note(house.deps, client, "auth", "method", sent=method, registered=registered)
    elif client.old_secret_hash and house.deps.vault.matches("client_secret", given or "", client.old_secret_hash):
        doctor.note(house.deps, client, "auth", "secret_old")
    else:
        doctor.note(house.deps, client, "auth", "secret")


def assertion(house: House, form: Mapping[str, str], reason: str) -> None:
    """Note why an assertion was not believed; what it says of itself counts for nothing else."""
    header, claims = _parts(form.get("client_assertion", ""))
    named = form.get("client_id") or claims.get("sub")
    client = house.clients.find(named) if isinstance(named, str) else None
    if client is None:
        return
    if client.token_endpoint_auth_method != "private_key_jwt":
        doctor.note(house.deps, client, "auth", "method", sent="private_key_jwt", registered=client.token_endpoint_auth_method)
    elif reason in _SENT:
        right = house.deps.settings.issuer if reason == "aud" else client.id
        doctor.note(house.deps, client, "auth", f"assertion_{reason}", sent=_said(claims.get(reason)), registered=right)
    elif reason in ("exp", "nbf", "iat") and jose.numeric_date(claims.get(reason)):
        seconds = int(claims[reason] - house.deps.clock())
        doctor.note(house.deps, client, "auth", f"assertion_{'expired' if seconds <= 0 else reason}", seconds=abs(seconds))
    elif reason in ("alg or kid", "unknown key or algorithm", "signature"):
        sent = f"alg={_said(header.get('alg'))} kid={_said(header.get('kid'))}"
        doctor.note(house.deps, client, "auth", "assertion_key", sent=sent, words=reason)
    else:
        doctor.note(house.deps, client, "auth", "assertion", words=reason)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)[:200]


def _parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of what may be a JWT, unverified; empty where there are none."""
    found: list[dict[str, Any]] = []
    for part in text[: jose.MAX_TOKEN].split(".")[:2]:
        try:
            value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (ValueError, RecursionError):
            value = None
        found.append(value if isinstance(value, dict) else {})
    return found[0], found[1] if len(found) > 1 else {}
