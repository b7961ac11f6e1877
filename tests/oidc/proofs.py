"""DPoP proofs as a portal makes them (RFC 9449 section 4.2)."""

import base64
import hashlib
import time
import uuid
from typing import Any, Mapping

import requests

from tests.oidc import offline, signing
from tests.oidc.relying_party import SECONDS, Portal, Provider
from tests.running import Browser

KEY, OTHER = signing.new_key("ES256", "holder"), signing.new_key("ES256", "other")


def thumbprint(key: Any = KEY) -> str:
    """The RFC 7638 thumbprint of a key."""
    return str(key.thumbprint())


def proof(url: str, method: str = "POST", key: Any = KEY, token: str | None = None, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """A proof for one request with changes of its claims; None leaves one out."""
    claims: dict[str, Any] = {"jti": uuid.uuid4().hex, "htm": method, "htu": url, "iat": int(time.time())}
    if token is not None:
        claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    public = {name: value for name, value in key.as_dict(private=False).items() if name in ("kty", "crv", "x", "y", "n", "e")}
    said = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return signing.signed(key, said, **{"typ": "dpop+jwt", "jwk": public, "kid": None, **(header or {})})


def asked(portal: Portal, form: dict[str, str], text: str | None = None, **options: Any) -> requests.Response:
    """A token request with a proof, this one or a good one."""
    fields, headers = offline.authentication(portal)
    text = proof(portal.provider.endpoint("token"), **options) if text is None else text
    return portal.post({**form, **fields}, {**headers, "DPoP": text})


def redeemed(portal: Portal, code: str, text: str | None = None, **options: Any) -> requests.Response:
    """A code exchanged with a proof."""
    return asked(portal, portal.token_form(code), text, **options)


def bound(portal: Portal, browser: Browser, **changes: str | None) -> dict[str, Any]:
    """Tokens bound to `KEY`."""
    return portal.granted(redeemed(portal, portal.code(browser, **changes)))


def refreshed(portal: Portal, token: str, text: str | None = None, **options: Any) -> requests.Response:
    """A refresh with a proof."""
    return asked(portal, {"grant_type": "refresh_token", "refresh_token": token}, text, **options)


def userinfo(provider: Provider, token: str, text: str | None = None, scheme: str = "DPoP", **options: Any) -> requests.Response:
    """UserInfo asked with a bound token, and this proof or a good one."""
    url = provider.endpoint("userinfo")
    text = proof(url, "GET", token=token, **options) if text is None else text
    return requests.get(url, headers={"Authorization": f"{scheme} {token}", "DPoP": text}, timeout=SECONDS)
