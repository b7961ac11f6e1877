"""Changing the password (flows.md 2.9, requirement PW-07)."""

from dataclasses import replace
from pathlib import Path

import pytest
import requests

from idp.domain.account import Account
from idp.domain.device import Caller
from idp.domain.policy import Argon2Cost
from idp.features.account import flow
from idp.services import new_passwords
from idp.services.passwords import Hasher
from idp.tables.database import Database
from tests.accounts.printed import member
from tests.courier.house import Clock, house
from tests.running import PASSWORD, Browser, Idp, answer_of, exchange, form_of, new_name
from tests.services import race
from tests.settings.member import Member, errors, rows, title

PATH = "/account/password"
NEW = "Kaze8Midori"


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member with a proven address, signed in, without a second factor."""
    name = new_name()
    member = Member(idp, "--email", f"{name}@home.example")
    member.address = f"{name}@home.example"  # type: ignore[attr-defined]
    member.at("/account")
    return member


def change(member: Member, current: str = PASSWORD, new: str = NEW) -> requests.Response:
    """Fill in the form."""
    return member.send(member.browser.go(PATH), current_password=current, new_password=new)


def test_a_new_password_ends_everything_else_and_is_told(idp: Idp, portal: dict, hanako: Member) -> None:
    other = Browser(idp)
    tokens = exchange(idp, portal, answer_of(other.sign_in(other.authorize(portal), hanako.name))["code"]).json()
    page = change(hanako)
    assert page.url.startswith(f"{idp.issuer}/account?n=") and "パスワードを変更しました" in page.text
    assert "パスワードを変更しました" in hanako.browser.go("/account/history").text  # this browser is still signed in
    assert "current-password" in other.go("/account").text
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=10).status_code == 401
    again = Browser(idp)
    assert errors(again.sign_in(again.authorize(portal), hanako.name))
    assert answer_of(again.sign_in(again.authorize(portal), hanako.name, NEW))["code"]
    mail = idp.wait_for_mails(hanako.address, 1)[0]  # type: ignore[attr-defined]
    assert "パスワードが変更されました" in mail["Subject"]
    assert "会員ページでの変更" in mail.get_content() and "http" not in mail.get_content()


@pytest.mark.parametrize("new, said", [("short", "8文字以上"), (PASSWORD, "現在と同じ"), ("Password1", "推測されやすい")])
def test_a_password_that_will_not_do_is_refused_in_words(hanako: Member, new: str, said: str) -> None:
    page = change(hanako, new=new)
    assert said in errors(page) and new not in page.text


def test_of_an_empty_new_password_one_thing_is_said(hanako: Member) -> None:
    page = change(hanako, new="")
    assert errors(page).count("ください") == 1 and "新しいパスワードを入力してください" in errors(page)


def test_wrong_ones_count_as_failed_sign_ins(idp: Idp, portal: dict, hanako: Member) -> None:
    for _ in range(4):
        assert "現在のパスワードが違います" in errors(change(hanako, current="Wrong1wrong"))
    assert "までログインできません" in errors(change(hanako, current="Wrong1wrong"))
    assert "までログインできません" in errors(change(hanako))
    browser = Browser(idp)
    assert "までログインできません" in browser.sign_in(browser.authorize(portal), hanako.name).text


def test_whoever_hammers_the_name_from_outside_keeps_no_member_from_changing_the_password(idp: Idp, portal: dict, hanako: Member) -> None:
    outsider = Browser(idp)
    page = outsider.authorize(portal)
    for _ in range(5):
        page = outsider.sign_in(page, hanako.name, "Wrong1wrong")
    assert "までログインできません" in page.text
    assert "現在のパスワードが違います" in errors(change(hanako, current="Wrong1wrong"))
    assert "パスワードを変更しました" in change(hanako).text
    assert "code" in answer_of(outsider.sign_in(page, hanako.name, NEW))


def test_who_has_a_second_factor_proves_it_first(idp: Idp, hanako: Member) -> None:
    hanako.switch_on()
    other = Browser(idp)
    page = other.sign_in(other.go(PATH), hanako.name)
    assert "one-time-code" in page.text and title(page) == "認証コードの入力"
    assert title(other.go(PATH)) == "ログイン"


def test_of_sixteen_at_once_one_changes_it(idp: Idp, hanako: Member) -> None:
    form = form_of(hanako.browser.go(PATH))
    cookies = dict(hanako.browser.cookies)

    def send() -> bool:
        browser = Browser(idp)
        browser.cookies.update(cookies)
        page = browser.submit(form, current_password=PASSWORD, new_password=NEW)
        return page.status_code == 200 and "パスワードを変更しました" in page.text

    assert race(16, send).count(True) <= 1
    changes = "SELECT COUNT(*) FROM audit WHERE event = 'password_changed' AND account_id = :a"
    assert rows(idp, changes, a=hanako.subject) == [(1,)]


def test_a_reset_ends_the_waits_of_this_page_too(database: Database, tmp_path: Path) -> None:
    deps = house(database, tmp_path, Clock())
    hasher, who = Hasher(Argon2Cost(memory_kib=64, time_cost=1), deps.vault, slots=1, waiting=8), Caller("192.0.2.1", "")
    account = member(deps, "hanako", password_hash=hasher.hash(PASSWORD))
    for _ in range(5):
        wrong = flow.change_password(deps, hasher, account, "Wrong1wrong", NEW, NEW, who).wrong
    assert wrong[0][1] == "login.err.locked" and flow.change_password(deps, hasher, account, PASSWORD, NEW, NEW, who).account is None
    reset = new_passwords.replace(deps, hasher, account, NEW, who, "reset")
    assert reset and flow.change_password(deps, hasher, reset, NEW, PASSWORD, PASSWORD, who).account


@pytest.mark.parametrize("typed", ["Satsuki1958", "Yamada12345", "satsukiyamada", "YamadaSatsuki1", "やまだ さつき"])
def test_names_of_the_profile_are_words_of_the_person(database: Database, tmp_path: Path, typed: str) -> None:
    deps = house(database, tmp_path, Clock())
    hasher = Hasher(Argon2Cost(memory_kib=64, time_cost=1), deps.vault, slots=1, waiting=8)
    for names in ({"name": "ヤマダ　サツキ"}, {"family_name": "Yamada", "given_name": "さつき", "name": "山田 五月"}):
        account = Account("s1", "m0001", "m0001", "はな", profile=names)
        assert "password.personal" in new_passwords.verdicts_for(deps, hasher, account, typed, typed), (names, typed)
    assert "password.personal" not in new_passwords.verdicts_for(deps, hasher, replace(account, profile={}), typed, typed)
