"""UserInfo: the claims that the access token covers, nothing else (OIDC Core section 5.3)."""

import re

from idp.domain.claims import claims_of, wanted
from idp.features.oidc import jose
from idp.tables import accounts
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply, json_reply

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)")


def _challenge(error: str = "", description: str = "") -> tuple[tuple[str, str], ...]:
    details = f', error="{error}", error_description="{description}"' if error else ""
    return (("WWW-Authenticate", f'Bearer realm="idp"{details}'),)


def _refused(status: int, error: str, description: str) -> Reply:
    return error_reply(status, error, description, _challenge(error, description))


def bearer_token(request: MachineRequest) -> str | Reply:
    """The token of the header or the form body, never of the address (RFC 6750 section 2, RFC 9700 section 4.3.2)."""
    header, body = request.header("Authorization"), request.form.get("access_token")
    if header.split(" ")[0].lower() != "bearer":
        header = ""  # another scheme is no token at all (RFC 6750 section 3.1)
    if "access_token" in request.query:
        return _refused(400, "invalid_request", "a token does not belong into the address")
    if header and body is not None:
        return _refused(400, "invalid_request", "send the token once")
    if header:
        found = _BEARER.fullmatch(header)
        return found[1] if found else _refused(401, "invalid_token", "the token is malformed")
    if not body:
        return Reply(401, b"", (("Cache-Control", "no-store"), *_challenge()))
    return body


def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one UserInfo request, by GET or POST."""
    deps, token = house.deps, bearer_token(request)
    if isinstance(token, Reply):
        return token
    issuer = deps.settings.issuer
    try:
        claims = jose.verify(house.keyring.ring(), token, "at+jwt", [jose.ACCESS_TOKEN_ALG], issuer)
    except jose.BadToken:
        return _refused(401, "invalid_token", "the token is not valid")
    scope = claims["scope"].split()
    if claims["exp"] <= deps.clock() or claims["aud"] != issuer or house.clients.find(claims["client_id"]) is None:
        return _refused(401, "invalid_token", "the token is not valid any more")
    if "openid" not in scope:
        return _refused(403, "insufficient_scope", "the token does not cover openid")
    names = wanted(scope, claims.get("userinfo_claims", ()))
    with deps.database.read() as connection:
        account = accounts.of_grant(connection, claims["sub"], claims["grant_id"], claims["client_id"], claims["exp"])
    if account is None or account.status != "active" or account.epoch != claims["epoch"]:
        return _refused(401, "invalid_token", "the token is not valid any more")
    return json_reply(200, {"sub": account.id, **claims_of(account, names)})
