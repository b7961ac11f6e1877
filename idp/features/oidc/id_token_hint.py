"""Reads id_token_hint: an ID token of ours for this client, expired or not (OIDC Core section 3.1.2.1)."""

from idp.domain.client import ID_TOKEN_ALGS
from idp.features.oidc import jose
from idp.features.oidc.request import AuthorizationError, AuthorizationRequest
from idp.web.house import House


def subject_of(house: House, request: AuthorizationRequest) -> str | None:
    """The subject that the client expects, or None without a hint; raises `AuthorizationError` for a bad hint."""
    if request.id_token_hint is None:
        return None
    try:
        claims = jose.verify(
            house.keyring.ring(), request.id_token_hint, "JWT", list(ID_TOKEN_ALGS), house.deps.settings.issuer
        )
    except jose.BadToken:
        claims = {}
    # an access token has a client_id and another audience; it is never a hint (trap T-13)
    if claims.get("aud") != request.target.client_id or "client_id" in claims or not isinstance(claims.get("sub"), str):
        raise AuthorizationError(request.target, "invalid_request", "id_token_hint is not an ID token of this client")
    subject: str = claims["sub"]
    return subject
