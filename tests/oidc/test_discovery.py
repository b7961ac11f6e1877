"""Discovery: the document is exact, agrees everywhere, and every value in it is true (OIDC Discovery, RFC 8414)."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import pyotp
import requests
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.oidc.installation import ADDRESS, PROFILE, Installation
from tests.oidc.relying_party import SECONDS, Portal, Provider
from tests.oidc.test_response_modes import posted
from tests.running import Browser, form_of

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
# what the IANA registry of authorization server metadata knows of what we may one day list
REGISTERED = frozenset(
    """issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint scopes_supported
    response_types_supported response_modes_supported grant_types_supported acr_values_supported subject_types_supported
    id_token_signing_alg_values_supported token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported
    revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_signing_alg_values_supported
    display_values_supported claim_types_supported claims_supported service_documentation ui_locales_supported
    claims_parameter_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration
    op_policy_uri op_tos_uri revocation_endpoint revocation_endpoint_auth_methods_supported introspection_endpoint
    introspection_endpoint_auth_methods_supported introspection_signing_alg_values_supported code_challenge_methods_supported prompt_values_supported
    authorization_response_iss_parameter_supported end_session_endpoint backchannel_logout_supported
    backchannel_logout_session_supported pushed_authorization_request_endpoint require_pushed_authorization_requests
    dpop_signing_alg_values_supported request_object_signing_alg_values_supported require_signed_request_object
    authorization_signing_alg_values_supported device_authorization_endpoint""".split()
)
VALUES = {**PROFILE, "address": ADDRESS, "nickname": "はなこ", "preferred_username": "hanako", "email": "hanako@example.jp"}


def fetched(provider: Provider, path: str = OPENID, **options: Any) -> requests.Response:
    """One of the two documents."""
    return requests.get(provider.issuer + path, timeout=SECONDS, **options)


def test_the_document_is_json_with_the_very_issuer(provider: Provider) -> None:
    """OIDC Discovery sections 4.2 and 4.3."""
    answer = fetched(provider)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json()["issuer"] == provider.issuer and not provider.issuer.endswith("/")


def test_both_documents_are_the_same(provider: Provider) -> None:
    """RFC 8414 sections 3 and 5 (requirement DS-01)."""
    assert fetched(provider).content == fetched(provider, OAUTH).content


def test_authlib_finds_nothing_wrong(provider: Provider) -> None:
    """OIDC Discovery section 3, RFC 8414 section 2; with the https issuer that everything but a trial has."""
    text = json.dumps(provider.metadata).replace(provider.issuer, "https://id.example.jp")
    OpenIDProviderMetadata(json.loads(text)).validate()


def test_no_name_is_ours_alone(provider: Provider) -> None:
    """OIDC Discovery section 3; certification.md, Config OP: unknown names are warned of."""
    assert set(provider.metadata) <= REGISTERED


def test_what_every_relying_party_looks_for_is_there(provider: Provider) -> None:
    """certification.md, rules of real relying parties, 1 and 2; Config OP."""
    wanted = "authorization_endpoint token_endpoint userinfo_endpoint jwks_uri".split()
    wanted += ["scopes_supported", "claims_supported", "subject_types_supported"]
    assert all(provider.metadata[name] for name in wanted)
    assert (
        "openid" in provider.metadata["scopes_supported"]
        and "RS256" in provider.metadata["id_token_signing_alg_values_supported"]
    )


def test_every_address_is_the_issuers_and_answers(provider: Provider) -> None:
    """RFC 8414 section 2 (requirement DS-01)."""
    addresses = [value for name, value in provider.metadata.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) >= 4
    for address in addresses:
        assert urlsplit(address).netloc == urlsplit(provider.issuer).netloc and address.startswith(provider.issuer + "/")
        assert requests.get(address, timeout=SECONDS, allow_redirects=False).status_code != 404


@pytest.mark.parametrize("headers", [{"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Proto": "https"},
                                     {"Forwarded": "host=evil.example;proto=https"},
                                     {"X-Forwarded-Prefix": "/evil"}, {"X-Original-URL": "/evil"}, {"X-Forwarded-Port": "444"}],
                                     ids=str)  # fmt: skip
def test_no_header_changes_it(provider: Provider, headers: dict) -> None:
    """RFC 8414 section 3.3 (requirement DS-02)."""
    assert fetched(provider, headers=headers).content == fetched(provider).content


def test_another_host_is_not_served(provider: Provider) -> None:
    """Requirements DS-02 and IP-05."""
    for host in (
        "evil.example",
        "localhost",
        "localhost:1",
        urlsplit(provider.issuer).netloc + ".evil.example",
        "a@" + urlsplit(provider.issuer).netloc,
    ):
        for path in (OPENID, "/jwks", "/authorize", "/login"):
            assert fetched(provider, path, headers={"Host": host}).status_code == 421


def test_it_may_be_kept_for_a_while_and_checked_by_etag(provider: Provider) -> None:
    """RFC 9111 section 5.2; performance.md rule 7."""
    for path in (OPENID, urlsplit(provider.endpoint("jwks_uri")).path):
        first = fetched(provider, path)
        assert "max-age=" in first.headers["Cache-Control"] and "public" in first.headers["Cache-Control"]
        again = fetched(provider, path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == first.headers["ETag"]
        assert fetched(provider, path, headers={"If-None-Match": '"other"'}).status_code == 200
        head = requests.head(provider.issuer + path, timeout=SECONDS)
        assert head.status_code == 200 and head.headers["Content-Length"] == first.headers["Content-Length"]


def test_a_cache_may_name_several_tags_weak_ones_or_any(provider: Provider) -> None:
    """RFC 9110 section 13.1.2: compared weakly; what is no such list, or far too long, counts as none."""
    tag = fetched(provider).headers["ETag"]
    for listed in (f'"other", {tag}', f'{tag},"other"', f"W/{tag}", f'W/"other" , W/{tag}', '"a,b",' + tag, "*", " * "):
        answer = fetched(provider, headers={"If-None-Match": listed.strip()})
        assert answer.status_code == 304 and answer.headers["ETag"] == tag, listed
    for listed in (tag.strip('"'), 'W/"other"', '"other", *', "**", tag[:-2] + '"', '"' * 999, '"x",' * 300 + tag, ""):
        assert fetched(provider, headers={"If-None-Match": listed}).status_code == 200, listed


def test_every_response_type_and_mode_works(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """OIDC Discovery section 3, response_types_supported and response_modes_supported."""
    assert provider.metadata["response_types_supported"] == ["code"]
    assert set(provider.metadata["response_modes_supported"]) == {"query", "form_post", "jwt", "query.jwt", "form_post.jwt"}
    assert "code" in portal.reply(portal.ask(signed_in, response_mode="query"))
    assert "code" in posted(portal, portal.ask(signed_in, response_mode="form_post"))


def test_every_grant_and_client_authentication_method_works(house: Installation, provider: Provider, signed_in: Browser) -> None:
    """OIDC Discovery section 3, grant_types_supported and token_endpoint_auth_methods_supported."""
    assert provider.metadata["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"]
    offline, backend = house.portals["offline"], house.portals["backend"]
    refreshing = {"grant_type": "refresh_token", "refresh_token": offline.tokens(signed_in, scope="openid offline_access")["refresh_token"]}
    assert offline.post(refreshing, offline.basic()).status_code == 200
    assert backend.post({"grant_type": "client_credentials"}, backend.basic()).status_code == 200
    portals = {
        one.client["token_endpoint_auth_method"]: one for one in (house.portals[name] for name in ("plain", "post", "public", "key-ES256"))
    }
    assert set(portals) == set(provider.metadata["token_endpoint_auth_methods_supported"])
    assert all(one.redeem(one.code(signed_in)).status_code == 200 for one in portals.values())


def test_every_signing_algorithm_has_a_key_and_signs(house: Installation, provider: Provider, signed_in: Browser) -> None:
    """OIDC Discovery section 3, id_token_signing_alg_values_supported; never `none` (requirement JW-07)."""
    algs = provider.metadata["id_token_signing_alg_values_supported"]
    assert set(algs) == {"RS256", "ES256", "PS256", "EdDSA"} <= {key["alg"] for key in provider.fetch_keys()}
    for alg in algs:
        portal = house.portals.get(alg, house.portals["plain"])
        portal.id_claims(portal.tokens(signed_in))


def test_every_scope_is_granted(house: Installation, provider: Provider, signed_in: Browser) -> None:
    """OIDC Discovery section 3, scopes_supported."""
    scopes = " ".join(provider.metadata["scopes_supported"])
    assert house.portals["offline"].tokens(signed_in, scope=scopes)["scope"] == scopes


def test_every_claim_can_be_had(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """OIDC Discovery section 3, claims_supported, claim_types_supported and claims_parameter_supported."""
    names = provider.metadata["claims_supported"]
    assert provider.metadata["claims_parameter_supported"] is True and provider.metadata["claim_types_supported"] == ["normal"]
    asked = json.dumps({"id_token": dict.fromkeys(names), "userinfo": dict.fromkeys(names)})
    tokens = portal.tokens(signed_in, claims=asked)
    identity, userinfo = portal.id_claims(tokens), provider.userinfo(tokens["access_token"]).json()
    assert set(names) == set(identity) and set(userinfo) < set(identity)
    assert all(identity[name] == userinfo[name] == value for name, value in VALUES.items())


def test_every_acr_value_can_be_reached(portal: Portal, house: Installation, provider: Provider) -> None:
    """OIDC Discovery section 3, acr_values_supported."""
    name = house.member()
    secret = house.app_of(name)
    for level in provider.metadata["acr_values_supported"]:
        browser = house.browser()
        page = portal.sign_in(browser, name, acr_values=level)
        if not page.is_redirect:
            house.forget_steps(name)  # each code counts once, and the next one is half a minute away
            form = form_of(page)
            page = browser.submit(form, **{form.named("one-time-code"): pyotp.TOTP(secret).now()})
        answer = portal.reply(page)
        assert portal.id_claims(portal.granted(portal.redeem(answer["code"])))["acr"] == level


def test_every_prompt_is_understood(portal: Portal, house: Installation, provider: Provider, hanako: str) -> None:
    """Initiating User Registration section 4.1 and OIDC Core section 3.1.2.1, prompt_values_supported."""
    browser = house.browser(hanako)
    forms = {"login": "/login", "consent": "/consent", "select_account": "/login/choose"}
    assert set(provider.metadata["prompt_values_supported"]) == {"none", *forms}
    assert "code" in portal.reply(portal.ask(browser, prompt="none"))
    for prompt, path in forms.items():
        assert urlsplit(form_of(portal.ask(browser, prompt=prompt)).action).path == path


def test_every_language_is_spoken(portal: Portal, house: Installation, provider: Provider) -> None:
    """OIDC Discovery section 3, ui_locales_supported."""
    for locale in provider.metadata["ui_locales_supported"]:
        assert f'<html lang="{locale}">' in portal.ask(house.browser(), ui_locales=locale).text


def test_what_is_said_to_be_missing_is_refused(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """OIDC Discovery section 3: request_parameter_supported, request_uri_parameter_supported (true unless said), PKCE."""
    found = provider.metadata
    assert found["request_parameter_supported"] is True and found["request_uri_parameter_supported"] is False
    assert (found["code_challenge_methods_supported"], found["subject_types_supported"]) == (["S256"], ["public", "pairwise"])
    assert portal.error(signed_in, request="x.y.z") == "request_not_supported"
    assert portal.error(signed_in, request_uri="https://portal.example/x") == "request_uri_not_supported"
    assert portal.error(signed_in, code_challenge_method="plain") == "invalid_request"
