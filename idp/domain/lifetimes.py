"""How long what a client receives is good: the policy's time, or a shorter one that the client registered."""

from idp.domain import fapi
from idp.domain.client import Client
from idp.domain.policy import Tokens

# client metadata, and the key of `[tokens]` that it may shorten
KEYS = {
    "access_token_lifetime": "access",
    "id_token_lifetime": "id",
    "refresh_token_idle_lifetime": "refresh_idle",
    "refresh_token_lifetime": "refresh",
}


def _shorter(own: int | None, most: int) -> int:
    return most if own is None else min(own, most)


def access(client: Client, rule: Tokens) -> int:
    """Seconds that an access token of this client is good for."""
    return _shorter(client.access_token_lifetime, rule.access)


def identity(client: Client, rule: Tokens) -> int:
    """Seconds that an ID token for this client is good for."""
    return _shorter(client.id_token_lifetime, rule.id)


def refresh_idle(client: Client, rule: Tokens) -> int:
    """Seconds after which a refresh token ends that nobody uses."""
    return _shorter(client.refresh_token_idle_lifetime, rule.refresh_idle)


def refresh(client: Client, rule: Tokens) -> int:
    """Seconds from the sign-in after which its refresh tokens end in any case."""
    return _shorter(client.refresh_token_lifetime, rule.refresh)


def code(client: Client, rule: Tokens) -> int:
    """Seconds that an authorization code for this client is good for."""
    return _shorter(fapi.CODE if client.profile else None, rule.code)


def pushed_request(client: Client, rule: Tokens) -> int:
    """Seconds that a request which this client has pushed can be begun for."""
    return _shorter(fapi.PUSHED if client.profile else None, rule.pushed_request)
