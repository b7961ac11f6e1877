"""Who may have offline_access, which is what brings a refresh token (OIDC Core section 11)."""

from typing import Sequence

from idp.domain.client import Client

SCOPE = "offline_access"


def granted(scope: Sequence[str], client: Client, prompt: Sequence[str]) -> tuple[str, ...]:
    """The scopes without offline_access where it must be ignored: for clients that are not registered for the grant, and
    for third parties that do not have the member asked. The operator's own portals are never asked about (decisions.md,
    consent): that is the other condition which section 11 leaves room for."""
    allowed = client.check_grant_type("refresh_token") and (client.first_party or "consent" in prompt)
    return tuple(name for name in scope if allowed or name != SCOPE)


def offered(scope: Sequence[str], client: Client) -> bool:
    """Whether a code with these scopes brings a refresh token, the client being what it is now."""
    return SCOPE in scope and client.check_grant_type("refresh_token")
