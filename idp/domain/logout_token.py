"""Logout tokens: how portals are told that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

from typing import Any

NAME = "logout"  # among the events of the outbox
TYP = "logout+jwt"  # unless a portal has asked for another
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFE = 120  # seconds


def claims(issuer: str, client_id: str, subject: str, sid: str | None, jti: str, now: int) -> dict[str, Any]:
    """The claims of a logout token made at `now` in Unix seconds (section 2.4). Without `sid` every session that the subject
    has at the portal is meant. There never is a nonce, so that it cannot pass for an ID token."""
    about = {"iss": issuer, "aud": client_id, "iat": now, "exp": now + LIFE, "jti": jti, "sub": subject, "events": {EVENT: {}}}
    return about | ({"sid": sid} if sid else {})
