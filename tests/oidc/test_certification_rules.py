"""What real relying parties impose, and the points that shape the design: each a test of its name (certification.md, "Ten points"
and "Rules that real relying parties impose")."""

import json
import threading
import time
from typing import Any

import pytest
import requests

from idp import courier
from idp.adapters.fetch import SafeFetcher
from idp.domain.client import ID_TOKEN_ALGS
from idp.services import client_registration
from tests.oidc import signing
from tests.oidc.installation import REFRESHING, Installation
from tests.oidc.offline import begin, refreshed
from tests.oidc.relying_party import ALGS, SECONDS, Portal, Provider, header_of
from tests.oidc.test_end_session import asks, leave
from tests.portal_events.test_delivery import answer
from tests.ports.listener import listening, saying
from tests.running import CALLBACK, Browser, claims_of, form_of


def registered(house: Installation, **metadata: Any) -> Portal:
    """A portal of its own."""
    return Portal(house.provider, client_registration.register(house.deps, {"redirect_uris": [CALLBACK], **metadata}))


def test_point_1_pkce_is_a_policy_of_the_client(house: Installation, signed_in: Browser) -> None:
    without = {"code_challenge": None, "code_challenge_method": None}
    assert house.portals["plain"].error(signed_in, **without) == "invalid_request"
    relaxed = house.portals["relaxed"]
    assert relaxed.granted(relaxed.redeem(relaxed.code(signed_in, **without), code_verifier=None))
    assert relaxed.redeem(relaxed.code(signed_in), code_verifier=None).json()["error"] == "invalid_grant", "enforced once sent"


def test_point_2_only_the_code_flow_is_offered(house: Installation, provider: Provider, signed_in: Browser) -> None:
    assert provider.metadata["response_types_supported"] == ["code"] and "implicit" not in provider.metadata["grant_types_supported"]
    for kind in ("id_token", "token", "code id_token", "id_token token", "none"):
        assert house.portals["plain"].error(signed_in, response_type=kind) == "unsupported_response_type"


def test_point_3_the_audience_of_assertions_is_a_policy_of_the_client(house: Installation, signed_in: Browser) -> None:
    issuer = house.provider.issuer
    for name, audience, good in (("key-ES256", issuer, True), ("key-ES256", issuer + "/token", False), ("key-ES256", [issuer], False),
                                 ("key-old", issuer + "/token", True), ("key-old", issuer + "/par", False)):  # fmt: skip
        portal = house.portals[name]
        sent = portal.redeem(portal.code(signed_in), **signing.proof(portal, signing.assertion(portal, aud=audience)))
        assert (sent.status_code == 200) == good, (name, audience)


def test_point_4_a_confidential_client_keeps_its_refresh_token(house: Installation, signed_in: Browser) -> None:
    portal = house.portals["offline"]
    first = begin(portal, signed_in)["refresh_token"]
    assert [refreshed(portal, first)["refresh_token"] for _ in range(3)] == [first] * 3


def test_point_5_lifetimes(house: Installation) -> None:
    rule = house.deps.policy.tokens
    assert rule.code <= 60 and rule.pushed_request == 60 and rule.id >= 300


def test_point_6_the_key_set_is_for_everybody(provider: Provider) -> None:
    keys = provider.fetch_keys()
    assert len({key["kid"] for key in keys}) == len(keys) >= 4
    for key in keys:
        assert key["use"] == "sig" and key["alg"] in ID_TOKEN_ALGS and not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(key)
        assert (key["kty"], key.get("crv")) in (("RSA", None), ("EC", "P-256"), ("OKP", "Ed25519"))
        assert key["kty"] != "RSA" or len(key["n"]) >= 342, "2048 bits"


def test_point_7_a_cross_site_post_is_taken_and_led_to_where_the_cookie_is_sent(house: Installation, signed_in: Browser) -> None:
    portal = house.portals["plain"]
    headers = {"Origin": "https://portal.example", "Sec-Fetch-Site": "cross-site"}
    bounced = requests.post(portal.provider.endpoint("authorization"), data=portal.request(), headers=headers, allow_redirects=False, timeout=SECONDS)
    assert bounced.status_code == 303
    assert "code" in portal.reply(signed_in.go(bounced.headers["Location"]))


def test_point_8_request_objects_are_advertised_as_they_are_taken(provider: Provider) -> None:
    found = provider.metadata
    assert "none" not in found["request_object_signing_alg_values_supported"] and found["request_object_signing_alg_values_supported"]
    assert (found["request_parameter_supported"], found["request_uri_parameter_supported"]) == (True, False)


def test_point_9_error_pages_have_a_text_of_their_own_and_need_no_script(house: Installation, browser: Browser) -> None:
    page = house.portals["plain"].ask(browser, redirect_uri="https://elsewhere.example/")
    assert page.status_code == 400 and "<h1>" in page.text and "<script>" not in page.text


def test_rule_1_one_issuer_string_everywhere(house: Installation, portal: Portal, signed_in: Browser) -> None:
    found, tokens = portal.provider.metadata, portal.tokens(signed_in)
    names = ("subject_types_supported", "scopes_supported", "claims_supported", "userinfo_endpoint")
    assert all(found[name] for name in names) and not found["issuer"].endswith("/")
    said = {claims_of(tokens[name])["iss"] for name in ("id_token", "access_token")} | {portal.reply(portal.ask(signed_in))["iss"]}
    assert said == {found["issuer"]} == {house.provider.issuer}


def test_rule_2_rs256_is_the_default_and_what_is_advertised_is_used(house: Installation, signed_in: Browser) -> None:
    assert set(house.provider.metadata["id_token_signing_alg_values_supported"]) == set(ALGS)
    for alg in ALGS:
        portal = house.portals["plain" if alg == "RS256" else alg]
        assert header_of(portal.tokens(signed_in)["id_token"])["alg"] == alg and portal.client["id_token_signed_response_alg"] == alg


def test_rule_3_times_and_names_of_id_tokens(portal: Portal, signed_in: Browser) -> None:
    before = int(time.time())
    first, second = (claims_of(portal.tokens(signed_in)["id_token"]) for _ in range(2))
    assert type(first["iat"]) is int and before <= first["iat"] <= int(time.time()) and first["exp"] - first["iat"] >= 300
    assert first["jti"] != second["jti"]


def test_rule_4_the_nonce_comes_back_exactly_when_it_was_sent(house: Installation, signed_in: Browser) -> None:
    portal = house.portals["offline"]
    silent = claims_of(portal.tokens(signed_in, nonce="n-1", prompt="none")["id_token"])
    assert silent["nonce"] == "n-1" and "nonce" not in claims_of(portal.tokens(signed_in, nonce=None)["id_token"])
    page = portal.ask(signed_in, nonce="n-2", response_mode="form_post")
    assert claims_of(portal.granted(portal.redeem(form_of(page).fields["code"]))["id_token"])["nonce"] == "n-2"
    first = begin(portal, signed_in)
    was, now = claims_of(first["id_token"]), claims_of(refreshed(portal, first["refresh_token"])["id_token"])
    assert all(was.get(name) == now.get(name) for name in ("auth_time", "azp", "sub", "iss", "aud"))


def test_rule_5_the_token_response(house: Installation, signed_in: Browser) -> None:
    portal = house.portals["narrow"]
    sent = portal.redeem(portal.code(signed_in, scope="openid email profile"))
    found = sent.json()
    assert type(found["expires_in"]) is int and found["token_type"] == "Bearer" and "WWW-Authenticate" not in sent.headers
    assert set(found["scope"].split()) == {"openid", "email"}, "what was granted"
    assert portal.tokens(signed_in, scope="email openid")["scope"] == "email openid", "as it was asked for"


@pytest.mark.parametrize("name", ["odd", "odd-post"])
def test_rule_6_secrets_are_form_decoded(house: Installation, signed_in: Browser, name: str) -> None:
    assert house.portals[name].tokens(signed_in)["access_token"]


def test_rule_7_iss_stands_in_every_answer_and_nothing_that_strays(portal: Portal, signed_in: Browser, browser: Browser) -> None:
    assert set(portal.reply(portal.ask(signed_in))) == {"code", "state", "iss"}
    assert set(portal.reply(portal.ask(browser, prompt="none"))) == {"error", "error_description", "state", "iss"}


def test_rule_8_content_types_and_cors_on_errors_too(house: Installation, portal: Portal, signed_in: Browser) -> None:
    origin = {"Origin": "https://portal.example"}
    for token, status in ((portal.tokens(signed_in)["access_token"], 200), ("x", 401)):
        sent = house.provider.userinfo(token, headers=origin)
        assert (sent.status_code, sent.headers["Content-Type"].split(";")[0]) == (status, "application/json")
        assert sent.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    refused = portal.post({"grant_type": "authorization_code", "code": "x"}, {**portal.basic(), **origin})
    assert refused.status_code == 400 and refused.headers["Access-Control-Allow-Origin"] == origin["Origin"]


@pytest.mark.parametrize(("typ", "alg"), [("logout+jwt", "RS256"), ("JWT", "RS256"), ("JWT", "ES256"), ("logout+jwt", "ES256")])
def test_rule_9_logout_tokens_as_the_portal_wants_them(house: Installation, typ: str, alg: str) -> None:
    """Same algorithm as the ID token, `typ` by a switch of the client; never a hint, whatever its type (requirement JW-04)."""
    with listening(saying(answer("200 OK"))) as server:
        told = {"backchannel_logout_uri": f"http://localhost:{server.port}/out", "post_logout_redirect_uris": ["https://portal.example/out"]}
        portal = registered(house, backchannel_logout_token_typ=typ, id_token_signed_response_alg=alg, **told)
        browser = house.browser(house.member())
        claims = claims_of(portal.tokens(browser)["id_token"])
        assert browser.submit(form_of(browser.go("/logout"))).status_code in (200, 303)
        send = courier.by_event(house.deps, SafeFetcher(loopback=True))
        while courier.deliver_next(house.deps, "event", send, threading.Event()):
            pass
        token = server.heard[0].split(b"logout_token=")[1].decode()
    said = portal.provider.verified(token, [alg], typ)
    assert (said["sub"], said["sid"], said["aud"]) == (claims["sub"], claims["sid"], portal.id)
    assert "nonce" not in said and said["jti"] and said["exp"] - said["iat"] == 120 and len(said["events"]) == 1
    other = house.browser(house.member())
    assert portal.error(other, id_token_hint=token) == "invalid_request"
    assert asks(leave(other, portal, id_token_hint=token))


def test_rule_9_no_other_type_is_known(house: Installation) -> None:
    with pytest.raises(client_registration.Rejected, match="backchannel_logout_token_typ"):
        registered(house, backchannel_logout_token_typ="at+jwt")


def test_rule_10_mail_addresses_stand_in_the_id_token_where_a_portal_wants_that(house: Installation, signed_in: Browser) -> None:
    """Off by default, because the suite warns of it; real booleans."""
    wish = {"scope": "openid email", "nonce": "n"}
    assert "email" not in claims_of(house.portals["plain"].tokens(signed_in, **wish)["id_token"])
    portal = registered(house, scope_claims_in_id_token=True, grant_types=REFRESHING)
    tokens = portal.tokens(signed_in, **wish)
    assert claims_of(tokens["id_token"])["email"] == "hanako@example.jp" and claims_of(tokens["id_token"])["email_verified"] is True
    assert json.loads(house.provider.userinfo(tokens["access_token"]).text)["email_verified"] is True
