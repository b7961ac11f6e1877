"""Consent of a member to what a third party learns (OIDC Core section 3.1.2.4; requirements AZ-20 and AZ-21)."""

import json

import requests

from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, is_error_page
from tests.running import Browser, form_of


def shows_consent(page: requests.Response) -> bool:
    """Whether the member is asked."""
    return page.status_code == 200 and form_of(page).action.endswith("/consent")


def test_it_is_asked_once_for_each_client_and_scope(house: Installation) -> None:
    """OIDC Core section 3.1.2.4 (requirement AZ-20)."""
    third, browser = house.portals["third"], house.browser(house.member())
    page = third.ask(browser, scope="openid email")
    assert shows_consent(page) and "Third" in page.text and "portal.example</p>" in page.text, "a name anybody can give itself"
    assert "code" in third.reply(browser.submit(form_of(page), answer="yes"))
    for scope in ("openid email", "openid", "email openid"):
        third.code(browser, scope=scope, prompt="none")
    assert third.error(browser, scope="openid email phone", prompt="none") == "consent_required"
    assert shows_consent(third.ask(browser, scope="openid email phone"))
    assert shows_consent(third.ask(browser, scope="openid email", prompt="consent"))
    assert shows_consent(third.ask(house.browser(house.member()), scope="openid email"))


def test_a_no_goes_back_as_access_denied_and_is_not_remembered(house: Installation) -> None:
    """RFC 6749 section 4.1.2.1."""
    third, browser = house.portals["third"], house.browser(house.member())
    for _ in range(2):
        page = third.ask(browser)
        assert shows_consent(page)
        assert third.reply(browser.submit(form_of(page), answer="no"))["error"] == "access_denied"


def test_single_claims_need_a_yes_as_their_scope_does(house: Installation) -> None:
    """OIDC Core section 5.5: the claims parameter asks for what the consent page would have named."""
    third, browser = house.portals["third"], house.browser(house.member(phone="090-1234-5678", verified=True))
    assert "code" in third.reply(browser.submit(form_of(third.ask(browser)), answer="yes"))
    for place in ("userinfo", "id_token"):
        asked = json.dumps({place: {"phone_number": None}})
        assert third.error(browser, claims=asked, prompt="none") == "consent_required"
        page = third.ask(browser, claims=asked)
        assert shows_consent(page) and "電話番号" in page.text
    found = third.reply(browser.submit(form_of(page), answer="yes"))
    claims = third.id_claims(third.granted(third.redeem(found["code"])))
    assert claims["phone_number"] == "+819012345678"
    third.code(browser, scope="openid phone", prompt="none")


def test_the_operators_own_portals_do_not_ask(house: Installation) -> None:
    """decisions.md, consent."""
    house.portals["plain"].code(house.browser(house.member()), scope="openid email phone address contract profile")


def test_a_yes_counts_from_this_page_in_this_browser_of_this_member_only(house: Installation) -> None:
    """Requirement AZ-21: forged, from another browser, or after another member has signed in."""
    third, one, two = house.portals["third"], house.member(), house.member()
    browser, other = house.browser(one), house.browser(two)
    form, theirs = form_of(third.ask(browser)), form_of(third.ask(other))
    for fields, headers in (({**form.fields, "csrf": ""}, {}), ({**form.fields, "csrf": theirs.fields["csrf"]}, {}),
                            (form.fields, {"Sec-Fetch-Site": "cross-site"}),
                            (form.fields, {"Origin": "https://third.example"})):  # fmt: skip
        answer = browser.post(form.action, data={**fields, "answer": "yes"}, headers=headers, allow_redirects=False)
        assert answer.status_code == 403
    assert (
        requests.post(form.action, data={**form.fields, "answer": "yes"}, timeout=SECONDS, allow_redirects=False).status_code
        == 400
    )
    assert is_error_page(other.submit(theirs, j=form.fields["j"], answer="yes"))
    house.portals["plain"].sign_in(browser, two, prompt="login")
    answer = browser.submit(form, answer="yes")
    assert "code=" not in answer.headers.get("Location", "")
    assert third.error(house.browser(one), prompt="none") == "consent_required"


def test_a_second_submit_is_a_clean_refusal(house: Installation) -> None:
    """Requirement AZ-21: reload and double click."""
    third, browser = house.portals["third"], house.browser(house.member())
    form = form_of(third.ask(browser))
    assert "code" in third.reply(browser.submit(form, answer="yes"))
    for answer in ("yes", "no"):
        assert is_error_page(browser.submit(form, answer=answer))


def test_the_page_cannot_be_reached_before_the_sign_in(house: Installation, browser: Browser) -> None:
    """Requirement MF-01 for consent."""
    third = house.portals["third"]
    journey = form_of(third.ask(browser)).fields["j"]
    page = browser.go(f"/consent?j={journey}")
    assert "current-password" in form_of(page).tokens
    form = form_of(page)
    form.action = form.action.split("?")[0].replace("/login", "/consent")
    assert is_error_page(browser.submit(form, answer="yes"))
