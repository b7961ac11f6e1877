"""Pushed authorization requests as a portal makes them (RFC 9126)."""

from urllib.parse import urlencode

import requests

from tests.oidc import offline
from tests.oidc.relying_party import SECONDS, Portal
from tests.running import Browser


def push(
    portal: Portal, authentication: tuple[dict[str, str], dict[str, str]] | None = None, more: dict[str, str] | None = None, **changes: str | None
) -> requests.Response:
    """Push an authorization request, proven as the portal is registered or by these (fields, headers); `more` headers."""
    fields, headers = authentication or offline.authentication(portal)
    address = portal.provider.endpoint("pushed_authorization_request")
    return portal.http.post(address, data={**portal.request(**changes), **fields}, headers={**headers, **(more or {})}, timeout=SECONDS)


def pushed(portal: Portal, **changes: str | None) -> str:
    """The request_uri of a good pushed request."""
    answer = push(portal, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_uri"])


def come(portal: Portal, browser: Browser, request_uri: str, **beside: str) -> requests.Response:
    """Send the browser to the provider with the name of a pushed request."""
    asked = {"client_id": portal.id, "request_uri": request_uri, **beside}
    return browser.go(portal.provider.endpoint("authorization") + "?" + urlencode(asked))
