"""What ends with a session besides itself: what was begun in it, codes on their way, and tokens that were not meant to last
(requirements LO-04, SE-05, IN-02)."""

from typing import Callable

import pytest
import requests

from tests.running import Browser, Idp, answer_of, exchange, form_of
from tests.settings.member import Member, errors

CODE = "urn:x-idp:acr:2"


def from_here(idp: Idp, portal: dict, browser: Browser, member: Member) -> None:
    """Signed out on our own page."""
    browser.submit(form_of(browser.go("/")))


def by_the_portal(idp: Idp, portal: dict, browser: Browser, member: Member) -> None:
    """Signed out by a portal."""
    page = browser.go(f"/end-session?client_id={portal['client_id']}")
    browser.submit(form_of(page), answer="yes") if "csrf" in page.text else page.raise_for_status()


def from_elsewhere(idp: Idp, portal: dict, browser: Browser, member: Member) -> None:
    """Ended from another device."""
    other = Browser(idp)
    answer_of(other.sign_in(other.authorize(portal), member.name))
    other.submit(form_of(other.go("/account/sessions")), end="others")


End = Callable[[Idp, dict, Browser, Member], None]
ENDS = [pytest.param(end, id=end.__name__) for end in (from_here, by_the_portal, from_elsewhere)]


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member whose address is proven, and who signs in by password."""
    return Member(idp, "--email", f"ends{id(idp)}@mail.example")


@pytest.fixture
def browser(idp: Idp, portal: dict, hanako: Member) -> Browser:
    """Signed in."""
    found = Browser(idp)
    answer_of(found.sign_in(found.authorize(portal), hanako.name))
    return found


def userinfo(idp: Idp, token: str) -> int:
    """How it is answered."""
    return requests.get(f"{idp.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


@pytest.mark.parametrize("end", ENDS)
def test_a_code_on_its_way_is_good_for_nothing(idp: Idp, portal: dict, browser: Browser, hanako: Member, end: End) -> None:
    code = answer_of(browser.authorize(portal, prompt="none"))["code"]
    end(idp, portal, browser, hanako)
    answer = exchange(idp, portal, code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("end", ENDS)
def test_so_is_an_access_token_but_for_those_that_last(idp: Idp, portal: dict, browser: Browser, hanako: Member, end: End) -> None:
    token = exchange(idp, portal, answer_of(browser.authorize(portal, prompt="none"))["code"]).json()["access_token"]
    assert userinfo(idp, token) == 200
    end(idp, portal, browser, hanako)
    assert userinfo(idp, token) == 401
    proof = (portal["client_id"], portal["client_secret"])
    assert requests.post(f"{idp.issuer}/introspect", data={"token": token}, auth=proof, timeout=10).json() == {"active": False}


@pytest.mark.parametrize("end", ENDS)
def test_a_step_that_was_begun_in_it_starts_from_the_password(idp: Idp, portal: dict, browser: Browser, hanako: Member, end: End) -> None:
    begun = form_of(browser.authorize(portal, acr_values=CODE))
    end(idp, portal, browser, hanako)
    answer = browser.submit(begun, action="send")
    assert "current-password" in answer.text and "one-time-code" not in answer.text
    assert "current-password" in browser.go(f"/code?j={begun.fields['j']}").text
    assert "current-password" in browser.go("/account").text


@pytest.mark.parametrize("end", ENDS)
def test_a_choice_of_accounts_does_too(idp: Idp, portal: dict, browser: Browser, hanako: Member, end: End) -> None:
    page = browser.authorize(portal, prompt="select_account")
    end(idp, portal, browser, hanako)
    again = browser.go(f"/login/choose?j={form_of(page).fields['j']}")
    assert "current-password" in again.text and errors(again) == ""
    assert "code" in answer_of(browser.sign_in(again, hanako.name))
