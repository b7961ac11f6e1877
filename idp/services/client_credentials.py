"""Clients that prove themselves by their secret, by exactly the one method that was registered (RFC 6749 section 2.3)."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from idp.domain.client import Client
from idp.services.client_register import ClientRegister

MAX_HEADER = 2_048
_BASIC = re.compile(r"[Bb][Aa][Ss][Ii][Cc] +([A-Za-z0-9+/]+=*)")
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_VSCHAR = re.compile(r"[\x20-\x7e]{1,512}")


def _decoded(part: str) -> str | None:
    """One half of Basic credentials, form-decoded strictly (RFC 6749 section 2.3.1)."""
    if "%" in part and _BROKEN.search(part):
        return None
    try:
        text = unquote_to_bytes(part.replace("+", " ")).decode("utf-8") if "%" in part or "+" in part else part
    except UnicodeDecodeError:
        return None
    return text if _VSCHAR.fullmatch(text) else None


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Client id and secret of an Authorization header, or None if anything about it is malformed."""
    found = _BASIC.fullmatch(header) if len(header) <= MAX_HEADER else None
    try:
        text = base64.b64decode(found[1], validate=True).decode("ascii") if found else ""
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, secret = text.partition(":")
    pair = _decoded(user), _decoded(secret)
    return (pair[0], pair[1]) if colon and pair[0] and pair[1] else None


def proven(clients: ClientRegister, authorization: str, client_id: str | None, secret: str | None) -> Client | None:
    """The client that proves itself by the Authorization header, by `client_secret` in the body, or, a public one, by its
    `client_id` alone; None for whatever else."""
    method = "none"
    if authorization:
        pair = basic_credentials(authorization)
        # two methods at once, or two names, are refused (trap T-08)
        if pair is None or secret is not None or client_id not in (None, pair[0]):
            return None
        client_id, secret, method = *pair, "client_secret_basic"
    elif secret is not None:
        method = "client_secret_post"
        if not _VSCHAR.fullmatch(secret):
            return None
    client = clients.find(client_id)
    matches = method == "none" or clients.secret_matches(client, secret or "")
    return client if client and matches and client.token_endpoint_auth_method == method else None
