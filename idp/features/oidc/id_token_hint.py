"""Reads whom a portal expects: by id_token_hint, an ID token of ours for this client, expired or not (OIDC Core section
3.1.2.1), or by the value of `sub` in the claims parameter (section 5.5.1)."""

from idp.domain.client import ID_TOKEN_ALGS, Client
from idp.features.oidc import jose
from idp.features.oidc.request import AuthorizationError, AuthorizationRequest
from idp.web.house import House

NOBODY = "-"  # no account is called so


def expected(house: House, client: Client, request: AuthorizationRequest) -> str | None:
    """The id of the account that must be the one, `NOBODY` if there is no such member, or None if anybody will do; raises
    `AuthorizationError` for a bad hint."""
    subject = request.claims.subject if request.id_token_hint is None else _subject(house, request, request.id_token_hint)
    return None if subject is None else house.subjects.meant(client, subject) or NOBODY


def _subject(house: House, request: AuthorizationRequest, hint: str) -> str:
    try:
        claims = jose.verify(house.keyring.ring(), hint, "JWT", list(ID_TOKEN_ALGS), house.deps.settings.issuer)
    except jose.BadToken:
        claims = {}
    # an access token has a client_id and another audience, a logout token has events; neither is ever a hint (trap T-13)
    named = claims.get("aud") == request.target.client_id and not {"client_id", "events"} & set(claims)
    if not named or not isinstance(claims.get("sub"), str):
        raise AuthorizationError(request.target, "invalid_request", "id_token_hint is not an ID token of this client")
    subject: str = claims["sub"]
    return subject
