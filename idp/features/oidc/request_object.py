"""Signed request objects: the parameters of a request in a JWT of the client's, by value only (RFC 9101)."""

import json
import re
from typing import Any, Mapping

from idp.domain.client import Client
from idp.features.oidc import jose, once
from idp.features.oidc.request import KNOWN
from idp.web.house import House

TYPES = ("jwt", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt")
LONGEST = 3_600  # seconds between `nbf` and `exp`, and since `nbf` (FAPI 2.0 Message Signing section 5.3.1)
MAX_JTI = 255
SKEW = 10  # seconds that a client's clock may be ahead
_PARAMETERS = KNOWN - {"request", "request_uri"}


class BadObject(Exception):
    """The request object is not believed; says why."""


def given(client: Client | None, fields: Mapping[str, str]) -> bool:
    """Whether there is an object that can be looked at: of a client whose keys we know."""
    return bool(fields.get("request")) and client is not None and (client.jwks is not None or client.jwks_uri is not None)


def parameters(house: House, client: Client, text: str) -> tuple[dict[str, str], str | None]:
    """The parameters of the object, which alone count (section 6.3), and what it is spent by, if it has a `jti`. Raises
    `BadObject`, also where it is spent."""

    def key_for(header: dict[str, Any], _claims: dict[str, Any]) -> Any:
        kid, alg = header.get("kid"), header["alg"]
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise jose.BadToken("typ")
        if alg not in client.proof_algs or client.request_object_signing_alg not in (None, alg) or not isinstance(kid, str | None):
            raise jose.BadToken("alg or kid")
        return house.client_keys.find(client, kid, alg)

    try:
        claims = jose.opened(text, key_for)[1]
        _check(claims, client, house.deps.settings.issuer, house.deps.clock())
    except jose.BadToken as error:
        raise BadObject(f"the request object is not valid: {error}") from None
    key = once.key(once.SIGNED, f"{client.id}\0{claims['jti']}") if "jti" in claims else None
    if key is not None and once.is_spent(house.deps, key):
        raise BadObject("the request object was used before")
    return {name: _text(name, claims[name]) for name in _PARAMETERS & set(claims)} | {"client_id": client.id}, key


def _check(claims: Mapping[str, Any], client: Client, issuer: str, now: float) -> None:
    """Who says it, to whom, when, and that it can be nothing else (sections 4, 6 and 10.8). Raises `BadToken`."""
    aud = claims.get("aud")
    if claims.get("iss") != client.id or claims.get("client_id", client.id) != client.id:
        raise jose.BadToken("iss or client_id")
    if aud != issuer and not (isinstance(aud, list) and issuer in aud):
        raise jose.BadToken("aud")
    exp, nbf = claims.get("exp"), claims.get("nbf")
    if not jose.numeric_date(exp) or not jose.numeric_date(nbf) or not nbf <= exp <= nbf + LONGEST:
        raise jose.BadToken("exp and nbf")
    if exp <= now or not now - LONGEST <= nbf <= now + SKEW:
        raise jose.BadToken("exp or nbf")
    if "jti" in claims and not (isinstance(claims["jti"], str) and 0 < len(claims["jti"]) <= MAX_JTI):
        raise jose.BadToken("jti")
    # with its own name as subject it could be taken for the client's proof (section 10.8)
    if "request" in claims or "request_uri" in claims or claims.get("sub") == client.id:
        raise jose.BadToken("a claim that does not belong there")


def _text(name: str, value: Any) -> str:
    """A parameter as it would stand in an address (section 4). Raises `BadObject`."""
    if name == "claims" and isinstance(value, dict):
        value = json.dumps(value)
    if name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    # what a form could not bring, either: controls, and halves of characters
    if not isinstance(value, str) or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
        raise BadObject(f"the request object is not valid: {name}")
    return value
