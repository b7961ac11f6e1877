"""FAPI 2.0 Security Profile and Message Signing, Final: the modules of the certification plans about authorization
requests and answers, each under the name that it has there."""

import pytest

from tests.oidc.fapi import PAR, Party, is_refused
from tests.oidc.installation import Installation
from tests.oidc.proofs import KEY, OTHER, proof, thumbprint
from tests.oidc.relying_party import is_error_page
from tests.oidc.test_sign_in_request import shows_sign_in
from tests.running import Browser, form_of


def test_discovery_end_point_verification(house: Installation, party: Party) -> None:
    """What the plan reads before anything else."""
    found = house.provider.metadata
    assert found["require_pushed_authorization_requests"] in (True, False) and found["authorization_response_iss_parameter_supported"] is True
    assert "S256" in found["code_challenge_methods_supported"] and "private_key_jwt" in found["token_endpoint_auth_methods_supported"]
    for name in ("dpop_signing_alg", "id_token_signing_alg", "token_endpoint_auth_signing_alg", "request_object_signing_alg", "authorization_signing_alg"):
        assert {"PS256", "ES256", "EdDSA"} & set(found[f"{name}_values_supported"]) and "none" not in found[f"{name}_values_supported"], name
    assert {"authorization_code", "openid", "jwt"} <= {*found["grant_types_supported"], *found["scopes_supported"], *found["response_modes_supported"]}
    assert found[f"{PAR}_endpoint"].startswith(found["issuer"]) and found["require_signed_request_object"] in (True, False)


def test_happy_flow(party: Party, other: Party, signed_in: Browser) -> None:
    """Two clients, the second at an address with parameters of its own; `dpop_jkt` alone binds the code."""
    party.tokens(signed_in, scope="openid email profile")
    where = other.portal.client["redirect_uris"][1]
    location = other.come(signed_in, other.pushed(redirect_uri=where)).headers["Location"]
    assert location.startswith(where + "&")
    other.tokens(signed_in, dpop_jkt=thumbprint())


def test_user_rejects_authentication(party: Party, signed_in: Browser) -> None:
    """The member says no: `access_denied`, back at the client."""
    page = party.come(signed_in, party.pushed(prompt="consent"))
    assert party.answer(signed_in.submit(form_of(page), answer="no"))["error"] == "access_denied"


@pytest.mark.parametrize("changes", [{"state": None}, {"nonce": None}, {"nonce": "n" * 64}, {"scope": "email openid"}], ids=str)
def test_ensure_authorization_request_succeeds(party: Party, signed_in: Browser, changes: dict[str, str | None]) -> None:
    """Without state, without nonce, with a nonce of 64 characters, with the scopes in another order."""
    tokens = party.tokens(signed_in, **changes)
    assert tokens["claims"].get("nonce") == changes.get("nonce", "nonce-1")


@pytest.mark.parametrize("name, length", [("nonce", 384), ("state", 384)])
def test_ensure_authorization_request_with_long_value(party: Party, signed_in: Browser, name: str, length: int) -> None:
    """A long nonce or state comes back as it was."""
    value = "a" * length
    assert "code" in party.reply(signed_in, state=value) if name == "state" else party.tokens(signed_in, nonce=value)["claims"]["nonce"] == value


def test_test_claims_parameter_identity_claims(party: Party, signed_in: Browser) -> None:
    """The claims parameter is honoured in the ID token."""
    found = party.portal.id_claims(party.portal.granted(party.redeem(party.code(signed_in, claims='{"id_token":{"email":null}}'))))
    assert found["email"] == "hanako@example.jp"


def test_ensure_mismatched_dpop_jkt_fails(party: Party) -> None:
    """At the endpoint for pushed requests the key of the proof is the one that is named."""
    url = party.portal.provider.endpoint(PAR)
    assert is_refused(party.push(dpop=proof(url), dpop_jkt=thumbprint(OTHER)), "invalid_request", "invalid_dpop_proof")


def test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(party: Party, signed_in: Browser) -> None:
    """A code that a proof at the push has bound."""
    uri = party.push(dpop=proof(party.portal.provider.endpoint(PAR), key=OTHER)).json()["request_uri"]
    code = party.answer(party.come(signed_in, uri))["code"]
    assert is_refused(party.redeem(code), "invalid_grant", "invalid_dpop_proof")


def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(party: Party, signed_in: Browser) -> None:
    """A code that `dpop_jkt` has bound."""
    assert is_refused(party.redeem(party.code(signed_in, dpop_jkt=thumbprint(OTHER))), "invalid_grant", "invalid_dpop_proof")


def test_ensure_dpopproof_at_par_endpoint_binding_success(party: Party, signed_in: Browser) -> None:
    """The same key at the push and at the exchange; said twice, too (ensure-dpop-auth-code-binding-success)."""
    for changes in ({}, {"dpop_jkt": thumbprint(KEY)}):
        uri = party.push(dpop=proof(party.portal.provider.endpoint(PAR)), **changes).json()["request_uri"]
        party.checked(party.redeem(party.answer(party.come(signed_in, uri))["code"]))


def test_ensure_different_nonce_and_state_inside_and_outside_request_object(party: Party, signed_in: Browser) -> None:
    """Only what was pushed counts; with a signed object only what stands in it."""
    beside = {"nonce": "outside", "state": "outside"}
    code = party.answer(party.come(signed_in, party.pushed(), **beside))["code"]
    assert party.checked(party.redeem(code))["claims"]["nonce"] == "nonce-1"
    if party.signs:
        uri = party.push({**party.form(), **beside}).json()["request_uri"]
        assert party.checked(party.redeem(party.answer(party.come(signed_in, uri))["code"]))["claims"]["nonce"] == "nonce-1"


def test_state_only_outside_request_object_not_used(party: Party, signed_in: Browser) -> None:
    """A state beside the pushed request is none."""
    assert "code" in party.answer(party.come(signed_in, party.pushed(state=None), state="outside"), None)


def test_ensure_request_object_without_redirect_uri_fails(party: Party) -> None:
    """Also where the client has one address only (ensure-redirect-uri-in-authorization-request)."""
    for value in (None, ""):
        assert is_refused(party.push(redirect_uri=value), "invalid_request", "invalid_request_object")


def test_plain_fapi_tolerate_unregistered_redirect_uri(party: Party) -> None:
    """An address that was not registered is refused, which RFC 9126 section 2.4 leaves open."""
    assert is_refused(party.push(redirect_uri=party.portal.callback + "/unregistered"), "invalid_request")


def test_ensure_unsigned_authorization_request_without_using_par_fails(party: Party, signed_in: Browser) -> None:
    """No request but a pushed one, signed or not."""
    for page in (party.plain(signed_in), party.portal.ask(signed_in)):
        assert "error=invalid_request" in page.headers["Location"] or "response=" in page.headers["Location"]
        assert "code=" not in page.headers["Location"]


@pytest.mark.parametrize("wanted", ["code id_token", "code token", "code id_token token", "token", "id_token"])
def test_ensure_response_type_fails(party: Party, wanted: str) -> None:
    """ensure-response-type-code-idtoken-fails, ensure-response-type-token-fails."""
    assert is_refused(party.push(response_type=wanted), "unsupported_response_type")


def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(house: Installation, party: Party, hanako: str) -> None:
    """A member may open the sign-in page, go away and come again."""
    browser, uri = house.browser(), party.pushed()
    assert shows_sign_in(party.come(browser, uri))
    assert "code" in party.answer(browser.sign_in(party.come(browser, uri), hanako))


def test_par_attempt_reuse_request_uri(party: Party, signed_in: Browser) -> None:
    """After the answer it is spent."""
    uri = party.pushed()
    assert "code" in party.answer(party.come(signed_in, uri)) and is_error_page(party.come(signed_in, uri))


def test_par_attempt_to_use_request_uri_for_different_client(party: Party, other: Party, signed_in: Browser) -> None:
    """It belongs to who pushed it."""
    assert is_error_page(other.come(signed_in, party.pushed()))


def test_par_without_duplicate_parameters(party: Party, signed_in: Browser) -> None:
    """`client_id` and `request_uri` are enough, and duplicates do no harm."""
    assert "code" in party.answer(party.come(signed_in, party.pushed()))
    beside = {"response_type": "code", "scope": "openid", "redirect_uri": party.portal.callback}
    assert "code" in party.answer(party.come(signed_in, party.pushed(), **beside))
