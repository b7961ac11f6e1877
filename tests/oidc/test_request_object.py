"""Signed request objects: each rule of RFC 9101 on its own (requirement JA-01, traps T-10 and T-11)."""

import time
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests import services
from tests.oidc import forging, signing
from tests.oidc.installation import Installation
from tests.oidc.pushing import come, push, pushed
from tests.oidc.relying_party import SECONDS, Portal, is_error_page
from tests.oidc.test_token_endpoint import refusal


def signed(portal: Portal, header: dict[str, Any] | None = None, key: Any = None, **changes: Any) -> str:
    """A request object with changes of its claims; None leaves one out."""
    now = int(time.time())
    claims = {**portal.request(), "iss": portal.id, "aud": portal.provider.issuer, "nbf": now, "exp": now + 300, **changes}
    said = {name: value for name, value in claims.items() if value is not None}
    return signing.signed(key or signing.key_of(portal), said, **{"typ": "oauth-authz-req+jwt", **(header or {})})


def wrong(portal: Portal) -> dict[str, str]:
    """Objects with one thing wrong each."""
    now, other = int(time.time()), "https://other.example"
    claims: list[dict[str, Any]] = [{"iss": value} for value in (None, "", "unknown", 7, [portal.id])]
    claims += [{"aud": value} for value in (None, other, [other], portal.provider.endpoint("token"), 7, {})]
    claims += [{"exp": value} for value in (None, now - 1, now + 3_700, str(now), True, 10**400)]
    claims += [{"nbf": value} for value in (None, now + 61, now - 3_700, str(now), True)]
    claims += [{"client_id": "unknown"}, {"client_id": 7}, {"request": "x"}, {"request_uri": "https://evil.example"}, {"sub": portal.id}]
    claims += [{"jti": value} for value in ("", 7, ["x"], "x" * 256)]
    claims += [{"response_type": 7}, {"response_type": ["code"]}, {"state": {}}, {"state": "a\x00b"}, {"nonce": "\ud800"}, {"scope": ["openid"]},
               {"max_age": True}, {"max_age": 1.5}, {"redirect_uri": None, "state": []}]  # fmt: skip
    found = {str(change)[:60]: signed(portal, **change) for change in claims}
    for typ in ("at+jwt", "client-authentication+jwt", "dpop+jwt", "logout+jwt"):
        found[typ] = signed(portal, {"typ": typ})
    found["another key"] = signed(portal, key=signing.new_key("RS256", "portal-RS256"))
    found["a key of another portal"] = signed(portal, key=signing.KEYS["portal-ES256"])
    return found


@pytest.mark.parametrize("alg", signing.ALGS)
def test_a_signed_request_becomes_a_code(each: Installation, alg: str) -> None:
    """RFC 9101 section 5: by address and by push."""
    portal, browser = each.portals[f"key-{alg}"], each.browser(each.member())
    for typ in ("oauth-authz-req+jwt", "JWT", None):
        assert "code" in portal.reply(portal.ask(browser, request=signed(portal, {"typ": typ})))
    assert "code" in portal.reply(come(portal, browser, pushed(portal, request=signed(portal))))
    many = signed(portal, aud=["https://other.example", portal.provider.issuer], nbf=int(time.time()) + 8)
    assert "code" in portal.reply(portal.ask(browser, request=many))


def test_only_the_parameters_inside_count(each: Installation) -> None:
    """RFC 9101 section 6.3: neither the ones beside the object nor a mixture."""
    portal, browser = each.portals["key-ES256"], each.browser(each.member())
    text = signed(portal, scope="openid email", nonce="inside", state="inside", max_age=1_000, claims={"userinfo": {"name": None}})
    back = portal.reply(portal.ask(browser, request=text, redirect_uri="https://evil.example/", prompt="none login", scope="openid"), "inside")
    tokens = portal.granted(portal.redeem(back["code"]))
    assert tokens["scope"] == "openid email" and portal.id_claims(tokens)["nonce"] == "inside"
    assert is_error_page(portal.ask(browser, request=signed(portal, redirect_uri=None)))
    assert portal.error(browser, request=signed(portal, code_challenge=None)) == "invalid_request"
    refusal(push(portal, request=signed(portal, redirect_uri=None)), "invalid_request")


@pytest.mark.parametrize("name", ["scope", "state", "redirect_uri", "response_mode", "unheard_of"])
def test_nothing_stands_twice_beside_an_object_or_a_name(each: Installation, name: str) -> None:
    """Requirement AZ-05: the client that is named inside is told so; what stands there once is passed over."""
    portal, browser = each.portals["key-ES256"], each.browser(each.member())
    for where in ({"client_id": portal.id, "request": signed(portal)}, {"client_id": portal.id, "request_uri": pushed(portal)}):
        address = portal.provider.endpoint("authorization") + "?" + urlencode(where)
        assert portal.reply(browser.go(f"{address}&{name}=a&{name}=b"))["error"] == "invalid_request"
        assert "code" in portal.reply(browser.go(f"{address}&{name}=a"))


def test_a_wrong_object_is_told_of(each: Installation) -> None:
    """RFC 9101 section 7: `invalid_request_object`, to an address that is proven, or at once when pushed."""
    portal, browser = each.portals["key-RS256"], each.browser(each.member())
    for name, text in wrong(portal).items():
        assert portal.error(browser, request=text) == "invalid_request_object", name
        refusal(push(portal, request=text), "invalid_request_object")
        assert is_error_page(portal.ask(browser, request=text, redirect_uri="https://evil.example/")), name


def test_forged_objects_are_refused(each: Installation) -> None:
    """RFC 8725 sections 2.1 and 3.10 (requirements JW-01 to JW-03)."""
    portal = each.portals["key-RS256"]
    for name, text in forging.forgeries_of(signing.key_of(portal).as_dict(private=False), signed(portal)):
        answer = push(portal, request=text)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request_object"), name


def test_a_client_may_be_held_to_signing(each: Installation) -> None:
    """RFC 9101 section 10.5: `require_signed_request_object`, in the one registered algorithm."""
    portal, browser = each.portals["signing"], each.browser(each.member())
    assert portal.error(browser) == "invalid_request"
    refusal(push(portal), "invalid_request_object")
    assert "code" in portal.reply(portal.ask(browser, request=signed(portal)))
    assert "code" in portal.reply(come(portal, browser, pushed(portal, request=signed(portal))))
    assert portal.error(browser, request=signed(portal, key=signing.KEYS["portal-ES256"])) == "invalid_request_object"


def test_an_object_of_a_client_without_keys_is_not_supported(each: Installation) -> None:
    """OIDC Core section 3.1.2.6."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    assert portal.error(browser, request=signed(portal, key=signing.KEYS["portal-ES256"])) == "request_not_supported"


def test_an_object_is_no_proof_of_the_client(each: Installation) -> None:
    """RFC 9101 section 10.8 (requirement JW-04): what stood in an address brings no tokens."""
    portal = each.portals["key-ES256"]
    for changes in ({}, {"jti": "x"}):
        for typ in ("oauth-authz-req+jwt", "JWT", None):
            form = {"grant_type": "client_credentials", **signing.proof(portal, signed(portal, {"typ": typ}, **changes))}
            refusal(portal.post(form, {}), "invalid_client", 401)


def test_an_object_with_a_name_is_pushed_once_however_many_push_it(each: Installation) -> None:
    """RFC 7519 section 4.1.7: sixteen at once, one is taken; and nobody else's, nor one without a name, is in its way."""
    portal, other, jti = each.portals["key-ES256"], each.portals["key-RS256"], uuid.uuid4().hex
    text = signed(portal, jti=jti)
    answers = services.race(16, lambda: push(portal, request=text))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 15
    refusal(push(portal, request=text), "invalid_request_object")
    refusal(push(portal, request=signed(portal, jti=jti, nonce="another")), "invalid_request_object")
    assert portal.error(each.browser(), request=text) == "invalid_request_object"
    assert push(other, request=signed(other, jti=jti)).status_code == 201
    nameless = signed(portal)
    assert [push(portal, request=nameless).status_code for _ in range(2)] == [201, 201]


def test_an_object_with_a_name_in_an_address_leads_to_one_answer(each: Installation) -> None:
    """The page may be opened again and in another window; of two that are ended, one brings a code."""
    portal, name = each.portals["key-ES256"], each.member()
    text, browsers = signed(portal, jti=uuid.uuid4().hex), [each.browser(), each.browser()]
    pages = [portal.ask(browser, request=text) for browser in (*browsers, browsers[0])][1:]
    found = [portal.reply(browser.sign_in(page, name)) for browser, page in zip(browsers, reversed(pages))]
    assert "code" in found[0] and found[1]["error"] == "invalid_request_object"
    assert portal.error(browsers[0], request=text) == "invalid_request_object"
    refusal(push(portal, request=text), "invalid_request_object")


def test_of_many_pages_of_one_object_that_end_at_once_one_brings_a_code(each: Installation) -> None:
    """Sixteen tabs of a member who is signed in."""
    portal, name = each.portals["key-ES256"], each.member()
    text, cookies = signed(portal, jti=uuid.uuid4().hex, prompt="none"), each.browser(name).cookies
    address = portal.address(request=text)
    answers = services.race(16, lambda: requests.get(address, cookies=cookies, allow_redirects=False, timeout=SECONDS))
    assert sum("code=" in answer.headers["Location"] for answer in answers) == 1
    assert all("code=" in answer.headers["Location"] or "error=invalid_request_object" in answer.headers["Location"] for answer in answers)


def test_what_an_error_answers_is_spent_too(each: Installation) -> None:
    """As with pushed requests: the error is its one answer."""
    portal, name = each.portals["key-ES256"], each.member()
    text = signed(portal, jti=uuid.uuid4().hex, prompt="none")
    assert portal.error(each.browser(), request=text) == "login_required"
    assert portal.error(each.browser(name), request=text) == "invalid_request_object"
