"""What every answer carries, and which web pages may read which answers (requirements WB-01, WB-03, SE-01, SE-03, SE-04)."""

import dataclasses
from typing import Iterator

import pytest
import requests
from werkzeug.test import Client

from idp import app, config, parts
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal, Provider
from tests.running import CHALLENGE, Browser

ORIGIN = "https://portal.example"
STRANGERS = ["https://evil.example", "null", "http://portal.example", "https://portal.example:8443",
             "https://portal.example.evil.example",
             "https://PORTAL.example", "https://portal.example/", "file://", "*",
             "https://portal.example, https://evil.example"]  # fmt: skip
PATHS = ["/.well-known/openid-configuration", "/jwks", "/token", "/par", "/revoke", "/introspect", "/userinfo", "/authorize", "/login", "/login/choose",
         "/consent", "/", "/logout",
         "/nothing-here", "/health/live", "/static/nothing.css"]  # fmt: skip


def cross(url: str, origin: str, method: str = "GET", **headers: str) -> requests.Response:
    """What a script of that origin would send."""
    return requests.request(method, url, headers={"Origin": origin, **headers}, allow_redirects=False, timeout=SECONDS)


def grants(answer: requests.Response) -> str | None:
    """The origin that may read the answer; never with its cookies."""
    assert "Access-Control-Allow-Credentials" not in answer.headers
    return answer.headers.get("Access-Control-Allow-Origin")


def test_any_page_may_read_the_public_documents(provider: Provider) -> None:
    """OIDC Discovery section 4.2 with CORS; RFC 7517: nothing in them is secret."""
    for url in (provider.issuer + PATHS[0], provider.endpoint("jwks_uri")):
        assert grants(cross(url, "https://evil.example")) == "*" and cross(url, ORIGIN).status_code == 200


def test_a_cache_may_keep_the_public_documents_for_every_page(provider: Provider) -> None:
    """Fetch standard, "CORS protocol and HTTP caches": asked without an origin, they are answered as with one."""
    for url in (provider.issuer + PATHS[0], provider.endpoint("jwks_uri")):
        plain = requests.get(url, timeout=SECONDS)
        assert "public" in plain.headers["Cache-Control"] and grants(plain) == "*"
        kept = requests.get(url, headers={"If-None-Match": plain.headers["ETag"]}, timeout=SECONDS)
        assert kept.status_code == 304 and grants(kept) == "*"


def test_registered_pages_may_use_the_token_endpoint_and_userinfo(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """OIDC Core section 5.3; RFC 9700 section 2.6: also refusals can be read, and caches keep origins apart."""
    token = portal.tokens(signed_in)["access_token"]
    for url, options in ((provider.endpoint("userinfo"), {"Authorization": "Bearer " + token}),
                         (provider.endpoint("userinfo"), {}),
                         (provider.endpoint("token"), {}), (provider.endpoint("revocation"), {})):  # fmt: skip
        answer = cross(url, ORIGIN, "POST", **options)
        assert grants(answer) == ORIGIN and answer.headers["Vary"] == "Origin"
        preflight = cross(
            url, ORIGIN, "OPTIONS", **{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        )
        assert preflight.status_code == 204 and grants(preflight) == ORIGIN and preflight.content == b""
        assert (
            "POST" in preflight.headers["Access-Control-Allow-Methods"]
            and "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
        )


def test_an_address_is_the_origin_that_browsers_make_of_it(provider: Provider) -> None:
    """RFC 6454 section 6.2: of the portal that is registered with capitals and the usual port."""
    assert grants(cross(provider.endpoint("token"), "https://capitals.example", "POST")) == "https://capitals.example"


@pytest.mark.parametrize("origin", STRANGERS)
def test_other_pages_may_not(provider: Provider, origin: str) -> None:
    """Requirement WB-03: never `null`, never by likeness."""
    for name in ("token", "revocation", "userinfo"):
        for method in ("POST", "OPTIONS"):
            answer = cross(provider.endpoint(name), origin, method)
            assert grants(answer) is None and answer.headers["Vary"] == "Origin"


def test_no_page_at_all_reads_what_an_api_asks(provider: Provider) -> None:
    """RFC 7662 section 2.1: introspection is for who keeps a secret, which no page does."""
    for method in ("POST", "OPTIONS"):
        assert grants(cross(provider.endpoint("introspection"), ORIGIN, method)) is None


def test_no_script_of_elsewhere_reads_a_page(portal: Portal, provider: Provider) -> None:
    """RFC 9700 section 2.6 (requirement AZ-23), whoever asks and however."""
    for path in ("/authorize", "/login", "/consent", "/", "/logout", "/nothing-here"):
        for origin in (ORIGIN, "https://evil.example", "null"):
            for method in ("GET", "POST", "OPTIONS"):
                assert grants(cross(provider.issuer + path, origin, method)) is None
    assert grants(cross(portal.address(), ORIGIN)) is None


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_constant_headers(provider: Provider, path: str) -> None:
    """Requirement WB-01, also for errors and unknown paths, by every method."""
    for method in ("GET", "POST", "OPTIONS", "PUT"):
        answer = requests.request(method, provider.issuer + path, allow_redirects=False, timeout=SECONDS)
        headers = answer.headers
        assert (
            answer.status_code < 500
            and headers["X-Content-Type-Options"] == "nosniff"
            and headers["Referrer-Policy"] == "no-referrer"
        )
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "default-src '" in policy and "unsafe" not in policy and "*" not in policy
        assert headers["X-Frame-Options"] == "DENY" and headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Permissions-Policy"]
        if "<html" in answer.text and not answer.is_redirect:
            assert "form-action 'self'" in policy and "https:" not in policy
            assert "base-uri 'none'" in policy and "object-src 'none'" in policy


def test_no_cache_keeps_a_page_or_a_redirect(portal: Portal, house: Installation, hanako: str) -> None:
    """Requirement SE-08, trap T-16."""
    browser = house.browser(hanako)
    for url in (portal.address(), portal.address(prompt="login"), portal.address(redirect_uri="https://evil.example"),
                house.idp.issuer + "/",
                house.idp.issuer + "/login"):  # fmt: skip
        answer = browser.get(url, allow_redirects=False)
        assert answer.headers["Cache-Control"] == "no-store", url
    assert "Cookie" in browser.go(portal.address(prompt="login")).headers["Vary"]


def test_the_session_comes_in_its_cookie_only(house: Installation, portal: Portal, hanako: str) -> None:
    """Requirement SE-03: not by address, header or another cookie; doubled it counts as none."""
    value = house.browser(hanako).cookies["idp-session"]
    for ways in ({"params": {"idp-session": value, "session": value}},
                 {"headers": {"Cookie": f"session={value}; sid={value}; __Host-idp-session={value}"}},
                 {"headers": {"Authorization": f"Bearer {value}", "X-Session": value}},
                 {"headers": {"Cookie": f"idp-session={value}; idp-session={value}"}}):  # fmt: skip
        answer = requests.get(portal.address(prompt="none"), allow_redirects=False, timeout=SECONDS, **ways)
        assert "code=" not in answer.headers.get("Location", "") and "error=" in answer.headers.get("Location", "error=")
    good = requests.get(
        portal.address(prompt="none"), headers={"Cookie": f"idp-session={value}"}, allow_redirects=False, timeout=SECONDS
    )
    assert "code=" in good.headers["Location"]


def test_no_token_is_a_session(portal: Portal, signed_in: Browser) -> None:
    """Requirement SE-04 (CVE-2019-3868), and the reverse in test_userinfo."""
    tokens = portal.tokens(signed_in)
    for value in (tokens["access_token"], tokens["id_token"], portal.code(signed_in), portal.id_claims(tokens)["sid"]):
        cookie = {"Cookie": f"idp-session={value}"}
        answer = requests.get(portal.address(prompt="none"), headers=cookie, allow_redirects=False, timeout=SECONDS)
        assert "error=login_required" in answer.headers["Location"]


@pytest.fixture(scope="module")
def https(house: Installation) -> Iterator[Client]:
    """The same installation in this process, with the https issuer that everything but a trial has."""
    settings, base = config.load(str(house.idp.config))
    settings = dataclasses.replace(settings, issuer=settings.issuer.replace("http://", "https://"))
    deps = parts.open_deps(settings, base)
    yield Client(app.create_wsgi(app.build(deps)), use_cookies=False)
    parts.close_deps(deps)


def test_with_https_browsers_are_told_to_stay_with_it(https: Client, house: Installation) -> None:
    """Requirement WB-01: HSTS of a year on every answer."""
    for path in PATHS:
        answer = https.get(path, base_url=house.idp.issuer)
        age = answer.headers["Strict-Transport-Security"].split("max-age=")[1].split(";")[0]
        assert int(age) >= 31_536_000


def test_with_https_cookies_are_for_this_host_and_for_https_only(https: Client, house: Installation, portal: Portal) -> None:
    """Requirement SE-01: __Host-, Secure, HttpOnly, SameSite=Lax, Path=/, no Domain."""
    query = {**portal.request(), "code_challenge": CHALLENGE}
    answer = https.get("/authorize", query_string=query, base_url=house.idp.issuer)
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies, (answer.status, answer.headers)
    for cookie in cookies:
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-") and {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
        assert not any(one.lower().startswith("domain") for one in attributes)


def test_with_https_every_address_is_https(https: Client, house: Installation) -> None:
    """RFC 8414 section 2 (requirement DS-01)."""
    found = https.get(PATHS[0], base_url=house.idp.issuer).get_json()
    addresses = [value for name, value in found.items() if name.endswith(("_endpoint", "_uri")) or name == "issuer"]
    assert all(address.startswith("https://localhost:") for address in addresses) and len(addresses) >= 5
