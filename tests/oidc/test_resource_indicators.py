"""Resource indicators: an access token is for one audience, and only for one that the client may have (RFC 8707)."""

import pytest

from tests.oidc.installation import API, OTHER_API, Installation
from tests.oidc.offline import begin, refresh, refreshed
from tests.oidc.relying_party import Portal
from tests.oidc.test_token_endpoint import refusal
from tests.oidc.test_userinfo import refused
from tests.running import Browser, claims_of

UNKNOWN = ["https://elsewhere.example", API + "/", API + "#a", "/v1", "api.example.jp", API.upper(), "x" * 5_000, "日本", API + " " + OTHER_API]
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def portal(house: Installation) -> Portal:
    """A portal with two audiences."""
    return house.portals["offline"]


def test_without_one_a_token_is_for_our_userinfo(portal: Portal, signed_in: Browser) -> None:
    """RFC 9068 section 3: the default."""
    assert claims_of(begin(portal, signed_in)["access_token"])["aud"] == portal.provider.issuer


def test_a_resource_of_the_authorization_request_is_the_audience(each: Installation) -> None:
    """RFC 8707 section 2.1: of the first token and of all that follow; the ID token is for the client as ever."""
    portal = each.portals["offline"]
    first = begin(portal, each.browser(each.member()), resource=API)
    for tokens in (first, refreshed(portal, first["refresh_token"])):
        assert claims_of(tokens["access_token"])["aud"] == API and portal.id_claims(tokens)["aud"] == portal.id
        refused(portal.provider.userinfo(tokens["access_token"]), "invalid_token")


def test_a_resource_of_the_token_request_is_the_audience_of_this_token(each: Installation) -> None:
    """RFC 8707 section 2.2: one grant, a token for each audience."""
    for name in ("offline", "backend"):
        portal = each.portals[name]
        if name == "backend":
            found = portal.granted(portal.post({**GRANT, "resource": API}, portal.basic()))
            assert claims_of(found["access_token"])["aud"] == API
            continue
        tokens = portal.granted(portal.redeem(portal.code(each.browser(each.member()), scope="openid offline_access"), resource=OTHER_API))
        assert claims_of(tokens["access_token"])["aud"] == OTHER_API
        for asked, audience in (({"resource": API}, API), ({}, portal.provider.issuer), ({"resource": OTHER_API}, OTHER_API)):
            assert claims_of(refreshed(portal, tokens["refresh_token"], **asked)["access_token"])["aud"] == audience


@pytest.mark.parametrize("resource", UNKNOWN, ids=ascii)
def test_an_unknown_one_is_an_invalid_target(house: Installation, portal: Portal, signed_in: Browser, resource: str) -> None:
    """RFC 8707 section 2 (requirements TK-20 and RI-01): at every place; only the exact text counts."""
    assert portal.error(signed_in, resource=resource) == "invalid_target"
    refusal(portal.redeem(portal.code(signed_in), resource=resource), "invalid_target")
    refusal(refresh(portal, begin(portal, signed_in)["refresh_token"], resource=resource), "invalid_target")
    backend = house.portals["backend"]
    refusal(backend.post({**GRANT, "resource": resource}, backend.basic()), "invalid_target")


def test_what_others_may_have_is_unknown_too(house: Installation, signed_in: Browser) -> None:
    """RFC 8707 section 2 (requirement RI-01): allowed values are the client's own."""
    assert house.portals["plain"].error(signed_in, resource=API) == "invalid_target"
    refusal(house.portals["plain"].redeem(house.portals["plain"].code(signed_in), resource=API), "invalid_target")
    backend = house.portals["backend"]
    refusal(backend.post({**GRANT, "resource": OTHER_API}, backend.basic()), "invalid_target")


def test_a_grant_for_one_is_not_widened_to_another(portal: Portal, signed_in: Browser) -> None:
    """RFC 8707 section 2.2 (requirement TK-15)."""
    refusal(portal.redeem(portal.code(signed_in, resource=API), resource=OTHER_API), "invalid_target")
    token = begin(portal, signed_in, resource=API)["refresh_token"]
    refusal(refresh(portal, token, resource=OTHER_API), "invalid_target")
    assert claims_of(refreshed(portal, token, resource=API)["access_token"])["aud"] == API


def test_one_at_a_time(portal: Portal, signed_in: Browser) -> None:
    """Requirement TK-20: a token has one audience; a parameter never stands twice (RFC 6749 section 3.2)."""
    form = [*portal.token_form(portal.code(signed_in)).items(), ("resource", API), ("resource", OTHER_API)]
    refusal(portal.post(form, portal.basic()), "invalid_request")
    twice = signed_in.go(portal.address(resource=API) + "&resource=" + OTHER_API)
    assert portal.reply(twice)["error"] == "invalid_request"
