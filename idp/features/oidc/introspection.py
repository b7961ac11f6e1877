"""Introspection: whether a token is good now, for who is meant to know (RFC 7662)."""

from typing import Any

from idp.domain.client import Client
from idp.features.oidc import access_tokens, jose, protected, refresh_tokens, signed_introspection
from idp.tables import grants, holders, refresh_families
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, json_reply

INACTIVE = {"active": False}  # whatever the reason is (section 2.2)
# what of an access token is told; of the member nothing but the subject
TOLD = ("iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "auth_time", "acr", "amr", "cnf")


def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one introspection request, in JSON or as a signed JWT."""

    def tell(client: Client, text: str) -> Reply:
        token = refresh_tokens.read(house.deps.vault, text)
        found = (_refresh(house, client, token) if token else _access(house, client, text)) or INACTIVE
        if signed_introspection.wanted(request.header("Accept")):
            return signed_introspection.reply(house, client, found)
        return json_reply(200, found)

    return protected.about_a_token(house, request, tell, public=False)


def _access(house: House, client: Client, text: str) -> dict[str, Any] | None:
    """An access token of the client's own, or one for an audience that it answers for (requirement IN-01)."""
    deps = house.deps
    try:
        claims = access_tokens.read(house, text)
    except jose.BadToken:
        return None
    mine = claims["client_id"] == client.id or claims["aud"] in client.audiences
    holder = house.clients.find(claims["client_id"])
    if not mine or claims["exp"] <= deps.clock() or holder is None:
        return None
    return _told(claims) if _alive(house, holder, claims) else None


def _alive(house: House, holder: Client, claims: dict[str, Any]) -> bool:
    """Whether nothing has ended the token early (requirement IN-02)."""
    member = house.subjects.meant(holder, claims["sub"]) or ""
    with house.deps.database.read() as connection:
        if "grant_id" not in claims:  # a client's own, without a member
            return not grants.revoked(connection, claims["jti"])
        dies_at = claims["iat"] + house.deps.policy.tokens.access
        state = holders.state(connection, member, claims["grant_id"], claims["jti"], claims.get("session"), claims["client_id"], dies_at)
    return state == ("active", claims["epoch"])


def _told(claims: dict[str, Any]) -> dict[str, Any]:
    return {"active": True, "token_type": "DPoP" if "cnf" in claims else "Bearer", **{name: claims[name] for name in TOLD if name in claims}}


def _refresh(house: House, client: Client, token: refresh_tokens.Token) -> dict[str, Any] | None:
    """A refresh token, for the client that holds it."""
    deps = house.deps
    with deps.database.read() as connection:
        family = refresh_families.by_series(connection, token.series_hash)
        if family is None or family.grant.client_id != client.id or family.generation != token.generation:
            return None
        if family.expires_at <= deps.now() or refresh_tokens.holder(connection, client, family.grant) is None:
            return None
    grant = family.grant
    member = house.subjects.told(client, grant.subject)
    told = {"iss": deps.settings.issuer, "sub": member, "client_id": client.id, "scope": " ".join(grant.scope)}
    return {"active": True, **told, "exp": family.expires_at, "auth_time": grant.auth_time}
