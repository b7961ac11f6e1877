"""Whole visits, from the portal and back to it, as members with a phone or a computer make them."""

from typing import Callable, ContextManager
from urllib.parse import urlencode

import pytest
from playwright.sync_api import ViewportSize, expect

from idp import texts
from tests.browser import states
from tests.browser.visitor import DESKTOP, LETTER_PASSWORD, PHONE, Visitor
from tests.running import PASSWORD

Visit = Callable[..., ContextManager[Visitor]]
LOCALES = {"ja": "ja-JP", "en": "en-GB"}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_member_signs_in(new_visit: Visit, locale: str, size: ViewportSize, scripts: bool) -> None:
    with new_visit(LOCALES[locale], size, java_script_enabled=scripts) as visitor:
        visitor.arrive()
        assert visitor.page.text_content("h1") == texts.text(locale, "login.title")
        visitor.sign_in(visitor.members["member"])
        assert visitor.portal_says().startswith("Signed in: ")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_answer_comes_by_form_where_the_portal_wants_that(new_visit: Visit, scripts: bool) -> None:
    with new_visit(java_script_enabled=scripts) as visitor:
        visitor.arrive(response_mode="form_post")
        visitor.sign_in(visitor.members["member"])
        if not scripts:
            visitor.send()
        said = visitor.portal_says()
        assert said.startswith("Signed in: ") and said.endswith(" by form")


@pytest.mark.parametrize("letter, locale, scripts", [("letter1", "ja", True), ("letter2", "en", False)])
def test_the_password_of_the_letter_is_replaced(new_visit: Visit, letter: str, locale: str, scripts: bool) -> None:
    with new_visit(LOCALES[locale], java_script_enabled=scripts) as visitor:
        visitor.arrive()
        visitor.sign_in(visitor.members[letter], LETTER_PASSWORD)
        page = visitor.page
        new = page.locator("[autocomplete=new-password]")
        new.fill("hanako")
        visitor.send()
        assert page.locator(".error").count() >= 3 and new.input_value() == ""
        new.fill(PASSWORD)
        visitor.send()
        assert visitor.portal_says().startswith("Signed in: ")


def test_the_rules_tick_themselves_off_while_the_new_password_is_typed(new_visit: Visit) -> None:
    with new_visit() as visitor:
        states.first_password(visitor)
        page = visitor.page
        rules = page.locator(".rules [data-pattern]:not([data-alternative])")
        met = [texts.text("ja", "pw.rule.met"), texts.text("ja", "pw.rule.unmet")]

        def told() -> list[bool]:
            lines = rules.all_inner_texts()
            assert all(line.endswith(tuple(met)) for line in lines), lines
            return [line.endswith(met[0]) for line in lines]

        assert told() == [False, False, False, False]  # length, capital, small letter, digit
        page.type("[autocomplete=new-password]", "kawa")
        assert told() == [False, False, True, False]
        expect(page.locator("[role=status]")).to_contain_text(met[1])
        page.type("[autocomplete=new-password]", "7Sumire")
        assert told() == [True, True, True, True]
        expect(page.locator("[role=status]")).to_have_text(met[0])
        # long enough, a password needs no kinds of letters: nothing is said to be missing
        page.fill("[autocomplete=new-password]", "ほんじつはせいてんなり、なみたかし")
        assert not any(line.endswith(met[1]) for line in page.locator(".rules li").all_inner_texts())


def test_who_is_signed_in_chooses_to_go_on_or_to_be_somebody_else(new_visit: Visit) -> None:
    with new_visit() as visitor:
        states.choose(visitor)
        assert "はなこ さん" in visitor.words()
        visitor.send()
        assert visitor.portal_says().startswith("Signed in: ")
        visitor.arrive(prompt="select_account")
        visitor.page.click("button.link")
        visitor.sign_in(visitor.members["member"])
        assert visitor.portal_says().startswith("Signed in: ")


def test_a_third_party_gets_nothing_without_a_yes(new_visit: Visit) -> None:
    with new_visit() as visitor:
        states.consent(visitor)
        visitor.page.click("button.secondary")
        assert visitor.portal_says() == "Refused: access_denied"
        visitor.arrive("third", scope="openid email")
        assert "ポイント＆クーポン" in visitor.words()
        visitor.send()
        assert visitor.portal_says().startswith("Signed in: ")


def test_back_after_the_end_says_that_it_is_done_and_leads_on(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        visitor.sign_in(visitor.members["member"])
        visitor.portal_says()
        visitor.page.go_back()
        assert texts.text("ja", "common.done_already") in visitor.words()
        visitor.page.click("a.button")
        assert visitor.portal_says() == "Home"


def test_signing_out_ends_it(new_visit: Visit) -> None:
    with new_visit() as visitor:
        states.signed_out(visitor)
        assert visitor.page.text_content("h1") == texts.text("ja", "login.logout.title")
        visitor.arrive()
        assert visitor.page.locator("[autocomplete=current-password]").is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_asked_at_the_wish_of_a_portal_the_member_comes_back_to_it(new_visit: Visit, scripts: bool) -> None:
    with new_visit(java_script_enabled=scripts) as visitor:
        visitor.arrive()
        visitor.sign_in(visitor.members["member"])
        visitor.portal_says()
        own = visitor.party.clients["own"]
        asked = {"client_id": own["client_id"], "post_logout_redirect_uri": own["post_logout_redirect_uris"][0], "state": "s"}
        visitor.goto("/end-session?" + urlencode(asked))
        visitor.page.click(".language a")
        assert visitor.page.text_content("h1") == texts.text("en", "login.logout.ask")
        visitor.send()
        assert visitor.portal_says() == "Home" and visitor.page.url.endswith("/own/out?state=s")
        visitor.arrive()
        assert visitor.page.locator("[autocomplete=current-password]").is_visible()


def test_the_language_switch_keeps_what_was_begun(new_visit: Visit) -> None:
    with new_visit() as visitor:
        page = visitor.page
        visitor.arrive()
        visitor.sign_in("somebody", "")
        page.click(".language a")
        assert page.get_attribute("html", "lang") == "en" and page.title().startswith("Error: ")
        assert texts.text("en", "login.err.pw.empty") in visitor.words()
        assert page.input_value("[autocomplete~=username]") == "somebody"
        visitor.sign_in(visitor.members["member"])
        assert visitor.portal_says().startswith("Signed in: ")
        visitor.arrive(prompt="login")  # and the next visit remembers it
        assert page.get_attribute("html", "lang") == "en"
        page.click(".language a")
        assert page.get_attribute("html", "lang") == "ja"


@pytest.mark.parametrize("state", ["unknown_client", "not_found", "expired", "no_cookies", "first_password", "consent"])
def test_every_page_can_be_read_in_the_other_language(new_visit: Visit, state: str) -> None:
    with new_visit() as visitor:
        states.STATES[state](visitor)
        visitor.page.click(".language a")
        assert visitor.page.get_attribute("html", "lang") == "en"


def test_the_portals_wish_for_a_language_holds_to_the_end(new_visit: Visit) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        visitor.arrive(ui_locales="en", response_mode="form_post")
        visitor.sign_in(visitor.members["member"])
        assert visitor.page.text_content("h1") == texts.text("en", "form_post.title")


def test_without_scripts_errors_are_shown_and_what_was_typed_is_kept(new_visit: Visit) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        visitor.arrive()
        visitor.sign_in("somebody", "")
        page = visitor.page
        assert page.title().startswith("エラー：") and page.input_value("[autocomplete~=username]") == "somebody"
        assert not page.locator(".show").is_visible()  # it would do nothing
        page.click(".help summary")
        assert page.locator(".tel").is_visible() and page.get_attribute(".tel", "href") == "tel:0120000000"
        page.click(".error-summary a")
        assert page.evaluate("location.hash") == "#password"


def test_a_form_sent_twice_signs_in_once_and_harms_nothing(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        visitor.type_in(visitor.members["member"])
        visitor.page.dblclick("button.primary")
        assert visitor.portal_says().startswith("Signed in: ")
        assert sum(request.method == "POST" for request in visitor.seen) == 1
