"""Reads access tokens of ours wherever they are shown: type, signature, issuer, and claims in the shape that we give them
(RFC 9068 sections 2.2 and 4)."""

from typing import Any

from idp.features.oidc import jose
from idp.web.house import House

_TEXTS = ("sub", "aud", "client_id", "jti")


def read(house: House, text: str) -> dict[str, Any]:
    """The claims of a token, which may have expired or been ended since; with a member also `grant_id` and `epoch`. Raises
    `BadToken`."""
    claims = jose.verify(house.keyring.ring(), text, "at+jwt", [jose.ACCESS_TOKEN_ALG], house.deps.settings.issuer)
    texts = (*_TEXTS, *(name for name in ("grant_id", "session") if name in claims))
    # whatever another version of us may have signed is a token or none, and never breaks what reads it
    if not all(isinstance(claims.get(name), str) for name in texts) or not isinstance(claims.get("scope", ""), str):
        raise jose.BadToken("claims")
    if not jose.numeric_date(claims.get("exp")) or not jose.numeric_date(claims.get("iat")):
        raise jose.BadToken("exp or iat")
    if "grant_id" in claims and not isinstance(claims.get("epoch"), int):
        raise jose.BadToken("epoch")
    if "cnf" in claims and not (isinstance(claims["cnf"], dict) and isinstance(claims["cnf"].get("jkt"), str)):
        raise jose.BadToken("cnf")
    return claims
