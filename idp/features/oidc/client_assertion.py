"""private_key_jwt: a client proves itself by a JWT that it has signed, each good once (RFC 7523 section 3, OIDC Core section 9)."""

import math
from typing import Any

import structlog

from idp.domain.client import Client
from idp.features.oidc import jose, refusals
from idp.tables import spent_assertions
from idp.vault import fingerprint
from idp.web.house import House

log = structlog.get_logger("idp.client_assertion")

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHOD = "private_key_jwt"
TYPES = ("jwt", "client-authentication+jwt", "application/client-authentication+jwt")
LONGEST = 300  # seconds that an assertion may still be good for (requirement CA-01)
SKEW = 10  # seconds that a client's clock may be ahead
MAX_JTI = 255


def given(form: dict[str, str]) -> bool:
    """Whether the form holds an assertion, or a part of one."""
    return "client_assertion" in form or "client_assertion_type" in form


def proven(house: House, form: dict[str, str]) -> Client | None:
    """The client that the assertion of the form proves, which is spent by it; None for whatever else. What was wrong
    stands in the log, and in the console."""
    client_id = form.get("client_id")
    try:
        if form.get("client_assertion_type") != TYPE:
            raise jose.BadToken("client_assertion_type")
        client, claims = _opened(house, form.get("client_assertion", ""), client_id)
        _check(house, client, claims)
    except jose.BadToken as error:
        log.warning("client_assertion_refused", client=(client_id or "")[:200], reason=str(error))
        refusals.assertion(house, form, str(error))
        return None
    with house.deps.database.write() as connection:
        first = spent_assertions.claim(connection, fingerprint(f"{client.id}\0{claims['jti']}"), math.ceil(claims["exp"]))
    if not first:
        log.warning("client_assertion_refused", client=client.id, reason="used before")
        refusals.assertion(house, form, "used before")
    return client if first else None


def _opened(house: House, text: str, client_id: str | None) -> tuple[Client, dict[str, Any]]:
    found: list[Client] = []

    def key_for(header: dict[str, Any], claims: dict[str, Any]) -> Any:
        sub, kid, alg = claims.get("sub"), header.get("kid"), header["alg"]
        client = house.clients.find(sub) if isinstance(sub, str) and client_id in (None, sub) else None
        if client is None or client.token_endpoint_auth_method != METHOD:
            raise jose.BadToken("sub")
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise jose.BadToken("typ")
        if alg not in client.proof_algs or client.token_endpoint_auth_signing_alg not in (None, alg) or not isinstance(kid, str | None):
            raise jose.BadToken("alg or kid")
        found.append(client)
        return house.client_keys.find(client, kid, alg)

    claims = jose.opened(text, key_for)[1]
    return found[0], claims


def _check(house: House, client: Client, claims: dict[str, Any]) -> None:
    """The claims of section 3, points 1 to 7. Raises `BadToken`."""
    issuer, now = house.deps.settings.issuer, house.deps.clock()
    if claims.get("iss") != client.id:
        raise jose.BadToken("iss")
    # one text, never a list: another server that is named beside us could use the assertion here (CVE-2025-27370)
    audiences = (issuer, issuer + "/token") if client.client_assertion_audience == "token_endpoint" else (issuer,)
    if claims.get("aud") not in audiences:
        raise jose.BadToken("aud")
    if not jose.numeric_date(claims.get("exp")) or not now < claims["exp"] <= now + LONGEST + SKEW:
        raise jose.BadToken("exp")
    for name in ("nbf", "iat"):
        if name in claims and not (jose.numeric_date(claims[name]) and claims[name] <= now + SKEW):
            raise jose.BadToken(name)
    if not isinstance(claims.get("jti"), str) or not 0 < len(claims["jti"]) <= MAX_JTI:
        raise jose.BadToken("jti")
