"""Authlib's client and requests-oauth2client with keys in place of secrets: pushed requests, bound tokens, new keys, sign-out
(certification.md, rules that real relying parties impose)."""

import time
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import KeySet
from requests_oauth2client import DPoPToken, OAuth2Client, PrivateKeyJwt

from tests.oidc import offline, signing
from tests.oidc.installation import Installation
from tests.oidc.relying_party import header_of
from tests.oidc.test_end_session import alive
from tests.oidc.test_node_clients import OUT, announced
from tests.oidc.test_real_clients import went_to
from tests.running import VERIFIER


class Assertion(PrivateKeyJWT):
    """Authlib's, whose assertions live an hour and keep the `jti` of the first one unless the claims are new each time."""

    def sign(self, auth: Any, token_endpoint: str) -> Any:
        """An assertion of a minute, for the issuer."""
        self.claims = {"aud": self.token_endpoint, "exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


def test_authlib_proves_itself_by_a_key_refreshes_and_signs_out(house: Installation) -> None:
    """RFC 7523, RFC 6749 section 6 and RP-Initiated Logout, spoken by Authlib; the audience is the issuer."""
    portal, found, name = house.portals["every"], house.provider.metadata, house.member()
    browser, method = house.browser(name), Assertion(house.provider.issuer)
    session = OAuth2Session(
        portal.id, signing.KEYS["portal-RS256"], token_endpoint_auth_method="private_key_jwt",
        revocation_endpoint_auth_method="private_key_jwt", scope=offline.SCOPE,
        redirect_uri=portal.callback, code_challenge_method="S256",
    )  # fmt: skip
    session.register_client_auth_method(method)
    address, state = session.create_authorization_url(found["authorization_endpoint"], code_verifier=VERIFIER)
    answer = went_to(browser, address)
    token = session.fetch_token(found["token_endpoint"], authorization_response=answer, state=state, code_verifier=VERIFIER)
    begin = announced(house, house.browser(house.member()))
    keys = KeySet.import_key_set(session.get(found["jwks_uri"], withhold_token=True).json())
    first = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    begin()
    token = session.refresh_token(found["token_endpoint"], token["refresh_token"])
    again = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert first["sub"] == again["sub"] == house.subjects[name] == session.get(found["userinfo_endpoint"]).json()["sub"]
    assert session.introspect_token(found["introspection_endpoint"], token["access_token"]).json()["active"] is True
    assert session.revoke_token(found["revocation_endpoint"], token["refresh_token"]).status_code == 200
    leave = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": OUT, "state": "bye"}
    assert went_to(browser, f"{found['end_session_endpoint']}?{urlencode(leave)}") == OUT + "?state=bye"
    assert "idp-session" not in browser.cookies


def test_a_library_of_a_fapi_portal_lives_through_a_change_of_keys(house: Installation) -> None:
    """FAPI 2.0 Security Profile, spoken by requests-oauth2client with its own JOSE: private_key_jwt, PAR, DPoP, refresh."""
    portal, name = house.portals["fapi2"], house.member()
    begin, browser = announced(house, house.browser(house.member())), house.browser(name)
    key = {**signing.KEYS["portal-ES256"].as_dict(private=True), "alg": "ES256"}
    client = OAuth2Client.from_discovery_endpoint(
        issuer=portal.provider.issuer, auth=PrivateKeyJwt(portal.id, key, alg="ES256", aud=portal.provider.issuer),
        redirect_uri=portal.callback, id_token_signed_response_alg="ES256", dpop_bound_access_tokens=True, testing=True,
    )  # fmt: skip
    request = client.authorization_request(scope=offline.SCOPE)
    pushed = client.pushed_authorization_request(request)
    answer = request.validate_callback(went_to(browser, str(pushed.uri)))
    token = client.authorization_code(answer, validate=False)  # it drops the key of a bound token when it validates
    assert isinstance(token, DPoPToken) and client.userinfo(token)["sub"] == token.id_token.sub == house.subjects[name]
    assert portal.id_claims({"id_token": str(token.id_token)})["nonce"] == request.nonce
    begin()
    following = client.refresh_token(token)
    assert isinstance(following, DPoPToken) and following.refresh_token == token.refresh_token
    assert client.userinfo(following)["sub"] == client.userinfo(token)["sub"] == house.subjects[name]
    assert header_of(str(following.id_token))["kid"] != header_of(str(token.id_token))["kid"]
    assert client.introspect_token(following)["token_type"] == "DPoP" and client.revoke_refresh_token(following)
    assert alive(browser, house.portals["plain"])
