"""Portals link to any page of the account by `?client_id=…`, and its pages link back to what the portal registered."""

import pytest

from tests import services
from tests.running import PASSWORD, Browser, Idp, form_of
from tests.settings.member import Member, age, title

HOME = "https://portal.example/mine"
PAGES = ("/account", "/account/history", "/account/password", "/account/login-id", "/account/nickname", "/account/card", "/account/second-factor",
         "/account/second-factor/edit", "/account/app", "/account/devices", "/account/email-sign-in", "/account/email-sign-in/address",
         "/account/consents", "/account/agreements", "/account/language")  # fmt: skip


@pytest.fixture(scope="session")
def linked(idp: Idp) -> str:
    """The client_id of a portal with a page."""
    return str(idp.client(client_name="My & ポータル", client_uri=HOME)["client_id"])


def back(text: str) -> int:
    """How many links lead to the portal."""
    return text.count(f'href="{HOME}"')


@pytest.mark.parametrize("path", PAGES)
def test_it_leads_to_the_page_over_the_sign_in_and_the_page_leads_back(idp: Idp, linked: str, path: str) -> None:
    member, browser = Member(idp), Browser(idp)
    page = browser.go(f"{path}?client_id={linked}")
    assert "current-password" in page.text and back(page.text) == 0
    page = browser.sign_in(page, member.name)
    assert page.url == idp.issuer + path and "My &amp; ポータルに戻る" in page.text
    assert back(page.text) == (2 if path == "/account" else 1)
    assert back(browser.go("/account/nickname").text) == 1, "it is remembered"


def test_it_survives_a_fresh_proof_and_a_change_that_ends_sessions(idp: Idp, linked: str) -> None:
    member = Member(idp)
    member.at("/account")
    age(idp, member.browser, 301)
    page = member.browser.go(f"/account/login-id?client_id={linked}")
    assert "current-password" in page.text
    page = member.browser.sign_in(page, member.name)
    assert title(page) == "ログインIDの変更" and back(page.text) == 1
    page = member.send(member.browser.go("/account/password"), current_password=PASSWORD, new_password="Kaze8Midori")
    assert "パスワードを変更しました" in page.text and back(page.text) == 2


def test_the_last_portal_counts_and_signing_out_forgets_it(idp: Idp, linked: str) -> None:
    other = idp.client(client_name="ほかのポータル", client_uri="https://other.example/")["client_id"]
    member = Member(idp)
    member.at(f"/account?client_id={linked}")
    page = member.browser.go(f"/account/nickname?client_id={other}")
    assert back(page.text) == 0 and 'href="https://other.example/"' in page.text
    member.browser.submit(form_of(member.browser.go("/")))
    assert "other.example" not in member.at("/account").text


def test_unknown_odd_and_homeless_clients_are_ignored(idp: Idp, portal: dict) -> None:
    member = Member(idp)
    member.at("/account")
    for odd in (portal["client_id"], "nobody", "", "https%3A%2F%2Fevil.example%2F", "%22%3E%3Cb%3E", "x" * 3_000, "%E3%81%82"):
        page = member.browser.go(f"/account/nickname?client_id={odd}")
        assert page.status_code == 200 and title(page) == "ニックネームの変更" and "に戻る" not in page.text, odd
        assert 'href="https://evil' not in page.text and "<b>" not in page.text


def test_what_was_remembered_stays_where_the_next_name_is_unknown(idp: Idp, linked: str) -> None:
    member = Member(idp)
    member.at(f"/account?client_id={linked}")
    assert back(member.browser.go("/account/nickname?client_id=nobody&return=https://evil.example/").text) == 1


def test_a_portal_that_is_removed_is_not_linked_any_more(idp: Idp) -> None:
    gone = idp.client(client_name="きえるポータル", client_uri=HOME)["client_id"]
    member = Member(idp)
    assert back(member.at(f"/account?client_id={gone}").text) == 2
    idp.within("client", "remove", gone)
    services.wait_until(lambda: back(member.browser.go("/account").text) == 0)  # workers see it within a second or so
    assert title(member.browser.go("/account")) == "登録内容の確認と変更"


def test_another_browser_of_the_member_knows_nothing_of_it(idp: Idp, linked: str) -> None:
    member = Member(idp)
    member.at(f"/account?client_id={linked}")
    other = Browser(idp)
    assert back(other.sign_in(other.go("/account"), member.name).text) == 0
