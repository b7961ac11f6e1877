"""UserInfo: the claims that a token covers, to whoever holds it, and how it must be shown (OIDC Core section 5.3, RFC 6750)."""

import json

import pytest
import requests

from tests.oidc import forging
from tests.oidc.installation import ADDRESS, PROFILE, Installation
from tests.oidc.relying_party import SECONDS, Portal, Provider
from tests.running import Browser

BY_SCOPE = {
    "openid": set(),
    "profile": set(PROFILE) | {"nickname", "preferred_username", "locale", "updated_at"},
    "email": {"email", "email_verified"},
    "phone": {"phone_number", "phone_number_verified"},
    "address": {"address"},
    "contract": {"contractor_id", "contract_type"},
}
ALL = " ".join(BY_SCOPE)


@pytest.mark.parametrize("scope", [*BY_SCOPE, "email phone", "address profile", ALL])
def test_a_scope_brings_its_claims_and_no_others(house: Installation, portal: Portal, signed_in: Browser, scope: str) -> None:
    """OIDC Core section 5.4 (requirement UI-01); `sub` always, equal to the ID token's (section 5.3.2)."""
    names = ["openid", *(name for name in scope.split() if name != "openid")]
    tokens = portal.tokens(signed_in, scope=" ".join(names))
    found = portal.provider.userinfo(tokens["access_token"]).json()
    assert set(found) == {"sub"}.union(*(BY_SCOPE[name] for name in names))
    assert found["sub"] == portal.id_claims(tokens)["sub"] == house.subjects["hanako"]


def test_all_fourteen_profile_claims_and_the_address_have_the_right_types(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 5.1; certification.md point 9."""
    answer = portal.provider.userinfo(portal.tokens(signed_in, scope=ALL)["access_token"])
    found = answer.json()
    assert len(BY_SCOPE["profile"]) == 14 and {name: found[name] for name in PROFILE} == PROFILE
    assert (found["address"], found["nickname"], found["preferred_username"]) == (ADDRESS, "はなこ", "hanako")
    assert found["locale"] == "ja"
    assert (found["email"], found["email_verified"]) == ("hanako@example.jp", True)
    assert (found["phone_number"], found["phone_number_verified"]) == ("+819012345678", True)
    assert type(found["updated_at"]) is int and found["contract_type"] == "individual"
    assert answer.headers["Content-Type"] == "application/json" and answer.headers["Cache-Control"] == "no-store"


def test_a_claim_without_a_value_is_left_out(house: Installation, portal: Portal) -> None:
    """OIDC Core section 5.3.2: neither null nor an empty string."""
    found = portal.provider.userinfo(portal.tokens(house.browser(house.member()), scope=ALL)["access_token"]).json()
    assert set(found) == {"sub", "nickname", "preferred_username", "locale", "updated_at"}


def test_an_unproven_address_is_called_so(house: Installation, portal: Portal) -> None:
    """OIDC Core section 5.1 (requirement UI-03)."""
    name = house.member(email="taro@example.jp", phone="080-1234-5678", verified=False)
    found = portal.provider.userinfo(portal.tokens(house.browser(name), scope="openid email phone")["access_token"]).json()
    assert (found["email_verified"], found["phone_number_verified"]) == (False, False)


def test_the_claims_parameter_asks_for_single_claims(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 5.5: essential or not, beside the scopes; unknown ones are ignored."""
    asked = json.dumps(
        {"userinfo": {"name": {"essential": True}, "address": None, "iss": None, "unheard_of": {"essential": True}}}
    )
    found = portal.provider.userinfo(portal.tokens(signed_in, scope="openid email", claims=asked)["access_token"]).json()
    assert set(found) == {"sub", "name", "address"} | BY_SCOPE["email"] and found["name"] == "見本花子"


def test_a_client_cannot_ask_for_single_claims_of_scopes_it_may_not_have(house: Installation, signed_in: Browser) -> None:
    """Requirement UI-01: only claims covered by what the client registered; the claims parameter is no way around."""
    narrow = house.portals["narrow"]
    asked = json.dumps(
        {place: {"phone_number": {"essential": True}, "email": None, "address": None} for place in ("userinfo", "id_token")}
    )
    tokens = narrow.tokens(signed_in, claims=asked)
    found, claims = narrow.provider.userinfo(tokens["access_token"]).json(), narrow.id_claims(tokens)
    assert set(found) == {"sub", "email"} and "email" in claims and not {"phone_number", "address"} & set(claims)


def test_it_is_asked_by_get_or_post_with_the_token_in_header_or_form(
    portal: Portal, provider: Provider, signed_in: Browser
) -> None:
    """OIDC Core section 5.3.1; RFC 6750 sections 2.1 and 2.2."""
    token = portal.tokens(signed_in)["access_token"]
    answers = [
        provider.userinfo(token), provider.userinfo(token, "POST"),
        provider.userinfo(method="POST", data={"access_token": token}),
        *(provider.userinfo(headers={"Authorization": f"{scheme} {token}"}) for scheme in ("bearer", "BEARER")),
        provider.userinfo(token, "POST", headers={"Content-Type": "application/x-www-form-urlencoded"}),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200] * 6 and len({answer.content for answer in answers}) == 1
    assert provider.userinfo(token, "HEAD").content == b""


def refused(answer: requests.Response, error: str | None, status: int = 401) -> None:
    """A refusal in the form of RFC 6750 section 3."""
    assert answer.status_code == status and answer.headers["Cache-Control"] == "no-store", answer.text
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ") and ("error=" in challenge) == (error is not None)
    assert error is None or f'error="{error}"' in challenge


def test_without_a_token_the_challenge_names_no_error(provider: Provider) -> None:
    """RFC 6750 section 3.1 (requirement TK-19): no authentication, or one of another scheme."""
    for options in (
        {},
        {"headers": {"Authorization": ""}},
        {"headers": {"Authorization": "Basic YTpi"}},
        {"headers": {"Authorization": "Digest x"}},
    ):
        refused(provider.userinfo(**options), None)
    refused(provider.userinfo(method="POST", data={"access_token": ""}), None)
    refused(provider.userinfo(method="POST"), None)


@pytest.mark.parametrize(
    "value",
    ["Bearer", "Bearer ", "Bearer  ", "Bearer a b", "Bearer x", "Bearer x,Bearer y", "Bearer é", "Bearer ..", 'Bearer "x"'],
)
def test_a_malformed_token_is_refused(provider: Provider, value: str) -> None:
    """RFC 6750 section 3.1 (requirement TK-19)."""
    answer = requests.get(provider.endpoint("userinfo"), headers={"Authorization": value.encode("latin-1")}, timeout=SECONDS)
    refused(answer, "invalid_token")


def test_a_token_in_the_address_is_refused(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """RFC 9700 section 4.3.2 (requirement TK-18), alone or beside a good one."""
    token = portal.tokens(signed_in)["access_token"]
    for header in (None, token):
        for method in ("GET", "POST"):
            refused(provider.userinfo(header, method, params={"access_token": token}), "invalid_request", 400)
    assert provider.userinfo(params="access%5Ftoken=" + token).status_code in (400, 401)


def test_a_token_sent_twice_is_refused(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """RFC 6750 section 2: one method only."""
    token = portal.tokens(signed_in)["access_token"]
    refused(provider.userinfo(token, "POST", data={"access_token": token}), "invalid_request", 400)
    twice = provider.userinfo(method="POST", data=[("access_token", token)] * 2)
    assert twice.status_code == 400 and twice.json()["error"] == "invalid_request"


def test_other_methods_and_bodies_are_refused(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """OIDC Core section 5.3.1."""
    token = portal.tokens(signed_in)["access_token"]
    for method in ("PUT", "DELETE", "PATCH"):
        assert provider.userinfo(token, method).status_code == 405
    assert provider.userinfo(method="POST", json={"access_token": token}).status_code == 415


def test_no_other_token_of_ours_is_an_access_token(
    house: Installation, portal: Portal, provider: Provider, signed_in: Browser
) -> None:
    """Requirement JW-04 (RFC 9068 section 4): ID tokens of every algorithm, codes, other types, cookies, secrets."""
    tokens = portal.tokens(signed_in)
    good = tokens["access_token"]
    wrong = [tokens["id_token"], portal.code(signed_in), portal.client["client_secret"], signed_in.cookies["idp-session"]]
    wrong += [house.portals[alg].tokens(signed_in)["id_token"] for alg in ("ES256", "PS256", "EdDSA")]
    wrong += [
        forging.ours(house, good, typ=typ)
        for typ in ("JWT", "logout+jwt", "oauth-authz-req+jwt", "client-authentication+jwt", "JWT;at+jwt")
    ]
    wrong += [forging.ours(house, good, alg=alg) for alg in ("RS256", "PS256", "EdDSA")]
    for token in wrong:
        refused(provider.userinfo(token), "invalid_token")
    assert provider.userinfo(good).status_code == 200


@pytest.mark.parametrize("changes", [{"exp": 1}, {"exp": 0}, {"iss": "https://evil.example"},
                                     {"aud": "https://elsewhere.example"}, {"aud": "portal"},
                                     {"sub": "nobody"}, {"sub": ""}, {"client_id": "unknown"}, {"client_id": ""}, {"epoch": 7}],
                                     ids=str)  # fmt: skip
def test_a_token_that_says_something_else_is_refused(
    house: Installation, portal: Portal, signed_in: Browser, changes: dict
) -> None:
    """Requirements UI-01, JW-01: signed by us, and yet not for here and now."""
    good = portal.tokens(signed_in)["access_token"]
    assert portal.provider.userinfo(forging.ours(house, good)).status_code == 200
    refused(portal.provider.userinfo(forging.ours(house, good, **changes)), "invalid_token")


def test_a_token_without_openid_opens_nothing(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 5.3; RFC 6750 section 3.1."""
    token = forging.ours(house, portal.tokens(signed_in)["access_token"], scope="email")
    refused(portal.provider.userinfo(token), "insufficient_scope", 403)


def test_forged_tokens_are_refused(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """Requirements JW-01, JW-02, JW-03: `none`, HMAC with the public key, strange key names, keys in the header."""
    for name, token in forging.forgeries(provider, portal.tokens(signed_in)["access_token"]):
        answer = provider.userinfo(method="POST", data={"access_token": token})
        assert (answer.status_code, answer.json()["error"]) in ((401, "invalid_token"), (400, "invalid_request")), name
        assert "user" not in answer.text and "sub" not in answer.json(), name
