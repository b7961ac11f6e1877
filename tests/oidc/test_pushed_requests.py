"""Pushed authorization requests: each rule of RFC 9126 on its own (requirements PR-01 to PR-05)."""

import re
import time

import pytest
import requests

from tests import services
from tests.oidc.installation import Installation
from tests.oidc.pushing import come, push, pushed
from tests.oidc.relying_party import SECONDS, Portal, is_error_page
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser, form_of

URN = "urn:ietf:params:oauth:request_uri:"


def gone(portal: Portal, browser: Browser, request_uri: str, **beside: str) -> bool:
    """Whether the name leads to an error page, and never to the portal."""
    return is_error_page(come(portal, browser, request_uri, **beside))


@pytest.mark.parametrize("name", ["plain", "public", "key-ES256", "pushing"])
def test_a_pushed_request_becomes_a_code(each: Installation, name: str) -> None:
    """RFC 9126 sections 2.2 and 4: 201, a name that cannot be guessed, and only it in the address."""
    portal, browser = each.portals[name], each.browser(each.member())
    answer = push(portal)
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (201, "application/json", "no-store")
    found = answer.json()
    assert set(found) == {"request_uri", "expires_in"} and found["expires_in"] == 60
    assert re.fullmatch(re.escape(URN) + "[A-Za-z0-9_-]{43}", found["request_uri"])
    back = portal.reply(come(portal, browser, found["request_uri"]))
    assert portal.id_claims(portal.granted(portal.redeem(back["code"])))["nonce"] == "nonce-1"


def test_who_pushes_proves_itself_as_at_the_token_endpoint(each: Installation) -> None:
    """RFC 9126 section 2 (requirement PR-01)."""
    portal, other = each.portals["plain"], each.portals["post"]
    wrong = (({}, {}), ({"client_secret": "x" * 30}, {}), ({"client_id": "unknown"}, {}), ({"client_id": other.id}, portal.basic()))
    for authentication in wrong:
        refusal(push(portal, authentication), "invalid_client", 401)
    assert push(portal, ({"client_id": ""}, portal.basic())).status_code == 201


@pytest.mark.parametrize("changes, error", [
    ({"redirect_uri": "https://evil.example/"}, "invalid_request"), ({"redirect_uri": None}, "invalid_request"),
    ({"state": "s" * 2_000}, "invalid_request"), ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"), ({"scope": "email"}, "invalid_scope"), ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"), ({"nonce": "n" * 2_000}, "invalid_request"), ({"max_age": "x"}, "invalid_request"),
    ({"claims": "["}, "invalid_request"), ({"prompt": "none login"}, "invalid_request"), ({"resource": "https://x.example"}, "invalid_target"),
    ({"request": "a.b.c"}, "request_not_supported"), ({"login_hint": "x" * 40_000}, "invalid_request"),
], ids=repr)  # fmt: skip
def test_what_is_wrong_is_said_at_once(each: Installation, changes: dict[str, str | None], error: str) -> None:
    """RFC 9126 section 2.3 (requirement PR-01): in JSON, and nobody is sent anywhere."""
    refusal(push(each.portals["plain"], **changes), error)


def test_a_request_uri_is_never_pushed(each: Installation) -> None:
    """RFC 9126 section 2.1 (requirement PR-03)."""
    portal = each.portals["plain"]
    for uri in (pushed(portal), URN + "x", "https://evil.example/request.jwt"):
        refusal(push(portal, request_uri=uri), "invalid_request")


def test_only_a_form_by_post_is_taken(each: Installation) -> None:
    """RFC 9126 section 2.1 (requirement TK-07, trap T-07)."""
    portal = each.portals["plain"]
    address = portal.provider.endpoint("pushed_authorization_request")
    for method in ("GET", "PUT", "DELETE"):
        assert requests.request(method, address, timeout=SECONDS).status_code == 405
    assert requests.post(address, json=portal.request(), headers=portal.basic(), timeout=SECONDS).status_code == 415
    assert requests.post(address + "?scope=openid", data=portal.request(), headers=portal.basic(), timeout=SECONDS).status_code == 400
    double = [*portal.request().items(), ("scope", "openid")]
    assert requests.post(address, data=double, headers=portal.basic(), timeout=SECONDS).status_code == 400


def test_a_request_leads_to_one_answer(each: Installation) -> None:
    """RFC 9126 section 7.3 (requirement PR-02): the page may be opened twice before that, and not again after."""
    portal, name = each.portals["plain"], each.member()
    browser, uri = each.browser(), pushed(portal)
    come(portal, browser, uri)
    page = come(portal, browser, uri)
    assert "code" in portal.reply(browser.sign_in(page, name))
    assert gone(portal, browser, uri)


def test_of_two_open_pages_one_leads_back_with_a_code(each: Installation) -> None:
    """Requirement PR-02: the other one says why it does not."""
    portal, name = each.portals["plain"], each.member()
    browsers, uri = [each.browser(), each.browser()], pushed(portal)
    pages = [come(portal, browser, uri) for browser in browsers]
    answers = [portal.reply(browser.sign_in(page, name)) for browser, page in zip(browsers, pages)]
    assert "code" in answers[0] and answers[1]["error"] == "invalid_request_uri"


def test_of_sixteen_at_once_one_gets_the_code(each: Installation) -> None:
    """Requirement PR-02: claimed by one atomic step."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    address = portal.provider.endpoint("authorization")
    asked = {"client_id": portal.id, "request_uri": pushed(portal)}
    cookies = browser.cookies.get_dict()
    answers = services.race(16, lambda: requests.get(address, params=asked, cookies=cookies, allow_redirects=False, timeout=SECONDS))
    assert sum("code=" in answer.headers.get("Location", "") for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {303, 400}


def test_an_error_is_an_answer_too(each: Installation) -> None:
    """Requirement PR-02: silent login that fails, and a member who says no."""
    portal, browser = each.portals["plain"], each.browser()
    uri = pushed(portal, prompt="none")
    assert portal.reply(come(portal, browser, uri))["error"] == "login_required"
    assert gone(portal, browser, uri)
    third, member = each.portals["pushing-third"], each.browser(each.member())
    uri = pushed(third)
    denied = member.submit(form_of(come(third, member, uri)), answer="no")
    assert third.reply(denied)["error"] == "access_denied"
    assert gone(third, member, uri)


def test_a_name_is_for_its_own_client(each: Installation) -> None:
    """RFC 9126 section 2.2 (requirement PR-02)."""
    portal, other, browser = each.portals["plain"], each.portals["other"], each.browser(each.member())
    uri = pushed(portal)
    assert gone(other, browser, uri)
    assert is_error_page(browser.go(portal.provider.endpoint("authorization") + "?request_uri=" + uri))
    assert "code" in portal.reply(come(portal, browser, uri))


def test_a_name_expires(brief: Installation) -> None:
    """RFC 9126 section 2.2: after as long as was said."""
    portal, browser = brief.portals["plain"], brief.browser()
    answer = push(portal).json()
    assert answer["expires_in"] == 5 and not gone(portal, browser, answer["request_uri"])
    end = time.monotonic() + 20
    while not gone(portal, browser, answer["request_uri"]):
        assert time.monotonic() < end
        time.sleep(0.5)


def test_what_stands_beside_the_name_has_no_effect(each: Installation) -> None:
    """RFC 9126 section 4, RFC 9101 section 6.3 (requirement PR-04)."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    beside = {"scope": "openid email", "redirect_uri": "https://evil.example/", "state": "evil", "nonce": "evil", "response_type": "token",
              "prompt": "login", "request": "x"}  # fmt: skip
    back = portal.reply(come(portal, browser, pushed(portal), **beside))
    tokens = portal.granted(portal.redeem(back["code"]))
    assert tokens["scope"] == "openid" and portal.id_claims(tokens)["nonce"] == "nonce-1"
    address = portal.provider.endpoint("authorization")
    uri = pushed(portal)
    assert is_error_page(browser.go(f"{address}?client_id={portal.id}&request_uri={uri}&request_uri={uri}"))


def test_names_of_nobody_are_an_error_page(each: Installation) -> None:
    """Requirement PR-03: never a redirect, whatever stands there."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    for uri in (URN, URN + "x" * 43, URN + "x" * 5_000, URN + "../../x", URN + "あ", pushed(portal)[:-1], pushed(portal) + "x"):
        assert gone(portal, browser, uri), uri


def test_other_addresses_are_not_looked_at(each: Installation) -> None:
    """RFC 9101 section 10.4 (requirement PR-03): a request_uri of http or any other kind is an error for the client."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    for uri in ("https://evil.example/r.jwt", "http://127.0.0.1:1/r.jwt", "file:///etc/passwd", "urn:example:x", URN.upper() + "x" * 43):
        assert portal.error(browser, request_uri=uri) == "request_uri_not_supported", uri


def test_a_client_may_be_held_to_pushing(each: Installation) -> None:
    """RFC 9126 section 6 (requirement PR-04)."""
    portal, browser = each.portals["pushing"], each.browser(each.member())
    assert portal.error(browser) == "invalid_request"
    assert portal.error(browser, prompt="none") == "invalid_request"
    assert portal.client["require_pushed_authorization_requests"] is True


def test_a_posted_name_is_as_good(each: Installation) -> None:
    """OIDC Core section 3.1.2.1: the authorization endpoint takes POST."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    form = {"client_id": portal.id, "request_uri": pushed(portal)}
    answer = browser.post(portal.provider.endpoint("authorization"), data=form, allow_redirects=False, timeout=SECONDS)
    assert "code" in portal.reply(browser.go(requests.compat.urljoin(portal.provider.issuer, answer.headers["Location"])))


def test_what_was_pushed_stands_in_no_address_and_no_page(each: Installation) -> None:
    """CVE-2024-4540 (requirement PR-05): neither in cookies, nor in addresses, nor in the page."""
    portal, browser, canary = each.portals["plain"], each.browser(), "canary-7f3a"
    page = come(portal, browser, pushed(portal, nonce=canary, state=canary))
    seen = [page.text, page.url, str(page.headers), str(browser.cookies.get_dict())]
    seen += [str(step.headers) + step.url for step in page.history]
    assert not any(canary in text for text in seen)
    refused = push(portal, redirect_uri="https://evil.example/" + canary)
    assert canary not in refused.text


def test_discovery_names_the_endpoint(each: Installation) -> None:
    """RFC 9126 section 5."""
    metadata = each.provider.metadata
    assert metadata["pushed_authorization_request_endpoint"] == each.provider.issuer + "/par"
    assert metadata["require_pushed_authorization_requests"] is False
