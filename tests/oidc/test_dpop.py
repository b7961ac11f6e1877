"""DPoP: tokens that only the holder of a key can use, rule by rule (RFC 9449, requirements DP-01 and DP-02)."""

import json
import time
from typing import Any

import pytest
import requests
from joserfc.jwk import OctKey

from idp.features.oidc import dpop
from tests import services
from tests.oidc import offline, proofs, signing
from tests.oidc.installation import API, Installation
from tests.oidc.proofs import KEY, OTHER, bound, proof, redeemed, thumbprint, userinfo
from tests.oidc.pushing import come, push
from tests.oidc.relying_party import SECONDS, Portal, base64url, header_of
from tests.oidc.test_token_endpoint import refusal
from tests.running import claims_of

OWN = {"grant_type": "client_credentials"}


def refused(answer: requests.Response, error: str = "invalid_dpop_proof") -> bool:
    """Whether UserInfo says no, and how it wants to be asked (RFC 9449 section 7.1)."""
    challenge = answer.headers.get("WWW-Authenticate", "")
    assert answer.status_code != 500 and "sub" not in answer.text
    return answer.status_code == 401 and challenge.startswith("DPoP ") and f'error="{error}"' in challenge and 'algs="ES256' in challenge


def own(portal: Portal, text: str | None = None, **options: Any) -> requests.Response:
    """A token of the portal's own with a proof."""
    return proofs.asked(portal, OWN, text, **options)


@pytest.mark.parametrize("name", ["bound", "bound-public", "plain"])
def test_a_token_is_bound_to_the_key_of_the_proof(each: Installation, name: str) -> None:
    """RFC 9449 sections 5 and 6.1: `token_type` DPoP and `cnf.jkt`; also for a client that need not."""
    portal = each.portals[name]
    tokens = bound(portal, each.browser(each.member()))
    assert tokens["token_type"] == "DPoP" and claims_of(tokens["access_token"])["cnf"] == {"jkt": thumbprint()}
    assert "cnf" not in claims_of(tokens["id_token"])
    answer = userinfo(each.provider, tokens["access_token"])
    assert answer.status_code == 200 and answer.json()["sub"] == claims_of(tokens["id_token"])["sub"]


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_keys_of_three_kinds_will_do(each: Installation, alg: str) -> None:
    """RFC 9449 section 5.1, dpop_signing_alg_values_supported."""
    key = signing.KEYS[f"portal-{alg}"]
    tokens = each.portals["bound"].granted(own(each.portals["bound"], key=key))
    assert claims_of(tokens["access_token"])["cnf"] == {"jkt": thumbprint(key)}
    assert each.provider.metadata["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "EdDSA"]


def test_without_a_proof_tokens_are_bearer_tokens(each: Installation) -> None:
    """RFC 6750: nothing changes for who sends none."""
    tokens = each.portals["plain"].tokens(each.browser(each.member()))
    assert tokens["token_type"] == "Bearer" and "cnf" not in claims_of(tokens["access_token"])


def test_a_client_may_be_held_to_proofs(each: Installation) -> None:
    """RFC 9449 section 5.2: `dpop_bound_access_tokens`; the code stays good for a better request."""
    portal = each.portals["bound"]
    code = portal.code(each.browser(each.member()))
    refusal(portal.redeem(code), "invalid_dpop_proof")
    refusal(redeemed(portal, code, "x.y.z"), "invalid_dpop_proof")
    assert redeemed(portal, code).status_code == 200


def wrong_proofs(url: str, method: str, token: str | None = None) -> dict[str, str]:
    """Proofs with one thing wrong each (certification.md, DPoP negatives), by what it is."""
    now, other = int(time.time()), signing.KEYS["portal-RS256"]
    good = {"url": url, "method": method, "token": token}
    public = {name: value for name, value in KEY.as_dict(private=False).items() if name in ("kty", "crv", "x", "y")}
    found = {f"{name} {value!r}"[:40]: proof(**good, **{name: value})
             for name, values in {"jti": (None, "", 7, "x" * 256), "htm": (None, "PUT", method.lower(), 7),
                                  "htu": (None, url + "/x", "https://evil.example/", "", 7, url + ":x", "//", url.replace("://", "://u@")),
                                  "iat": (None, now - 3_600, now + 3_600, now - 90, now + 61, str(now), True, 10**400)}.items()
             for value in values}  # fmt: skip
    private = KEY.as_dict(private=True)
    for name, header in {
        "no typ": {"typ": None}, "typ JWT": {"typ": "JWT"}, "typ at+jwt": {"typ": "at+jwt"}, "no jwk": {"jwk": None}, "private jwk": {"jwk": private},
        "another jwk": {"jwk": OTHER.as_dict(private=False)}, "empty jwk": {"jwk": {}}, "jwk with k": {"jwk": {**public, "k": "AA"}},
        "jku": {"jku": "https://evil.example/jwks"}, "x5u": {"x5u": "https://evil.example/x"},
    }.items():  # fmt: skip
        found[name] = proof(**good, header=header)
    found["RS256"] = proof(**good, key=other)
    found["HS256"] = signing.signed(OctKey.import_key(json.dumps(public)), {"jti": "x", "htm": method, "htu": url, "iat": now}, alg="HS256", typ="dpop+jwt", jwk=public, kid=None)
    whole = proof(**good)
    head, body, tail = whole.split(".")
    found |= {"not a JWT": "garbage", "empty": "", "cut": f"{head}.{body}.{tail[:-4]}", "unsigned": f"{head}.{body}.", "two": f"{whole}, {proof(**good)}",
              "oversized": f"{head}.{body}{'A' * 5_000}.{tail}", "none": f"{base64url(json.dumps({**header_of(whole), 'alg': 'none'}).encode())}.{body}."}  # fmt: skip
    return found


def test_a_wrong_proof_brings_no_token(each: Installation) -> None:
    """RFC 9449 section 4.3 (requirement DP-01): one rule each, and nothing is spent by it."""
    portal = each.portals["bound"]
    for name, text in wrong_proofs(each.provider.endpoint("token"), "POST").items():
        answer = own(portal, text)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof"), name


def test_a_wrong_proof_shows_nothing_at_userinfo(each: Installation) -> None:
    """RFC 9449 section 7.1 (requirement DP-01)."""
    token = bound(each.portals["bound"], each.browser(each.member()))["access_token"]
    url = each.provider.endpoint("userinfo")
    for name, text in wrong_proofs(url, "GET", token).items():
        assert refused(userinfo(each.provider, token, text)), name
    for ath in (None, "", 7, "x" * 43, thumbprint()):
        assert refused(userinfo(each.provider, token, ath=ath)), ath
    assert refused(userinfo(each.provider, token, key=OTHER), "invalid_token")
    assert userinfo(each.provider, token).status_code == 200


def test_a_bound_token_is_no_bearer_token(each: Installation) -> None:
    """RFC 9449 section 7.1: neither by scheme, nor in the body, nor without a proof; and no bearer token is a bound one."""
    portal, browser = each.portals["bound"], each.browser(each.member())
    token = bound(portal, browser)["access_token"]
    assert each.provider.userinfo(token).status_code == 401
    assert userinfo(each.provider, token, scheme="Bearer").status_code == 401
    assert requests.post(each.provider.endpoint("userinfo"), data={"access_token": token}, timeout=SECONDS).status_code == 401
    bare = requests.get(each.provider.endpoint("userinfo"), headers={"Authorization": "DPoP " + token}, timeout=SECONDS)
    assert refused(bare)
    assert refused(userinfo(each.provider, each.portals["plain"].tokens(browser)["access_token"]), "invalid_token")


def test_what_a_proof_may_look_like(each: Installation) -> None:
    """RFC 9449 section 4.3: case of scheme and host, default ports, query and fragment, other claims, clocks ten seconds off."""
    token = bound(each.portals["bound"], each.browser(each.member()))["access_token"]
    url, now = each.provider.endpoint("userinfo"), int(time.time())
    for changes in ({"htu": url + "?a=b"}, {"htu": url + "#x"}, {"htu": url.replace("http://localhost", "HTTP://LocalHost")}, {"iat": now - 10},
                    {"iat": now + 8}, {"exp": now - 100, "nbf": now + 100, "other": [1]}):  # fmt: skip
        assert userinfo(each.provider, token, **changes).status_code == 200, changes
    assert userinfo(each.provider, token, scheme="dpop").status_code == 200


def test_a_proof_is_good_once_however_many_show_it(each: Installation) -> None:
    """RFC 9449 section 11.1 (requirement DP-01): sixteen at once."""
    portal = each.portals["bound"]
    text = proof(each.provider.endpoint("token"))
    headers = {**portal.basic(), "DPoP": text}
    answers = services.race(16, lambda: requests.post(each.provider.endpoint("token"), data=OWN, headers=headers, timeout=SECONDS))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    refusal(own(portal, text), "invalid_dpop_proof")
    token = bound(portal, each.browser(each.member()))["access_token"]
    again = proof(each.provider.endpoint("userinfo"), "GET", token=token)
    assert userinfo(each.provider, token, again).status_code == 200 and refused(userinfo(each.provider, token, again))


def test_a_code_can_be_bound_to_the_key_in_advance(each: Installation) -> None:
    """RFC 9449 section 10 (requirement DP-02): `dpop_jkt`; another key, or none, gets nothing."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    assert redeemed(portal, portal.code(browser, dpop_jkt=thumbprint())).status_code == 200
    refusal(redeemed(portal, portal.code(browser, dpop_jkt=thumbprint()), key=OTHER), "invalid_grant")
    refusal(portal.redeem(portal.code(browser, dpop_jkt=thumbprint())), "invalid_grant")
    for jkt in ("x", "x" * 44, "あ" * 43):
        assert portal.error(browser, dpop_jkt=jkt) == "invalid_request"


def test_a_proof_at_par_binds_the_code(each: Installation) -> None:
    """RFC 9449 section 10.1 (requirement DP-02)."""
    portal, browser, url = each.portals["plain"], each.browser(each.member()), each.provider.endpoint("pushed_authorization_request")

    def pushed_code(**changes: str) -> str:
        answer = push(portal, more={"DPoP": proof(url)}, **changes)
        return portal.reply(come(portal, browser, answer.json()["request_uri"]))["code"]

    assert redeemed(portal, pushed_code()).status_code == 200
    assert redeemed(portal, pushed_code(dpop_jkt=thumbprint())).status_code == 200
    refusal(redeemed(portal, pushed_code(), key=OTHER), "invalid_grant")
    refusal(push(portal, more={"DPoP": proof(url)}, dpop_jkt=thumbprint(OTHER)), "invalid_dpop_proof")
    refusal(push(portal, more={"DPoP": proof(each.provider.endpoint("token"))}), "invalid_dpop_proof")


def test_confidential_clients_may_change_the_key(each: Installation) -> None:
    """RFC 9449 section 5; certification.md, refresh-token: bound by the client's own proof; the old token stays good."""
    portal = each.portals["bound"]
    first = bound(portal, each.browser(each.member()), scope=offline.SCOPE)["refresh_token"]
    tokens = portal.granted(proofs.refreshed(portal, first, key=OTHER))
    assert claims_of(tokens["access_token"])["cnf"] == {"jkt": thumbprint(OTHER)} and tokens["refresh_token"] == first
    refusal(offline.refresh(portal, first), "invalid_dpop_proof")


def test_a_nonce_is_asked_for_and_taken(each: Installation) -> None:
    """RFC 9449 sections 8 and 9: `use_dpop_nonce` with the nonce, at both endpoints; the code is good for the second try."""
    portal = each.portals["nonces"]
    code = portal.code(each.browser(each.member()))
    answer = redeemed(portal, code)
    refusal(answer, "use_dpop_nonce")
    nonce = answer.headers["DPoP-Nonce"]
    for wrong in ("x", "", 7, nonce[:-1]):
        assert redeemed(portal, code, nonce=wrong).headers["DPoP-Nonce"]
    token = portal.granted(redeemed(portal, code, nonce=nonce))["access_token"]
    answer = userinfo(each.provider, token)
    assert refused(answer, "use_dpop_nonce")
    assert userinfo(each.provider, token, nonce=answer.headers["DPoP-Nonce"]).status_code == 200
    refusal(own(each.portals["bound"], nonce="made up"), "use_dpop_nonce")


def test_a_nonce_near_its_end_is_replaced_with_the_answer(each: Installation) -> None:
    """RFC 9449 section 8.2: with a successful answer, at the token endpoint, UserInfo and PAR; a fresh one is left as it is."""
    portal, url = each.portals["nonces"], each.provider.endpoint
    services.wait_until(lambda: each.deps.now() % dpop.NONCE_PERIOD < dpop.NONCE_PERIOD - 5)  # no change of period below

    def nonce(age: int) -> str:
        return each.deps.vault.keyed_hash("dpop_nonce", str(each.deps.now() // dpop.NONCE_PERIOD - age))

    first, fresh = own(portal, nonce=nonce(1)), own(portal, nonce=nonce(0))
    assert (first.status_code, fresh.status_code) == (200, 200) and "DPoP-Nonce" not in fresh.headers
    assert own(portal, nonce=first.headers["DPoP-Nonce"]).status_code == 200 and own(portal, nonce=nonce(2)).status_code == 400
    token = redeemed(portal, portal.code(each.browser(each.member())), nonce=nonce(0)).json()["access_token"]
    pushed = push(portal, more={"DPoP": proof(url("pushed_authorization_request"), nonce=nonce(1))})
    for answer in (userinfo(each.provider, token, nonce=nonce(1)), pushed):
        assert answer.status_code in (200, 201) and answer.headers["DPoP-Nonce"] == nonce(0)


def test_introspection_shows_the_key(each: Installation) -> None:
    """RFC 9449 section 6.2: `cnf` and `token_type`, to the API that the token is for."""
    token = each.portals["bound"].granted(proofs.asked(each.portals["bound"], {**OWN, "resource": API}))["access_token"]
    found = offline.about(each.portals["api"], "introspection", token).json()
    assert found["active"] is True and (found["token_type"], found["cnf"]) == ("DPoP", {"jkt": thumbprint()})


def test_pages_of_registered_origins_can_send_proofs(each: Installation) -> None:
    """RFC 9449 section 8.1 with CORS: the header may be sent, the nonce read."""
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dpop"}
    origin = "/".join(each.portals["plain"].callback.split("/")[:3])
    allowed = requests.options(each.provider.endpoint("token"), headers={**headers, "Origin": origin}, timeout=SECONDS)
    assert "DPoP" in allowed.headers["Access-Control-Allow-Headers"]
    answer = requests.post(each.provider.endpoint("token"), data=OWN, headers={"Origin": origin}, timeout=SECONDS)
    assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"]
