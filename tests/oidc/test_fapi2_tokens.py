"""FAPI 2.0 Security Profile and Message Signing, Final: the modules of the certification plans about client assertions,
codes, proofs of possession and refresh tokens, each under the name that it has there."""

import time
from typing import Any

import pytest
import requests

from tests.oidc import offline, proofs, signing
from tests.oidc.fapi import ASSERTION_REFUSALS, PAR, Party, is_refused
from tests.oidc.installation import Installation
from tests.oidc.proofs import OTHER, proof, userinfo
from tests.oidc.relying_party import SECONDS, is_error_page
from tests.oidc.signing import assertion
from tests.oidc.test_dpop import refused, wrong_proofs
from tests.running import VERIFIER, Browser

LATE = 10.2  # seconds; codes of the `short` installation live ten


def refresh(party: Party, token: str, text: str | None = None, dpop: str | None = None, **changes: str) -> requests.Response:
    """A refresh with this assertion and this proof or good ones; an empty one is not sent."""
    dpop = proof(party.portal.provider.endpoint("token")) if dpop is None else dpop
    proven = {} if text == "" else signing.proof(party.portal, text)
    form = {"grant_type": "refresh_token", "refresh_token": token, **proven, **changes}
    return party.portal.post(form, {"DPoP": dpop} if dpop else {})


def test_ensure_client_id_in_token_endpoint(party: Party, other: Party, signed_in: Browser) -> None:
    """The assertion of one client with the name of another."""
    code = party.code(signed_in)
    assert is_refused(party.redeem(code, assertion(other.portal)), "invalid_client")
    assert is_refused(party.redeem(code, client_id=other.portal.id), "invalid_client")
    assert party.redeem(code).status_code == 200


def test_ensure_authorization_code_is_bound_to_client(party: Party, other: Party, signed_in: Browser) -> None:
    """Another client with an assertion of its own."""
    assert is_refused(other.redeem(party.code(signed_in)), "invalid_grant")


def test_ensure_holder_of_key_required(party: Party, signed_in: Browser) -> None:
    """Without a proof there are no tokens."""
    assert is_refused(party.redeem(party.code(signed_in), dpop=""), "invalid_dpop_proof")


def test_attempt_reuse_authorization_code_after_one_second(party: Party, signed_in: Browser) -> None:
    """Refused, and what the first use brought ends."""
    code = party.code(signed_in)
    tokens = party.checked(party.redeem(code))
    assert is_refused(party.redeem(code), "invalid_grant")
    assert userinfo(party.portal.provider, tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("name", ["fapi2", "fapi2-message-signing"])
def test_ensure_token_endpoint_fails_with_expired_auth_code(short: Installation, name: str) -> None:
    """A code that is too old."""
    party, browser = Party(short, short.portals[name]), short.browser(short.member())
    code = party.code(browser)
    time.sleep(LATE)
    assert is_refused(party.redeem(code), "invalid_grant")


@pytest.mark.parametrize("name", ["fapi2", "fapi2-message-signing"])
def test_par_attempt_to_use_expired_request_uri(brief: Installation, name: str) -> None:
    """A pushed request that is too old; in this installation they live five seconds."""
    party = Party(brief, brief.portals[name])
    answer = party.push()
    time.sleep(answer.json()["expires_in"] + 0.2)
    assert is_error_page(party.come(brief.browser(), answer.json()["request_uri"]))


def test_ensure_signed_client_assertion_with_rs256_fails(house: Installation, signed_in: Browser) -> None:
    """RS256 by the very key that is registered for PS256."""
    party = Party(house, house.portals["fapi2-message-signing"])
    header, key = {"alg": "RS256", "kid": "portal-PS256"}, {**signing.KEYS["portal-PS256"].as_dict(private=True), "alg": "RS256"}
    text = signing.signed(type(signing.KEYS["portal-PS256"]).import_key(key), signing.claims_for(party.portal), **header)
    assert is_refused(party.redeem(party.code(signed_in), text), "invalid_client") and is_refused(party.push(text=text), "invalid_client")


def assertions(party: Party) -> dict[str, str]:
    """Assertions with one thing wrong each."""
    endpoint, issuer, now = party.portal.provider.endpoint, party.portal.provider.issuer, int(time.time())
    claims: dict[str, dict[str, Any]] = {
        "exp-is-5-minutes-in-past": {"exp": now - 300, "iat": now - 600}, "wrong-aud": {"aud": "https://other.example/"}, "no-sub": {"sub": None},
        "array-as-audience": {"aud": [issuer]}, "par-endpoint-url-as-audience": {"aud": endpoint(PAR)},
        "token-endpoint-url-as-audience": {"aud": endpoint("token")}, "nbf-over-60-seconds-in-the-future": {"nbf": now + 65},
    }  # fmt: skip
    return {name: assertion(party.portal, **changes) for name, changes in claims.items()}


def test_client_assertions_that_fail(party: Party, signed_in: Browser) -> None:
    """The modules ensure-client-assertion-with-…-fails and par-test-…-as-audience-fails, at both endpoints."""
    code = party.code(signed_in)
    for name, text in assertions(party).items():
        assert is_refused(party.redeem(code, text), *ASSERTION_REFUSALS), name
        assert is_refused(party.push(text=text), *ASSERTION_REFUSALS), name
    assert party.redeem(code).status_code == 200


def test_ensure_client_assertion_in_token_endpoint(party: Party, signed_in: Browser) -> None:
    """Nothing else proves the client."""
    code = party.code(signed_in)
    for changes in ({"client_assertion": None}, {"client_assertion": None, "client_assertion_type": None}):
        assert is_refused(party.redeem(code, **changes), *ASSERTION_REFUSALS)


def test_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(party: Party) -> None:
    """A clock that is somewhat ahead."""
    ahead = int(time.time()) + 8
    assert party.push(text=assertion(party.portal, nbf=ahead, iat=ahead)).status_code == 201


def test_refresh_token(party: Party, other: Party, signed_in: Browser) -> None:
    """With a new key; the token is not replaced; not without assertion or proof, nor by another client."""
    first = party.tokens(signed_in, scope=offline.SCOPE)["refresh_token"]
    answer = refresh(party, first, dpop=proof(party.portal.provider.endpoint("token"), key=OTHER))
    tokens = party.checked(answer)
    assert tokens["refresh_token"] == first and userinfo(party.portal.provider, tokens["access_token"], key=OTHER).status_code == 200
    assert is_refused(refresh(party, first, ""), *ASSERTION_REFUSALS)
    assert is_refused(refresh(party, first, "", client_id=party.portal.id), *ASSERTION_REFUSALS)
    assert is_refused(refresh(party, first, dpop=""), "invalid_dpop_proof")
    assert is_refused(refresh(other, first), "invalid_grant")
    party.checked(refresh(party, first))


def test_par_authorization_request_containing_request_uri_form_param(party: Party) -> None:
    """A name of a request is no part of a pushed one (par-authorization-request-containing-request_uri)."""
    assert is_refused(party.push({**party.form(), "request_uri": party.pushed()}), "invalid_request")


def test_par_attempt_invalid_http_method(party: Party) -> None:
    """PUT, and all others."""
    for method in ("PUT", "GET", "DELETE", "PATCH"):
        data = {**party.form(), **signing.proof(party.portal)}
        assert requests.request(method, party.portal.provider.endpoint(PAR), data=data, timeout=SECONDS).status_code == 405


def test_par_ensure_pkce_required(party: Party) -> None:
    """par-ensure-pkce-required, par-plain-pkce-rejected."""
    for changes in ({"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain", "code_challenge": VERIFIER[:43]},
                    {"code_challenge_method": None}):  # fmt: skip
        assert is_refused(party.push(**changes), "invalid_request")


def test_incorrect_pkce_code_verifier_rejected(party: Party, signed_in: Browser) -> None:
    """ensure-pkce-code-verifier-required, too."""
    for verifier in (None, "w" * 64):
        assert is_refused(party.redeem(party.code(signed_in), code_verifier=verifier), "invalid_grant")


def test_access_token_type_header_case_sensitivity(party: Party, signed_in: Browser) -> None:
    """The scheme of the header in any case."""
    token = party.tokens(signed_in)["access_token"]
    for scheme in ("dpop", "DPOP", "DPoP"):
        assert userinfo(party.portal.provider, token, scheme=scheme).status_code == 200


def test_check_dpop_proof_nbf_exp(party: Party, signed_in: Browser) -> None:
    """Claims that a proof need not have; ensure-dpopproof-with-iat-10seconds-before-succeeds and -after-succeeds."""
    now, url = int(time.time()), party.portal.provider.endpoint("token")
    for changes in ({"nbf": now - 10, "exp": now + 60}, {"iat": now - 10}, {"iat": now + 9}):
        party.checked(party.redeem(party.code(signed_in), dpop=proof(url, **changes)))


def test_dpop_negative_tests(party: Party, signed_in: Browser) -> None:
    """Some 40 bad proofs at the resource, and the good ones that are spelled otherwise."""
    provider = party.portal.provider
    token, url = party.tokens(signed_in)["access_token"], provider.endpoint("userinfo")
    for name, text in wrong_proofs(url, "GET", token).items():
        assert refused(userinfo(provider, token, text)), name
    for options in ({"ath": None}, {"ath": "x" * 43}, {"iat": int(time.time()) - 3_600}, {"htm": "POST"}):
        assert refused(userinfo(provider, token, **options)), options
    assert refused(userinfo(provider, token, key=OTHER), "invalid_token")
    assert userinfo(provider, token, scheme="Bearer").status_code == provider.userinfo(token).status_code == 401
    assert requests.get(url, headers={"Authorization": "DPoP " + token}, timeout=SECONDS).status_code == 401
    assert requests.get(f"{url}?access_token={token}", headers={"DPoP": proofs.proof(url, "GET", token=token)}, timeout=SECONDS).status_code == 400
    for htu in (url + "?x=1", url + "#x", url.replace("http://localhost", "HTTP://LOCALHOST")):
        answer = userinfo(provider, token, htu=htu)
        assert answer.status_code == 200 and answer.headers["Date"]
