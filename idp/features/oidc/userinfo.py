"""UserInfo: the claims that the access token covers, nothing else (OIDC Core section 5.3)."""

from idp.domain.claims import claims_of, wanted
from idp.features.oidc import access_tokens, holder, jose
from idp.tables import holders
from idp.web.bearer import refused, shown_token
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, json_reply

def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one UserInfo request, by GET or POST."""
    deps, token = house.deps, shown_token(request)
    if isinstance(token, Reply):
        return token
    issuer = deps.settings.issuer
    try:
        claims = access_tokens.read(house, token)
    except jose.BadToken:
        return refused(401, "invalid_token", "the token is not valid")
    scope = claims.get("scope", "").split()
    client = house.clients.find(claims["client_id"])
    if claims["exp"] <= deps.clock() or claims["aud"] != issuer or client is None:
        return refused(401, "invalid_token", "the token is not valid any more")
    if problem := holder.problem(house, request, "/userinfo", client, token, claims):
        return problem
    if "openid" not in scope or "grant_id" not in claims:
        return refused(403, "insufficient_scope", "the token does not cover openid")
    member = house.subjects.meant(client, claims["sub"]) or ""
    names = wanted(scope, claims.get("userinfo_claims", ()))
    with deps.database.read() as connection:
        dies_at = claims["iat"] + deps.policy.tokens.access
        account = holders.account(connection, member, claims["grant_id"], claims["jti"], claims.get("session"), claims["client_id"], dies_at)
    if account is None or account.status != "active" or account.epoch != claims["epoch"]:
        return refused(401, "invalid_token", "the token is not valid any more")
    return json_reply(200, {"sub": claims["sub"], **claims_of(account, names)})
