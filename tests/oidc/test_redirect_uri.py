"""Redirect URIs are compared byte for byte (RFC 9700 section 2.1; requirements AZ-02 and AZ-04)."""

import pytest

from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal, is_error_page
from tests.running import CALLBACK, Browser

# the registered one is https://portal.example/callback
NEAR_MISSES = [
    "https://portal.example/callback/", "https://portal.example/callback/..", "https://portal.example/callback/../callback",
    "https://portal.example/./callback", "https://portal.example//callback", "https://portal.example/callback//",
    "https://portal.example/callback/x", "https://portal.example/callback%2f", "https://portal.example/%63allback",
    "https://portal.example/callback%00", "https://portal.example/callback\x00", "https://portal.example/callback ",
    " https://portal.example/callback", "https://portal.example/callback\n", "https://portal.example/callback\r\nX: y",
    "https://portal.example/callback?", "https://portal.example/callback?a=1", "https://portal.example/callback#",
    "https://portal.example/callback#x", "https://portal.example/callback;x", "https://portal.example/callback\\",
    "https:\\\\portal.example\\callback", "https:/portal.example/callback", "https:portal.example/callback",
    "//portal.example/callback", "/callback", "callback", "http://portal.example/callback", "HTTPS://portal.example/callback",
    "https://PORTAL.example/callback", "https://portal.example/Callback", "https://portal.example:443/callback",
    "https://portal.example:8443/callback", "https://portal.example./callback", "https://portal.example:/callback",
    "https://user@portal.example/callback", "https://portal.example@evil.example/callback",
    "https://portal.example.evil.example/callback", "https://evil.example/https://portal.example/callback",
    "https://portal.example%2eevil.example/callback", "https://portal.example\u3002evil.example/callback",
    "https://p\u043ertal.example/callback", "https://\uff50ortal.example/callback", "https://*.example/callback",
    "https://www.portal.example/callback", "https://portal.example", "https://portal.example/", "https://portal.example/callbac",
    "https://portal.example/callback,https://evil.example/", "javascript:alert(1)", "data:text/html,x", "null", '"><script>',
    "https://portal.example/callback" + "x" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("address", NEAR_MISSES, ids=lambda address: ascii(address)[:60])
def test_an_address_that_is_only_nearly_registered_gets_an_error_page(portal: Portal, signed_in: Browser, address: str) -> None:
    """RFC 6749 section 4.1.2.1: no redirect, though the member is signed in and everything else is right."""
    assert len(NEAR_MISSES) >= 40
    assert is_error_page(portal.ask(signed_in, redirect_uri=address))


@pytest.mark.parametrize("address", ["https://portal.example/callback?", CALLBACK, CALLBACK + "?tenant=1",
                                     CALLBACK + "?lang=ja&tenant=1",
                                     CALLBACK + "?tenant=1&lang=ja&", CALLBACK + "?tenant=2&lang=ja"])  # fmt: skip
def test_a_registered_query_is_part_of_the_address(house: Installation, signed_in: Browser, address: str) -> None:
    """OIDC Core section 3.1.2.1: simple string comparison."""
    portal = house.portals["query"]
    assert "code" in portal.reply(portal.ask(signed_in))
    assert is_error_page(portal.ask(signed_in, redirect_uri=address))


def test_an_address_belongs_to_one_client(house: Installation, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1: pre-registered at this provider for this client."""
    other = house.portals["other"]
    assert is_error_page(other.ask(signed_in, redirect_uri=CALLBACK))
    second = other.client["redirect_uris"][1]
    assert other.ask(signed_in, redirect_uri=second).headers["Location"].startswith(second + "?")


def test_even_a_single_registered_address_must_be_named(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1: REQUIRED (trap T-06)."""
    assert is_error_page(portal.ask(signed_in, redirect_uri=None))


@pytest.mark.parametrize("address", ["http://127.0.0.1:51004/callback", "http://127.0.0.1/callback",
                                     "http://127.0.0.1:1/callback",
                                     "http://[::1]:5/callback", "http://[::1]/callback"])  # fmt: skip
def test_a_native_app_may_listen_at_any_loopback_port(house: Installation, signed_in: Browser, address: str) -> None:
    """RFC 8252 section 7.3."""
    native = house.portals["native"]
    answer = native.ask(signed_in, redirect_uri=address)
    assert answer.headers["Location"].startswith(address + "?code=")
    code = answer.headers["Location"].split("code=")[1].split("&")[0]
    assert native.redeem(code, redirect_uri="http://127.0.0.1:9/callback").json()["error"] == "invalid_grant"
    code = native.ask(signed_in, redirect_uri=address).headers["Location"].split("code=")[1].split("&")[0]
    assert native.redeem(code, redirect_uri=address).status_code == 200


@pytest.mark.parametrize("address", ["http://localhost:5/callback", "http://127.0.0.2:5/callback", "http://127.0.0.1:5/other",
                                     "http://127.0.0.1:5@evil.example/callback", "http://127.0.0.1:x/callback",
                                     "http://127.0.0.1:99999/callback", "http://127.0.0.1.evil.example/callback",
                                     "http://127.1:5/callback", "https://127.0.0.1:5/callback", "http://127.0.0.1:0/callback",
                                     "http://127.0.0.1:5/callback#x", "http://127.0.0.1:\uff15/callback"])  # fmt: skip
def test_only_the_port_is_free(house: Installation, signed_in: Browser, address: str) -> None:
    """RFC 8252 section 7.3."""
    assert is_error_page(house.portals["native"].ask(signed_in, redirect_uri=address))


def test_a_web_client_gets_no_free_port(house: Installation, signed_in: Browser) -> None:
    """RFC 9700 section 2.1: the exception is for native apps."""
    local = house.portals["local"]
    assert local.ask(signed_in).headers["Location"].startswith("http://localhost:3000/callback?code=")
    assert is_error_page(local.ask(signed_in, redirect_uri="http://localhost:3001/callback"))
