"""The language of pages and letters."""

import pytest

from tests.running import Browser, Idp, form_of
from tests.settings.member import Member, rows, title

LANGUAGE = "/account/language"
LOCALE = "SELECT locale FROM accounts WHERE id = :a"


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member, signed in."""
    member = Member(idp)
    member.at("/account")
    return member


def test_pages_and_letters_follow_and_portals_are_told(idp: Idp, hanako: Member) -> None:
    page = hanako.at(LANGUAGE)
    assert title(page) == "言語の変更" and form_of(page).fields["language"] == "ja"
    page = hanako.send(page, language="en")
    assert title(page) == "My account" and "The language has been changed" in page.text and "<dd>English" in page.text
    assert rows(idp, LOCALE, a=hanako.subject) == [("en",)]
    assert title(hanako.browser.go("/account/nickname")) == "Change nickname"
    hanako.switch_on()
    assert "Two-factor settings changed" in idp.wait_for_mails(hanako.mail, 2)[1]["Subject"]
    page = hanako.send(hanako.at(LANGUAGE), language="ja")
    assert title(page) == "登録内容の確認と変更" and rows(idp, LOCALE, a=hanako.subject) == [("ja",)]
    assert hanako.at("/account/history").text.count("<strong>言語を変更しました") == 2


def test_the_same_again_is_not_put_on_record(idp: Idp, hanako: Member) -> None:
    assert "言語を変更しました" in hanako.send(hanako.at(LANGUAGE), language="ja").text
    assert not [row for row in idp.audit("language_changed") if row["account_id"] == hanako.subject]


@pytest.mark.parametrize("language", ["", "de", "EN", "en-GB", "ja\u0000"])
def test_a_language_that_we_do_not_speak_is_refused(idp: Idp, hanako: Member, language: str) -> None:
    assert hanako.send(hanako.at(LANGUAGE), language=language).status_code == 400
    assert rows(idp, LOCALE, a=hanako.subject) == [("ja",)]


def test_another_browser_shows_what_it_is_set_to(idp: Idp, hanako: Member) -> None:
    hanako.send(hanako.at(LANGUAGE), language="en")
    other = Browser(idp, **{"Accept-Language": "ja"})
    page = other.sign_in(other.go(LANGUAGE), hanako.name)
    assert title(page) == "言語の変更" and form_of(page).fields["language"] == "en"
