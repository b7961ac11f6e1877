"""The pages about a television, by name: how to get there."""

from typing import Callable
from urllib.parse import urlsplit

import requests

from tests.browser.visitor import Visitor


def device(visitor: Visitor) -> None:
    """Where its code is typed."""
    visitor.goto("/device")


def device_wrong(visitor: Visitor) -> None:
    """A code that leads nowhere."""
    device(visitor)
    visitor.page.fill("[name=user_code]", "00000-00000")
    visitor.send()


def device_confirm(visitor: Visitor) -> None:
    """Yes or no."""
    issuer, client = visitor.party.idp.issuer, visitor.party.clients["tv"]["client_id"]
    form = {"client_id": client, "scope": "openid profile email phone address offline_access"}
    found = requests.post(f"{issuer}/device_authorization", data=form, timeout=10).json()
    visitor.goto("/device?" + urlsplit(found["verification_uri_complete"]).query)
    visitor.send()
    visitor.sign_in(visitor.members["member"])


def device_done(visitor: Visitor) -> None:
    """Yes."""
    device_confirm(visitor)
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=yes]")


def device_connected(visitor: Visitor) -> None:
    """Among what stays connected."""
    device_done(visitor)
    visitor.goto("/account/sessions")


def device_refused(visitor: Visitor) -> None:
    """No."""
    device_confirm(visitor)
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=no]")


DEVICE: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state for state in (device, device_wrong, device_confirm, device_done, device_connected, device_refused)
}
DEVICE_WITH_ERRORS = frozenset({"device_wrong"})
