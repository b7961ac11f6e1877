"""UserInfo: the claims that the access token covers, nothing else (OIDC Core section 5.3)."""

import re
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6750 import InvalidTokenError

from idp.domain.claims import claims_of, wanted
from idp.domain.client import DPOP_ALGS, Client
from idp.features.oidc import access_tokens, dpop, jose
from idp.tables import accounts
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply, json_reply

_TOKEN = re.compile(r"(?:[Bb][Ee][Aa][Rr][Ee][Rr]|[Dd][Pp][Oo][Pp]) +([A-Za-z0-9\-._~+/]+=*)")


def _challenge(error: str = "", description: str = "") -> tuple[tuple[str, str], ...]:
    details = f', error="{error}", error_description="{description}"' if error else ""
    return (("WWW-Authenticate", f'Bearer realm="idp"{details}'),)


def _refused(status: int, error: str, description: str) -> Reply:
    return error_reply(status, error, description, _challenge(error, description))


def shown_token(request: MachineRequest) -> str | Reply:
    """The token of the header (Bearer or DPoP) or the form body, never of the address (RFC 6750 section 2, RFC 9449 section
    7.1, RFC 9700 section 4.3.2)."""
    header, body = request.header("Authorization"), request.form.get("access_token")
    if header.split(" ")[0].lower() not in ("bearer", "dpop"):
        header = ""  # another scheme is no token at all (RFC 6750 section 3.1)
    if "access_token" in request.query:
        return _refused(400, "invalid_request", "a token does not belong into the address")
    if header and body is not None:
        return _refused(400, "invalid_request", "send the token once")
    if header:
        found = _TOKEN.fullmatch(header)
        return found[1] if found else _refused(401, "invalid_token", "the token is malformed")
    if not body:
        return Reply(401, b"", (("Cache-Control", "no-store"), *_challenge()))
    return body


def _not_the_holder(house: House, request: MachineRequest, client: Client, token: str, claims: dict[str, Any]) -> Reply | None:
    """What is wrong if a bound token comes without its key, or another one as if it were bound (RFC 9449 section 7.1)."""
    jkt = claims.get("cnf", {}).get("jkt")
    bound = request.header("Authorization")[:4].lower() == "dpop"
    if not bound:
        return _refused(401, "invalid_token", "the token is bound to a key: use DPoP") if jkt else None
    try:
        shown = dpop.proven(house, request, "/userinfo", client, token)
    except OAuth2Error as error:
        return _unproven(error)
    if shown is None:
        return _unproven(dpop.InvalidProof("the DPoP proof is missing"))
    return None if shown == jkt else _unproven(InvalidTokenError("the token is not bound to this key"))


def _unproven(error: OAuth2Error) -> Reply:
    nonce = (("DPoP-Nonce", error.nonce),) if isinstance(error, dpop.NonceWanted) else ()
    details = f'error="{error.error}", error_description="{error.description}", algs="{" ".join(DPOP_ALGS)}"'
    return error_reply(401, error.error, error.description, (("WWW-Authenticate", f'DPoP realm="idp", {details}'), *nonce))


def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one UserInfo request, by GET or POST."""
    deps, token = house.deps, shown_token(request)
    if isinstance(token, Reply):
        return token
    issuer = deps.settings.issuer
    try:
        claims = access_tokens.read(house, token)
    except jose.BadToken:
        return _refused(401, "invalid_token", "the token is not valid")
    scope = claims.get("scope", "").split()
    client = house.clients.find(claims["client_id"])
    if claims["exp"] <= deps.clock() or claims["aud"] != issuer or client is None:
        return _refused(401, "invalid_token", "the token is not valid any more")
    if problem := _not_the_holder(house, request, client, token, claims):
        return problem
    if "openid" not in scope or "grant_id" not in claims:
        return _refused(403, "insufficient_scope", "the token does not cover openid")
    member = house.subjects.meant(client, claims["sub"]) or ""
    names = wanted(scope, claims.get("userinfo_claims", ()))
    with deps.database.read() as connection:
        dies_at = claims["iat"] + deps.policy.tokens.access
        account = accounts.of_grant(connection, member, claims["grant_id"], claims["jti"], claims["client_id"], dies_at)
    if account is None or account.status != "active" or account.epoch != claims["epoch"]:
        return _refused(401, "invalid_token", "the token is not valid any more")
    return json_reply(200, {"sub": claims["sub"], **claims_of(account, names)})
