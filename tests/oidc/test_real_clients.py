"""Two client libraries of other people sign in with nothing but the issuer: Authlib's, and requests-oauth2client with
its own JOSE (certification.md, rules that real relying parties impose)."""

from typing import Any, Callable

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet
from requests_oauth2client import (
    AuthorizationResponseError,
    BearerToken,
    ClientSecretBasic,
    ClientSecretPost,
    InvalidClient,
    InvalidGrant,
    LoginRequired,
    MismatchingState,
    OAuth2Client,
    PublicApp,
)  # fmt: skip

from tests.oidc.installation import API, Installation
from tests.oidc.relying_party import Portal
from tests.running import VERIFIER, Browser

SCOPE = "openid profile email"
AUTH: dict[str, Callable[[Portal], Any]] = {
    "client_secret_basic": lambda portal: ClientSecretBasic(portal.id, portal.client["client_secret"]),
    "client_secret_post": lambda portal: ClientSecretPost(portal.id, portal.client["client_secret"]),
    "none": lambda portal: PublicApp(portal.id),
}


def went_to(browser: Browser, address: str) -> str:
    """The portal's address that the browser is sent to in the end."""
    return browser.go(address).headers["Location"]


def library(portal: Portal, auth: Any = None) -> OAuth2Client:
    """The second library, told the issuer and the registration; `testing` lets the loopback issuer pass."""
    alg = portal.client["id_token_signed_response_alg"]
    method = portal.client["token_endpoint_auth_method"]
    return OAuth2Client.from_discovery_endpoint(
        issuer=portal.provider.issuer, auth=auth or AUTH[method](portal), redirect_uri=portal.callback,
        id_token_signed_response_alg=alg, testing=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["plain", "post", "public", "ES256", "PS256"])
def test_authlib_signs_in_and_validates(house: Installation, signed_in: Browser, name: str) -> None:
    """OIDC Core section 3.1, with Authlib's session, PKCE and ID token rules."""
    portal = house.portals[name]
    method, found = portal.client["token_endpoint_auth_method"], portal.provider.metadata
    session = OAuth2Session(
        portal.id, portal.client.get("client_secret"), token_endpoint_auth_method=method, scope=SCOPE,
        redirect_uri=portal.callback,
        code_challenge_method="S256",
    )  # fmt: skip
    address, state = session.create_authorization_url(found["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1")
    answer = went_to(signed_in, address)
    token = session.fetch_token(found["token_endpoint"], authorization_response=answer, state=state, code_verifier=VERIFIER)
    keys = KeySet.import_key_set(session.get(found["jwks_uri"], withhold_token=True).json())
    decoded = jwt.decode(token["id_token"], keys, algorithms=[portal.client["id_token_signed_response_alg"]])
    options = {"iss": {"value": portal.provider.issuer}, "aud": {"value": portal.id}}
    wanted = {"nonce": "n-1", "client_id": portal.id, "access_token": token["access_token"]}
    claims = CodeIDToken(decoded.claims, decoded.header, options, wanted)
    claims.validate(leeway=0)
    assert session.get(found["userinfo_endpoint"]).json()["sub"] == claims["sub"] == house.subjects["hanako"]


@pytest.mark.parametrize("name", ["plain", "post", "public", "odd-post", "ES256", "PS256", "EdDSA"])
def test_a_library_with_its_own_jose_signs_in_and_validates(house: Installation, signed_in: Browser, name: str) -> None:
    """OIDC Core section 3.1.3.7 and RFC 9207: state, iss, nonce, at_hash and signature, checked by the library."""
    portal = house.portals[name]
    client = library(portal)
    request = client.authorization_request(scope=SCOPE)
    answer = request.validate_callback(went_to(signed_in, str(request.uri)))
    token = client.authorization_code(answer, validate=True)
    assert isinstance(token, BearerToken) and token.id_token.sub == house.subjects["hanako"] and token.scope == SCOPE
    found = client.userinfo(token)
    assert (found["sub"], found["email"]) == (token.id_token.sub, "hanako@example.jp")


def test_max_age_and_acr_values_satisfy_the_library(house: Installation, portal: Portal) -> None:
    """OIDC Core section 3.1.3.7, points 12 and 13."""
    client, browser, name = library(portal), house.browser(), house.member()
    request = client.authorization_request(max_age=30, acr_values="urn:x-idp:acr:1r urn:x-idp:acr:1")
    answer = browser.sign_in(browser.go(str(request.uri)), name).headers["Location"]
    token = client.authorization_code(request.validate_callback(answer), validate=True)
    assert token.id_token.acr == "urn:x-idp:acr:1r" and token.id_token.auth_datetime


@pytest.mark.parametrize("name", ["offline", "offline-other", "offline-public"])
def test_a_library_refreshes_and_revokes(house: Installation, signed_in: Browser, name: str) -> None:
    """RFC 6749 section 6 and RFC 7009, spoken by code that is not ours."""
    client = library(house.portals[name])
    request = client.authorization_request(scope=SCOPE + " offline_access")
    token = client.authorization_code(request.validate_callback(went_to(signed_in, str(request.uri))), validate=True)
    for _ in range(2):
        token = client.refresh_token(token)
        assert client.userinfo(token)["email"] == "hanako@example.jp" and token.id_token.sub == house.subjects["hanako"]
    assert client.revoke_refresh_token(token)
    with pytest.raises(InvalidGrant):
        client.refresh_token(token)


def test_a_library_gets_a_back_ends_token_and_its_api_asks_about_it(house: Installation) -> None:
    """RFC 6749 section 4.4, RFC 8707 and RFC 7662, spoken by code that is not ours."""
    token = library(house.portals["backend"]).client_credentials("contracts:read", resource=API)
    api = library(house.portals["api"])
    assert api.introspect_token(token)["scope"] == "contracts:read"
    assert library(house.portals["backend"]).revoke_access_token(token)
    assert api.introspect_token(token) == {"active": False}


def test_the_library_understands_every_refusal(house: Installation, portal: Portal, browser: Browser, signed_in: Browser) -> None:
    """RFC 6749 sections 4.1.2.1 and 5.2, read by code that is not ours."""
    client = library(portal)
    request = client.authorization_request(prompt="none")
    with pytest.raises(LoginRequired):
        request.validate_callback(went_to(browser, str(request.uri)))
    wrong = client.authorization_request(max_age=1, claims="{")
    with pytest.raises(AuthorizationResponseError):
        wrong.validate_callback(went_to(signed_in, str(wrong.uri)))
    good = client.authorization_request()
    location = went_to(signed_in, str(good.uri))
    with pytest.raises(MismatchingState):
        request.validate_callback(location)
    answer = good.validate_callback(location)
    with pytest.raises(InvalidClient):
        library(portal, ClientSecretBasic(portal.id, "wrong-secret")).authorization_code(answer)
    client.authorization_code(answer)
    with pytest.raises(InvalidGrant):
        client.authorization_code(answer)
