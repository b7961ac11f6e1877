"""The way out of the code page, for who is somebody else at the same screen, and what the page keeps of what was ticked."""

import re

import pytest
import requests

from tests.journeys.test_second_factor import errors, tokens_of, type_code
from tests.running import Browser, Idp, answer_of, form_of, new_name

SWITCH = "別のIDでログインする"


@pytest.fixture
def hanako(idp: Idp) -> tuple[str, str]:
    """A member whose codes go to a mail address: login ID and address."""
    name = new_name()
    idp.account(name, "--email", f"{name}@mail.example", "--second-factor", "email")
    return name, f"{name}@mail.example"


def back_of(page: requests.Response) -> str:
    """Where the link above the page leads."""
    return re.findall(r'<nav class="back"><a href="([^"]+)"', page.text)[0].replace("&amp;", "&")


def test_another_person_at_the_same_screen_gets_past_the_code_page(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser, jiro = Browser(idp), new_name()
    subject = idp.account(jiro)
    browser.sign_in(browser.authorize(portal), hanako[0])
    page = browser.authorize(portal, state="jiro")
    assert "one-time-code" in page.text and SWITCH in page.text
    page = browser.submit(form_of(page), action="switch")
    assert "current-password" in page.text and hanako[0] not in page.text and not errors(page)
    assert "current-password" in browser.authorize(portal).text, "nothing waits in this browser any more"
    assert "current-password" in browser.go(f"/code?j={form_of(page).fields['j']}").text
    answer = browser.sign_in(page, jiro)
    assert answer_of(answer)["state"] == "jiro" and tokens_of(idp, portal, answer)["sub"] == subject


def test_leaving_the_code_page_takes_a_form_of_ours(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    form = form_of(page)
    assert browser.submit(form, csrf="x", action="switch").status_code == 403
    assert "one-time-code" in browser.go(page.url).text
    browser.go(f"/code?j={form.fields['j']}&action=switch")
    assert answer_of(type_code(browser, browser.go(page.url), idp.wait_for_code(hanako[1])))["code"]


def test_back_leads_to_a_sign_in_page_that_works_and_forgets_nothing_by_itself(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser, jiro = Browser(idp), new_name()
    subject = idp.account(jiro)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    entry = browser.go(back_of(page))
    assert "current-password" in entry.text
    assert "one-time-code" in browser.go(page.url).text, "looking changes nothing"
    wrong = browser.sign_in(entry, jiro, "Wrong7Sumire")
    assert "current-password" in wrong.text and "ログインIDまたはパスワードが違います" in errors(wrong)
    assert tokens_of(idp, portal, browser.sign_in(wrong, jiro))["sub"] == subject


def test_back_after_a_wrong_code_the_sign_in_page_says_nothing_of_it(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    page = type_code(browser, page, "135791")
    assert errors(page)
    entry = browser.go(back_of(page))
    assert "current-password" in entry.text and not errors(entry) and "135791" not in entry.text and "エラー" not in entry.text


def ticked(page: requests.Response) -> bool:
    return form_of(page).fields.get("remember") == "yes"


def test_the_tick_outlives_wrong_codes_and_another_code(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    assert not ticked(page)
    page = type_code(browser, page, "12345", remember="yes")
    assert ticked(page)
    page = browser.submit(form_of(page), action="send")
    assert ticked(page)
    page = browser.submit(form_of(page), action="other")
    page = browser.submit(form_of(page))
    assert ticked(page)
    form = form_of(page)
    del form.fields["remember"]
    page = browser.submit(form, **{form.named("one-time-code"): ""})
    assert not ticked(page)
    type_code(browser, page, idp.wait_for_code(hanako[1]), remember="yes")
    assert answer_of(browser.sign_in(browser.authorize(portal, prompt="login"), hanako[0]))["code"], "the browser is remembered"
