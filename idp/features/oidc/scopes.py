"""Scopes at the token endpoint: narrowed, never widened (RFC 6749 sections 3.3, 4.4.2 and 6)."""

from typing import Sequence

from authlib.oauth2.rfc6749 import InvalidScopeError

from idp.domain.client import Client


def _asked(text: str | None, granted: Sequence[str]) -> tuple[str, ...]:
    if text is None:
        return tuple(granted)
    names = tuple(dict.fromkeys(text.split(" ")))
    if not set(names) <= set(granted):
        raise InvalidScopeError("a scope is malformed, or was not granted")
    return names


def narrowed(text: str | None, granted: Sequence[str], client: Client) -> tuple[str, ...]:
    """What a refresh gives: the scopes asked for, or all that were granted at the sign-in and that the client still may
    have. Raises `InvalidScopeError`."""
    return _asked(text, [scope for scope in granted if scope in client.scope])


def own(text: str | None, client: Client) -> tuple[str, ...]:
    """What a client gets for itself: of its scopes those that need no member. Raises `InvalidScopeError`."""
    return _asked(text, client.own_scopes)
