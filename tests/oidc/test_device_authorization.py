"""The device authorization endpoint and the token endpoint for televisions: each rule of RFC 8628 on its own."""

import re
import time
from typing import Any

import pytest

from idp.domain.client import DEVICE_CODE
from idp.services import client_registration
from idp.vault import fingerprint
from tests import services
from tests.oidc import offline, proofs, signing
from tests.oidc.installation import API, OTHER_API, Installation
from tests.oidc.relying_party import Portal
from tests.oidc.televisions import DONE, answered, begun, connected, forget_wait, lay_down, poll, proven_poll, raise_epoch
from tests.oidc.test_token_endpoint import refusal
from tests.running import form_of
from tests.settings.member import title


def test_a_request_gets_two_codes_and_where_to_type_one(each: Installation) -> None:
    """RFC 8628 section 3.2."""
    answer = lay_down(each.portals["tv"])
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, "application/json", "no-store")
    found = answer.json()
    assert set(found) == {"device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"}
    assert re.fullmatch("[A-Za-z0-9_-]{43}", found["device_code"]) and re.fullmatch("[0-9]{5}-[0-9]{5}", found["user_code"])
    assert found["verification_uri"] == each.provider.issuer + "/device"
    assert found["verification_uri_complete"] == f"{found['verification_uri']}?user_code={found['user_code']}"
    assert (found["expires_in"], found["interval"]) == (600, 5)


def test_discovery_names_endpoint_and_grant(each: Installation) -> None:
    """RFC 8628 section 4."""
    metadata = each.provider.metadata
    assert metadata["device_authorization_endpoint"] == each.provider.issuer + "/device_authorization"
    assert "urn:ietf:params:oauth:grant-type:device_code" in metadata["grant_types_supported"]


def test_only_clients_of_this_grant_are_heard(each: Installation) -> None:
    """Requirement TK-12, at both endpoints."""
    refusal(lay_down(each.portals["plain"]), "unauthorized_client")
    refusal(poll(each.portals["plain"], "d" * 43), "unauthorized_client")


@pytest.mark.parametrize("changes, problem", [
    ({"grant_types": [DEVICE_CODE], "scope": "email"}, "openid is missing"),
    ({"grant_types": [DEVICE_CODE], "profile": "fapi2", "jwks": signing.jwks("portal-ES256")}, "no device code"),
], ids=["no openid", "fapi2"])  # fmt: skip
def test_what_a_television_cannot_be_registered_as(house: Installation, changes: dict[str, Any], problem: str) -> None:
    """RFC 7591 section 3.2.2."""
    with pytest.raises(client_registration.Rejected, match=problem):
        client_registration.register(house.deps, {"client_name": "Box", **changes})


def test_who_asks_proves_itself_as_at_the_token_endpoint(each: Installation) -> None:
    """RFC 8628 section 3.1."""
    portal = each.portals["tv-secret"]
    assert lay_down(portal).status_code == 200
    refusal(lay_down(portal, {"Authorization": "Basic eDp5"}), "invalid_client", 401)
    refusal(lay_down(portal, {"Authorization": ""}, client_id=portal.id), "invalid_client", 401)
    refusal(lay_down(each.portals["tv"], client_id="unknown"), "invalid_client", 401)


@pytest.mark.parametrize("changes, error", [
    ({"scope": "email"}, "invalid_scope"), ({"scope": None}, "invalid_scope"), ({"scope": 'openid "x"'}, "invalid_scope"),
    ({"resource": "https://elsewhere.example"}, "invalid_target"), ({"max_age": "x"}, "invalid_request"),
    ({"acr_values": "a" * 2_000}, "invalid_request"),
], ids=repr)  # fmt: skip
def test_it_is_checked_like_an_authorization_request(each: Installation, changes: dict[str, str | None], error: str) -> None:
    """RFC 8628 section 3.2."""
    refusal(lay_down(each.portals["tv-secret"], **changes), error)


def test_the_television_gets_tokens_once_the_member_has_said_yes(each: Installation) -> None:
    """RFC 8628 section 3.5; the ID token tells of the member's sign-in (OIDC Core section 2)."""
    portal, name = each.portals["tv"], each.member()
    browser, found = each.browser(name), begun(portal)
    refusal(poll(portal, found["device_code"]), "authorization_pending")
    assert title(answered(browser, found["user_code"])) == DONE
    tokens = portal.granted(poll(portal, found["device_code"]))
    claims = portal.id_claims(tokens)
    assert (claims["sub"], claims["acr"], claims["amr"]) == (each.subjects[name], "urn:x-idp:acr:1", ["pwd"])
    assert abs(claims["auth_time"] - time.time()) < 120 and "nonce" not in claims
    assert tokens["scope"] == "openid email offline_access" and tokens["token_type"] == "Bearer"
    assert portal.provider.userinfo(tokens["access_token"]).json()["sub"] == each.subjects[name]
    assert offline.refreshed(portal, tokens["refresh_token"])["refresh_token"] != tokens["refresh_token"]
    refusal(poll(portal, found["device_code"]), "invalid_grant")


def test_a_refusal_is_told(each: Installation) -> None:
    """RFC 8628 section 3.5, access_denied, each time that it is asked for."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    answered(browser, found["user_code"], "no")
    for _ in range(2):
        refusal(poll(portal, found["device_code"]), "access_denied")


def test_whoever_asks_too_often_is_slowed_down_and_stays_slow(each: Installation) -> None:
    """RFC 8628 section 3.5, slow_down: five seconds more each time, for all questions that follow."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    code = found["device_code"]
    refusal(poll(portal, code), "authorization_pending")
    refusal(poll(portal, code), "slow_down")
    forget_wait(each, code)
    refusal(poll(portal, code), "authorization_pending")
    key = "device-interval:" + fingerprint(code)
    assert each.deps.ephemeral.get(key) == b"10"
    refusal(poll(portal, code), "slow_down")
    assert each.deps.ephemeral.get(key) == b"15"
    answered(browser, found["user_code"])
    assert poll(portal, code).status_code == 200  # what is ready waits for nobody


def test_of_sixteen_at_once_one_gets_the_tokens(each: Installation) -> None:
    """Requirement TK-01: claimed by one atomic step."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    answered(browser, found["user_code"])
    answers = services.race(16, lambda: poll(portal, found["device_code"]))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    assert {answer.json().get("error") for answer in answers} == {None, "invalid_grant"}


def test_what_is_nobodys_code_is_over(each: Installation) -> None:
    """RFC 8628 section 3.5, expired_token: the television begins anew, also where the store has lost its request."""
    for code in ("d" * 43, "x", "../../x", "d" * 500):
        refusal(poll(each.portals["tv"], code), "expired_token")
    refusal(poll(each.portals["tv"], ""), "invalid_request")


def test_another_clients_code_is_no_use_and_stays_whole(each: Installation) -> None:
    """Requirement TK-03."""
    portal, other, browser = each.portals["tv"], each.portals["tv-secret"], each.browser(each.member())
    found = begun(portal)
    refusal(poll(other, found["device_code"]), "invalid_grant")
    answered(browser, found["user_code"])
    refusal(poll(other, found["device_code"]), "invalid_grant")
    assert poll(portal, found["device_code"]).status_code == 200


def test_resource_and_audience(each: Installation) -> None:
    """RFC 8707 section 2: what is asked wrongly leaves the code as it was."""
    portal, browser = each.portals["tv-secret"], each.browser(each.member())
    found = begun(portal, resource=API)
    answered(browser, found["user_code"])
    refusal(poll(portal, found["device_code"], resource=OTHER_API), "invalid_target")
    tokens = portal.granted(poll(portal, found["device_code"]))
    assert each.provider.verified(tokens["access_token"], ["ES256"], "at+jwt")["aud"] == API


def test_codes_are_bound_to_the_key_that_was_shown(each: Installation) -> None:
    """RFC 9449 sections 5 and 10.1."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    answer = lay_down(portal, {"DPoP": proofs.proof(portal.provider.endpoint("device_authorization"))})
    found = answer.json()
    answered(browser, found["user_code"])
    refusal(poll(portal, found["device_code"]), "invalid_grant")
    tokens = portal.granted(proven_poll(portal, found["device_code"]))
    assert tokens["token_type"] == "DPoP" and proofs.userinfo(portal.provider, tokens["access_token"]).status_code == 200
    refusal(offline.refresh(portal, tokens["refresh_token"]), "invalid_grant")
    assert proofs.refreshed(portal, tokens["refresh_token"]).status_code == 200


def test_a_proof_of_another_address_is_refused(each: Installation) -> None:
    """RFC 9449 section 4.3."""
    portal = each.portals["tv"]
    refusal(lay_down(portal, {"DPoP": proofs.proof(portal.provider.endpoint("token"))}), "invalid_dpop_proof")


def test_signing_out_everywhere_ends_it(each: Installation) -> None:
    """Requirement TK-15: what was allowed and not collected, and what was."""
    portal, name = each.portals["tv"], each.member()
    browser, found = each.browser(name), begun(portal)
    tokens = connected(each, portal, browser)
    answered(browser, found["user_code"])
    raise_epoch(each, name)
    refusal(poll(portal, found["device_code"]), "invalid_grant")
    refusal(offline.refresh(portal, tokens["refresh_token"]), "invalid_grant")
    assert portal.provider.userinfo(tokens["access_token"]).status_code == 401


def test_signing_out_of_the_telephone_leaves_the_television(each: Installation) -> None:
    """OpenID Connect Back-Channel Logout 1.0 section 2.1: the television is a session of its own."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    tokens, plain = connected(each, portal, browser), each.portals["plain"]
    assert portal.id_claims(tokens)["sid"] != plain.id_claims(plain.tokens(browser))["sid"]
    browser.submit(form_of(browser.go("/")))
    assert plain.error(browser, prompt="none") == "login_required"
    assert offline.refresh(portal, tokens["refresh_token"]).status_code == 200


def test_a_request_expires(brief: Installation) -> None:
    """RFC 8628 section 3.5, expired_token: after as long as was said."""
    portal: Portal = brief.portals["tv"]
    found = begun(portal)
    assert found["expires_in"] == 10
    end = time.monotonic() + 40
    while poll(portal, found["device_code"]).json()["error"] != "expired_token":
        assert time.monotonic() < end
        time.sleep(0.5)
