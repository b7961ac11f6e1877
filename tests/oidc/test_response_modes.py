"""Authorization responses: `iss` on each, by query and by form post (RFC 9207; OAuth 2.0 Form Post Response Mode)."""

import base64
import hashlib
import re

import pytest
import requests

from tests.oidc.installation import Installation
from tests.oidc.relying_party import PageForm, Portal, is_error_page
from tests.running import Browser, answer_of, form_of

STATES = [
    "state-1",
    "\"'><script>alert(1)</script>&amp;&quot;",
    "日本語🍣",
    "a b+c%20d",
    "'onfocus=x autofocus",
    "`${1}`",
    "\t",
    "&#13;",
    " ",
]


def posted(portal: Portal, page: requests.Response, state: str | None = "state-1") -> dict[str, str]:
    """The parameters that the page of a form post sends to the portal; checked as the specification says."""
    assert page.status_code == 200 and "Location" not in page.headers, page.text[:500]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8" and page.headers["Cache-Control"] == "no-store"
    form = PageForm(page.content.decode())
    assert (form.method, form.action, form.buttons) == ("post", portal.callback, 1)
    assert "enctype" not in page.text
    return portal.checked(form.fields, state)


def test_a_code_arrives_by_form_post_and_is_good(portal: Portal, signed_in: Browser) -> None:
    """Form Post Response Mode section 2."""
    found = posted(portal, portal.ask(signed_in, response_mode="form_post"))
    assert set(found) == {"code", "state", "iss"}
    assert portal.redeem(found["code"]).status_code == 200


@pytest.mark.parametrize("changes", [{"prompt": "none"}, {"scope": "email"}, {"response_type": "token"}, {"request": "x"},
                                     {"max_age": "x"},
                                     {"code_challenge": None}, {"prompt": "none login"}], ids=str)  # fmt: skip
def test_errors_arrive_by_form_post_too(portal: Portal, browser: Browser, changes: dict) -> None:
    """Form Post Response Mode section 2: nothing in the query."""
    found = posted(portal, portal.ask(browser, response_mode="form_post", **changes))
    assert set(found) == {"error", "error_description", "state", "iss"}


@pytest.mark.parametrize("state", STATES, ids=ascii)
def test_every_state_survives_the_page(portal: Portal, signed_in: Browser, state: str) -> None:
    """Requirement AZ-18: values are escaped, none of them is markup."""
    page = portal.ask(signed_in, response_mode="form_post", state=state)
    assert "code" in posted(portal, page, state)
    assert len(PageForm(page.text).scripts) == 1


@pytest.mark.parametrize("state", ["a\nb", "a\r\nb", "a\rb", "a\x00b"], ids=ascii)
def test_a_state_that_a_form_would_change_is_refused(portal: Portal, signed_in: Browser, state: str) -> None:
    """RFC 6749 section 4.1.2, the exact value: browsers rewrite line ends and NUL in forms (HTML section 4.10.21.4)."""
    assert is_error_page(portal.ask(signed_in, response_mode="form_post", state=state))


def test_the_page_allows_its_one_script_and_its_one_target(portal: Portal, signed_in: Browser) -> None:
    """Requirement AZ-18: Content-Security-Policy by hash, form-action to https only, a button without JavaScript."""
    page = portal.ask(signed_in, response_mode="form_post")
    rules = dict(rule.strip().split(" ", 1) for rule in page.headers["Content-Security-Policy"].split(";"))
    (script,) = PageForm(page.text).scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'" and rules["form-action"].split() == ["'self'", "https:"]
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<[^>]*\son[a-z]+=", page.text) and "src=" not in page.text


def test_the_page_comes_after_the_sign_in_too(house: Installation, portal: Portal, browser: Browser) -> None:
    """Form Post Response Mode section 2."""
    page = portal.sign_in(browser, house.member(), response_mode="form_post", state='"<b>')
    assert "code" in posted(portal, page, '"<b>')


@pytest.mark.parametrize(
    "mode", ["fragment", "JWT", "fragment.jwt", "web_message", "FORM_POST", "form_post ", "query fragment", '"']
)
def test_an_unknown_response_mode_is_refused_not_ignored(portal: Portal, signed_in: Browser, mode: str) -> None:
    """OAuth 2.0 Multiple Response Type Encoding Practices section 2.1 (requirement AZ-18, trap T-14)."""
    assert portal.error(signed_in, response_mode=mode) == "invalid_request"


def test_query_can_be_asked_for_by_name(portal: Portal, signed_in: Browser) -> None:
    """OAuth 2.0 Multiple Response Type Encoding Practices section 2.1."""
    portal.code(signed_in, response_mode="query")


def test_iss_is_in_every_kind_of_answer(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """RFC 9207 sections 2 and 3 (requirement AZ-07, trap T-09): `reply` compares it each time."""
    assert portal.provider.metadata["authorization_response_iss_parameter_supported"] is True
    assert "code" in portal.reply(portal.ask(signed_in))
    assert portal.error(house.browser(), prompt="none") == "login_required"
    assert portal.error(signed_in, response_type="token") == "unsupported_response_type"
    third = house.portals["third"]
    assert third.error(signed_in, prompt="none") == "consent_required"
    refused = signed_in.submit(form_of(third.ask(signed_in)), answer="no")
    assert third.reply(refused)["error"] == "access_denied"


def test_after_a_form_the_browser_is_sent_on_by_303(house: Installation, portal: Portal, browser: Browser) -> None:
    """RFC 9700 section 4.12 (requirement AZ-22): 307 would send the password along."""
    form = form_of(portal.ask(browser))
    values = {form.named("username"): house.member(), form.named("current-password"): "Kawa7Sumire"}
    answer = browser.submit(form, follow=False, **values)
    assert answer.status_code == 303 and "code" in answer_of(answer)


def test_the_answer_is_kept_by_no_cache_and_names_no_referrer(portal: Portal, signed_in: Browser) -> None:
    """RFC 9700 section 4.2.4 (trap T-16)."""
    for mode in ("query", "form_post"):
        headers = portal.ask(signed_in, response_mode=mode).headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert headers["X-Content-Type-Options"] == "nosniff"
