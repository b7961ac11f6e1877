"""Which audience an access token is for: `resource`, one per token (RFC 8707 section 2)."""

from authlib.oauth2 import OAuth2Error

from idp.domain.client import Client


class InvalidTarget(OAuth2Error):
    """The resource is unknown, malformed, or not for this client or grant."""

    error = "invalid_target"

    def __init__(self) -> None:
        super().__init__("the resource is not one that this client may have tokens for")


def audience(asked: str | None, granted: str | None, client: Client, issuer: str) -> str:
    """The `aud` of an access token: what is asked for now, else what was asked for at the sign-in (`granted`), else our own
    UserInfo. A grant for one resource is never widened to another; raises `InvalidTarget`."""
    wanted = asked or granted
    if wanted is None:
        return issuer
    if wanted not in client.resources or granted not in (None, wanted):
        raise InvalidTarget()
    return wanted
