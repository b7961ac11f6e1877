"""Who may come to an interface of our own for clients: by an access token that a client got for itself, for this interface and
nothing else (RFC 9068 section 4)."""

from idp.features.oidc import access_tokens, holder, jose
from idp.tables import grants
from idp.web.bearer import Admission, refused, shown_token
from idp.web.house import House
from idp.web.machine import MachineRequest

_DEAD = (401, "invalid_token", "the token is not valid any more")


def admitted(house: House, request: MachineRequest, resource: str) -> Admission:
    """The client whose token for `resource` the request shows, and what of its scope the client still is registered for; no
    member's token is good here. One read of the database. Raises `Unavailable`."""
    token = shown_token(request)
    if not isinstance(token, str):
        return Admission(refusal=token)
    try:
        claims = access_tokens.read(house, token)
    except jose.BadToken:
        return Admission(refusal=refused(401, "invalid_token", "the token is not valid"))
    client = house.clients.find(claims["client_id"])
    if client is None or claims["exp"] <= house.deps.clock():
        return Admission(client, refusal=refused(*_DEAD))
    if claims["aud"] != resource or resource not in client.resources or "grant_id" in claims or claims["sub"] != client.id:
        return Admission(client, refusal=refused(401, "invalid_token", "the token is not for this interface"))
    with house.deps.database.read() as connection:
        if grants.revoked(connection, claims["jti"]):
            return Admission(client, refusal=refused(*_DEAD))
    if problem := holder.problem(house, request, request.path, client, token, claims):
        return Admission(client, refusal=problem)
    # what was taken from the client counts at once, not when its token ends
    return Admission(client, frozenset(claims.get("scope", "").split()) & frozenset(client.own_scopes))
