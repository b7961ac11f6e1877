"""The modules of the OpenID Foundation's plans Basic OP, Form Post Basic OP and Config OP that can be run here, by name;
each runs by query and by form post (certification.md)."""

import json
import time
from urllib.parse import urlencode

import pytest
import requests

from tests.oidc.certification import Suite
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, is_error_page
from tests.oidc.test_userinfo import BY_SCOPE
from tests.running import CHALLENGE, VERIFIER, Browser, form_of

SKIPS = {"login_required", "interaction_required", "consent_required", "account_selection_required"}


@pytest.fixture(params=["query", "form_post"])
def suite(request: pytest.FixtureRequest, house: Installation, hanako: str) -> Suite:
    """The static client of the Basic plan, in each response mode."""
    return Suite(house, house.portals["relaxed"], request.param, hanako)


def test_oidcc_server(suite: Suite) -> None:
    """The plain code flow from end to end."""
    suite.userinfo(suite.signed_in()[1])


def test_oidcc_response_type_missing(suite: Suite, signed_in: Browser) -> None:
    """invalid_request or unsupported_response_type, with the state."""
    assert suite.error(signed_in, response_type=None) in ("invalid_request", "unsupported_response_type")


def test_oidcc_idtoken_signature(suite: Suite, signed_in: Browser) -> None:
    """RS256 with a kid is the default; verified in `Suite.tokens`."""
    assert suite.portal.client["id_token_signed_response_alg"] == "RS256" and suite.again(signed_in)["id_token"]


def test_oidcc_idtoken_unsigned(suite: Suite) -> None:
    """The module ends early where `none` is not offered."""
    assert "none" not in suite.portal.provider.metadata["id_token_signing_alg_values_supported"]


def test_oidcc_userinfo_get(suite: Suite, signed_in: Browser) -> None:
    """GET with the header."""
    suite.userinfo(suite.again(signed_in))


def test_oidcc_userinfo_post_header(suite: Suite, signed_in: Browser) -> None:
    """POST with the header."""
    tokens = suite.again(signed_in)
    suite.userinfo(tokens, tokens["access_token"], "POST")


def test_oidcc_userinfo_post_body(suite: Suite, signed_in: Browser) -> None:
    """POST with a form field."""
    tokens = suite.again(signed_in)
    suite.userinfo(tokens, None, "POST", data={"access_token": tokens["access_token"]})


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(suite: Suite, signed_in: Browser) -> None:
    """No nonce, and none invented."""
    assert "nonce" not in suite.again(signed_in, nonce=None)["claims"]


@pytest.mark.parametrize("scope", ["profile", "email", "address", "phone", "profile email address phone"])
def test_oidcc_scope(suite: Suite, signed_in: Browser, scope: str) -> None:
    """oidcc-scope-profile, -email, -address, -phone and -all: every standard claim comes from UserInfo."""
    found = suite.userinfo(suite.again(signed_in, scope=f"openid {scope}"))
    assert set(found) == {"sub"}.union(*(BY_SCOPE[name] for name in scope.split()))


def test_oidcc_alternate_happy_flow(suite: Suite, signed_in: Browser) -> None:
    """Scopes and parameters in another order."""
    tokens = suite.again(signed_in, scope="phone address email profile openid")
    assert set(tokens["scope"].split()) == {"phone", "address", "email", "profile", "openid"}
    mode = {} if suite.mode == "query" else {"response_mode": suite.mode}
    asked = {**suite.portal.request(code_challenge=None, code_challenge_method=None), **mode}
    turned = urlencode(list(asked.items())[::-1])
    suite.tokens(suite.answer(signed_in.go(suite.portal.provider.endpoint("authorization") + "?" + turned)))


@pytest.mark.parametrize("display", ["page", "popup"])
def test_oidcc_display(suite: Suite, signed_in: Browser, display: str) -> None:
    """oidcc-display-page and -popup: accepted."""
    suite.again(signed_in, display=display)


def test_oidcc_prompt_login(suite: Suite) -> None:
    """Signed in again although a session exists; auth_time is later."""
    browser, first = suite.signed_in()
    time.sleep(1.1)
    page = suite.ask(browser, prompt="login")
    assert "current-password" in form_of(page).tokens
    second = suite.tokens(suite.answer(browser.sign_in(page, suite.member)))
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"] and second["claims"]["sub"] == first["claims"]["sub"]


def test_oidcc_prompt_none_not_logged_in(suite: Suite, browser: Browser) -> None:
    """An error, with a state of 128 characters intact."""
    assert suite.error(browser, prompt="none", state="s" * 128) in SKIPS


def test_oidcc_prompt_none_logged_in(suite: Suite) -> None:
    """Silent success; sub and auth_time the same."""
    browser, first = suite.signed_in()
    second = suite.again(browser, prompt="none")
    assert all(second["claims"][name] == first["claims"][name] for name in ("sub", "auth_time"))


def test_oidcc_max_age_1(suite: Suite) -> None:
    """Signed in again after more than a second."""
    browser, first = suite.signed_in()
    time.sleep(2.1)
    page = suite.ask(browser, max_age="1")
    second = suite.tokens(suite.answer(browser.sign_in(page, suite.member)))
    assert time.time() - 60 < second["claims"]["auth_time"] > first["claims"]["auth_time"]


def test_oidcc_max_age_10000(suite: Suite) -> None:
    """Not signed in again; auth_time in both and equal."""
    browser, first = suite.signed_in(max_age="10000")
    assert suite.again(browser, max_age="10000")["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(suite: Suite, signed_in: Browser) -> None:
    """Ignored."""
    suite.again(signed_in, extra="foobar")


def test_oidcc_id_token_hint(suite: Suite) -> None:
    """prompt=none with the hint of who is signed in."""
    browser, first = suite.signed_in()
    second = suite.again(browser, prompt="none", id_token_hint=first["id_token"])
    assert second["claims"]["sub"] == first["claims"]["sub"]


def test_oidcc_login_hint(suite: Suite) -> None:
    """An unknown user in the hint is no error."""
    suite.signed_in(login_hint="buffy@example.com")


def test_oidcc_ui_locales(suite: Suite) -> None:
    """Tolerated."""
    suite.signed_in(ui_locales="se")


def test_oidcc_claims_locales(suite: Suite, signed_in: Browser) -> None:
    """Tolerated."""
    suite.again(signed_in, claims_locales="se")


def test_oidcc_ensure_request_with_acr_values_succeeds(suite: Suite, signed_in: Browser) -> None:
    """Tolerated, and one of those asked for is returned if it was reached."""
    suite.again(signed_in, acr_values="1 2")
    level = suite.portal.provider.metadata["acr_values_supported"][0]
    assert suite.again(signed_in, acr_values=level)["claims"]["acr"] == level


def test_oidcc_codereuse(suite: Suite, signed_in: Browser) -> None:
    """oidcc-codereuse and oidcc-codereuse-30seconds: 400 with JSON invalid_grant, and the access token is dead; after a
    wait of seconds in test_lifetimes."""
    answer = suite.answer(suite.ask(signed_in))
    tokens = suite.tokens(answer)
    again = suite.portal.redeem(answer["code"], code_verifier=None)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert suite.portal.provider.userinfo(tokens["access_token"]).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(suite: Suite, signed_in: Browser) -> None:
    """A page, no redirect and no form."""
    page = suite.ask(signed_in, redirect_uri=suite.portal.callback + "/unregistered")
    assert is_error_page(page) and "<form" not in page.text


def test_oidcc_ensure_post_request_succeeds(suite: Suite, signed_in: Browser) -> None:
    """A cross-site form post."""
    asked = suite.portal.request(code_challenge=None, code_challenge_method=None, response_mode=suite.mode)
    bounced = requests.post(suite.portal.provider.endpoint("authorization"), data=asked, allow_redirects=False, timeout=SECONDS)
    suite.tokens(suite.answer(signed_in.go(bounced.headers["Location"])))


def test_oidcc_server_client_secret_post(suite: Suite, signed_in: Browser) -> None:
    """The second static client."""
    Suite(suite.house, suite.house.portals["relaxed-post"], suite.mode, suite.member).again(signed_in)


def test_oidcc_request_objects_rejected_as_unsupported(suite: Suite, signed_in: Browser) -> None:
    """oidcc-request-uri-unsigned-…, oidcc-unsigned-request-object-… and oidcc-ensure-request-object-with-redirect-uri end
    early where request objects without signature are not offered; asked for in spite of it, the error is the named one."""
    assert "none" not in suite.portal.provider.metadata.get("request_object_signing_alg_values_supported", [])
    assert suite.error(signed_in, request_uri="https://suite.example/x") == "request_uri_not_supported"
    assert suite.error(signed_in, request="eyJhbGciOiJub25lIn0.e30.") == "request_not_supported"
    inside = suite.ask(signed_in, request="eyJhbGciOiJub25lIn0.e30.", redirect_uri="https://suite.example/bad")
    assert is_error_page(inside)


def test_oidcc_claims_essential(suite: Suite, signed_in: Browser) -> None:
    """The name, though no scope covers it."""
    asked = json.dumps({"userinfo": {"name": {"essential": True}}})
    assert suite.userinfo(suite.again(signed_in, claims=asked))["name"] == "見本花子"


def test_oidcc_refresh_token(suite: Suite, signed_in: Browser) -> None:
    """New tokens of the same sign-in; the token of another client is refused."""
    page = suite.ask(signed_in, scope="openid offline_access", prompt="consent")
    tokens = suite.tokens(suite.answer(signed_in.submit(form_of(page), answer="yes")))
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = suite.portal.post(form, suite.portal.basic())
    found = suite.portal.granted(answer)
    assert "no-store" in answer.headers["Cache-Control"] and found["token_type"] == "Bearer" and 0 < found["expires_in"] < 3600
    claims, before = suite.portal.id_claims(found), tokens["claims"]
    assert claims["iat"] >= before["iat"] and found["access_token"] != tokens["access_token"]
    assert all(claims.get(name) == before.get(name) for name in ("iss", "sub", "aud", "auth_time", "azp"))
    second = suite.house.portals["relaxed-post"]
    stolen = second.post({**form, "client_id": second.id, "client_secret": second.client["client_secret"]}, {})
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")


def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite: Suite, signed_in: Browser) -> None:
    """S256."""
    page = suite.ask(signed_in, code_challenge=CHALLENGE, code_challenge_method="S256")
    suite.tokens(suite.answer(page), code_verifier=VERIFIER)


def test_oidcc_discovery_endpoint_verification(house: Installation) -> None:
    """Config OP, what test_discovery does not hold already: the lists' types, and languages by BCP 47."""
    found = house.provider.metadata
    assert all(
        isinstance(value, list) and value
        for name, value in found.items()
        if name.endswith("_supported") and not isinstance(value, bool)
    )
    assert all(isinstance(found[name], bool) for name in found if name.startswith(("require_", "claims_parameter", "request_parameter", "request_uri")))
    assert all(tag.isalpha() and len(tag) == 2 for tag in found["ui_locales_supported"])
    assert (
        house.provider.issuer + "/.well-known/openid-configuration"
        == requests.get(house.provider.issuer + "/.well-known/openid-configuration", timeout=SECONDS).url
    )
