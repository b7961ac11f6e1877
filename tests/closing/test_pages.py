"""Closing one's account, and seeing what is kept, over HTTP, on both kinds of stores."""

import json
import re
from typing import Any

import requests

from tests.running import PASSWORD, Browser, Idp, answer_of, exchange, form_of
from tests.settings.member import Member, age, errors, rows, title

CLOSE, DATA, FILE = "/account/close", "/account/data", "/account/data.json"


def close(member: Member) -> requests.Response:
    return member.send(member.at(CLOSE), read="yes")


def test_a_member_closes_the_account(idp: Idp, portal: dict) -> None:
    member = Member(idp, "--email", "closing@home.example", "--phone", "090-1234-1111")
    answer = answer_of(member.browser.sign_in(member.browser.authorize(portal), member.name))
    token = exchange(idp, portal, answer["code"]).json()["access_token"]
    page = member.at(CLOSE)
    assert title(page) == "アカウントの削除" and "ご契約は解約されません" in page.text and f"ログインID：{member.name}" in page.text
    assert "チェックを入れてください" in errors(member.send(page)) and rows(idp, "SELECT status FROM accounts WHERE id = :a", a=member.subject) == [("active",)]
    page = close(member)
    assert title(page) == "アカウントの削除を受け付けました" and re.search(r"20\d\d年\d+月\d+日まで", page.text)
    assert title(member.browser.get(page.url)) == title(page), "it can be loaded again"
    assert title(Browser(idp).go(page.url.removeprefix(idp.issuer))) != title(page), "but not by others"
    ((status, erase_at, updated),) = rows(idp, "SELECT status, erase_at, updated_at FROM accounts WHERE id = :a", a=member.subject)
    assert (status, erase_at - updated) == ("closing", 14 * 86_400)
    (mail,) = idp.wait_for_mails("closing@home.example", 1)
    assert "アカウントの削除" in mail["Subject"] and "まで" in mail.get_content()
    assert "current-password" in member.browser.go("/account").text, "signed out"
    assert requests.get(f"{idp.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=9).status_code == 401
    again = Browser(idp)
    refused = again.sign_in(again.authorize(portal), member.name)
    assert "現在ご利用になれません" in refused.text
    wrong = Browser(idp)
    assert "現在ご利用になれません" not in wrong.sign_in(wrong.authorize(portal), member.name, "Wrong1wrong").text, "nor is it said to others"
    idp.within("account", "reopen", member.name)
    assert "code" in answer_of(again.sign_in(again.authorize(portal), member.name))


def test_without_a_fresh_proof_nothing_is_closed_and_nothing_shown(idp: Idp) -> None:
    member = Member(idp)
    page = member.at(CLOSE)
    age(idp, member.browser, 600)
    late = member.send(page, read="yes")
    assert "current-password" in late.text
    for path in (DATA, FILE, CLOSE):
        assert "current-password" in member.browser.go(path).text
        assert "current-password" in Browser(idp).go(path).text
    assert rows(idp, "SELECT status FROM accounts WHERE id = :a", a=member.subject) == [("active",)]


def test_a_member_sees_what_is_kept_and_takes_it_along(idp: Idp, portal: dict, tmp_path: Any) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text('{"name": "山田 花子", "birthdate": "1958-04-01"}')
    member = Member(idp, "--phone", "090-1234-2222", "--contractor-id", "7654321", "--profile", str(profile))
    answer_of(member.browser.sign_in(member.browser.authorize(portal), member.name))
    page = member.at(DATA)
    for word in (member.name, "はなこ", "090-1234-2222", "7654321", "山田 花子", "1958年4月1日", portal["client_name"]):
        assert word in page.text, word
    answer = member.browser.go(FILE)
    assert answer.headers["Content-Type"] == "application/json" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="account.json"'
    held = answer.json()
    assert held["account"]["id"] == member.subject and held["account"]["profile"]["name"] == "山田 花子"
    assert held["destinations"] == [
        {"kind": "sms", "address": "+819012342222", "verified_at": held["account"]["created_at"], "usual": False, "created_at": held["account"]["created_at"]}
    ]
    assert portal["client_id"] in {one["client_id"] for one in held["session_clients"]} and len(held["sessions"]) == 1
    assert "sign_in" in {one["event"] for one in held["audit"]} and re.fullmatch(r"20\d\d-.*Z", held["made_at"])
    secrets = rows(idp, "SELECT password_hash FROM accounts WHERE id = :a", a=member.subject)
    text = json.dumps(held)
    assert not [word for word in (PASSWORD, secrets[0][0], "argon2", "_hash", "sealed", "secret") if word in text]


def test_it_is_only_ones_own(idp: Idp) -> None:
    other, member = Member(idp, "--phone", "090-1234-3333"), Member(idp)
    assert "090-1234-3333" in other.at(DATA).text
    member.at(DATA)
    assert "+819012343333" not in member.browser.go(FILE).text and other.name not in member.browser.go(FILE).text


def test_forms_that_are_none_close_nothing(idp: Idp) -> None:
    member = Member(idp)
    form = form_of(member.at(CLOSE))
    assert member.browser.submit(form, read="yes", csrf="x").status_code == 403
    assert member.browser.submit(form, read="y" * 99).status_code == 400
    assert rows(idp, "SELECT status FROM accounts WHERE id = :a", a=member.subject) == [("active",)]
