"""Client credentials: a portal's back end for itself, without a member (RFC 6749 section 4.4)."""

import time

import pytest

from tests.oidc.installation import API, Installation
from tests.oidc.offline import about
from tests.oidc.relying_party import Portal
from tests.oidc.test_introspection import inactive, told
from tests.oidc.test_token_endpoint import refusal
from tests.oidc.test_userinfo import refused
from tests.running import claims_of, form_of

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def backend(house: Installation) -> Portal:
    """A back end with scopes of its own."""
    return house.portals["backend"]


def test_it_gets_an_access_token_and_nothing_else(each: Installation) -> None:
    """RFC 6749 section 4.4.3; RFC 9068 section 2.2: the subject is the client."""
    portal = each.portals["backend"]
    answer = portal.post(GRANT, portal.basic())
    found = portal.granted(answer)
    assert set(found) == {"access_token", "token_type", "expires_in", "scope"} and answer.headers["Cache-Control"] == "no-store"
    assert (found["token_type"], found["scope"]) == ("Bearer", "contracts:read contracts:write")
    claims = portal.provider.verified(found["access_token"], ["ES256"], "at+jwt")
    assert set(claims) == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"}
    assert claims["sub"] == claims["client_id"] == portal.id and claims["aud"] == portal.provider.issuer
    assert claims["exp"] - claims["iat"] == found["expires_in"] and abs(claims["iat"] - time.time()) < 30


def test_scopes_are_those_registered(backend: Portal) -> None:
    """RFC 6749 section 3.3: fewer on request, never others, and none that need a member."""
    found = backend.granted(backend.post({**GRANT, "scope": "contracts:read"}, backend.basic()))
    assert found["scope"] == claims_of(found["access_token"])["scope"] == "contracts:read"
    for scope in ("contracts:delete", "openid", "contracts:read openid", "offline_access", "CONTRACTS:READ", "contracts:read  x", 'a"b', " "):
        refusal(backend.post({**GRANT, "scope": scope}, backend.basic()), "invalid_scope")


def test_a_client_without_scopes_of_its_own_gets_a_token_without(house: Installation) -> None:
    """RFC 6749 section 3.3: the default is what is registered."""
    portal = house.portals["backend-post"]
    form = {**GRANT, "client_id": portal.id, "client_secret": portal.client["client_secret"]}
    found = portal.granted(portal.post(form, {}))
    assert "scope" not in found and "scope" not in claims_of(found["access_token"])
    refusal(portal.post({**form, "scope": "email"}, {}), "invalid_scope")


def test_it_is_for_who_was_registered_for_it_and_holds_a_secret(house: Installation) -> None:
    """RFC 6749 sections 4.4 and 5.2 (requirement TK-12)."""
    for name in ("plain", "offline", "api"):
        refusal(house.portals[name].post(GRANT, house.portals[name].basic()), "unauthorized_client")
    for name in ("public", "offline-public"):
        refusal(house.portals[name].post({**GRANT, "client_id": house.portals[name].id}, {}), "unauthorized_client")
    backend = house.portals["backend"]
    for fields in ({}, {"client_id": backend.id}, {"client_id": backend.id, "client_secret": backend.client["client_secret"]}):
        refusal(backend.post({**GRANT, **fields}, {}), "invalid_client", 401)


def test_such_a_client_signs_nobody_in(house: Installation, backend: Portal) -> None:
    """RFC 6749 section 4.1.2.1: grants are limited per client (requirement TK-12)."""
    assert backend.error(house.browser(), scope="openid", redirect_uri=backend.callback) == "unauthorized_client"


def test_scopes_of_its_own_are_nothing_that_a_member_gives(house: Installation) -> None:
    """RFC 6749 section 3.3: of a client with both grants each gets what belongs to it."""
    both = house.portals["both"]
    browser = house.browser(house.member())
    page = both.ask(browser, scope="openid email contracts:read")
    assert page.status_code == 200 and "contracts:read" not in page.text
    tokens = both.granted(both.redeem(both.reply(browser.submit(form_of(page), answer="yes"))["code"]))
    assert tokens["scope"] == claims_of(tokens["access_token"])["scope"] == "openid email"
    assert both.granted(both.post(GRANT, both.basic()))["scope"] == "contracts:read"
    refusal(both.post({**GRANT, "scope": "email"}, both.basic()), "invalid_scope")


def test_it_opens_no_members_data(backend: Portal) -> None:
    """OIDC Core section 5.3; RFC 9068 section 5: the subject is nobody."""
    for scope in ({}, {"scope": "contracts:read"}):
        token = backend.granted(backend.post({**GRANT, **scope}, backend.basic()))["access_token"]
        refused(backend.provider.userinfo(token), "insufficient_scope", 403)


def test_its_api_can_ask_about_it_and_it_can_be_ended(each: Installation) -> None:
    """RFC 7662, RFC 7009 and RFC 8707 together."""
    portal, api = each.portals["backend"], each.portals["api"]
    first, second = (portal.granted(portal.post({**GRANT, "resource": API}, portal.basic()))["access_token"] for _ in range(2))
    found = told(api, first)
    assert (found["aud"], found["sub"], found["scope"]) == (API, portal.id, "contracts:read contracts:write")
    assert inactive(each.portals["other-api"], first)
    assert about(portal, "revocation", first).status_code == 200
    assert inactive(api, first) and told(api, second)["active"] is True
