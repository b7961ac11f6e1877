"""The overview and the history of what has happened."""

import re

from tests.running import Browser, Idp, answer_of
from tests.settings.member import Member, rows, title

HISTORY = "/account/history"


def test_the_overview_says_what_is_set_and_what_happened(idp: Idp, portal: dict) -> None:
    member = Member(idp)
    browser = Browser(idp)
    browser.sign_in(browser.authorize(portal), member.name, "Wrong1wrong")
    page = member.at("/account")
    assert title(page) == "登録内容の確認と変更" and member.name in page.text and "現在の設定：無効" in page.text
    assert "ログインしました" in page.text and "パスワードがちがいました" in page.text and portal["client_name"] in page.text
    assert "current-password" in Browser(idp).go("/account").text


def test_many_rows_are_read_in_pages(idp: Idp, portal: dict) -> None:
    member = Member(idp)
    answer_of(member.browser.sign_in(member.browser.authorize(portal), member.name))
    row = "(:at, 'sign_in', 'wrong', :a, NULL, '192.0.2.1', '{}')"
    at = rows(idp, "SELECT MAX(at) FROM audit")[0][0]
    for start in range(0, 100, 25):
        values = ", ".join(row.replace(":at", str(at - start - n)) for n in range(25))
        rows(idp, f"INSERT INTO audit (at, event, result, account_id, client_id, address, detail) VALUES {values}", a=member.subject)
    page, seen = member.browser.go(HISTORY), 0
    while True:
        found = page.text.count("パスワードがちがいました")
        assert found <= 20
        seen += found
        if not (older := re.search(r'href="(/account/history\?before=[0-9]+)"', page.text)):
            break
        page = member.browser.go(older[1])
    assert seen == 100


def test_a_page_number_that_is_none_shows_the_first_page(idp: Idp) -> None:
    member = Member(idp)
    member.at(HISTORY)
    for odd in ("x", "-1", "9" * 30, "１", "0"):
        assert member.browser.go(f"{HISTORY}?before={odd}").status_code == 200


def test_nobody_sees_the_history_of_another(idp: Idp) -> None:
    other, member = Member(idp), Member(idp)
    other.at(HISTORY)
    rows(idp, "UPDATE audit SET address = '198.51.100.77' WHERE account_id = :a", a=other.subject)
    assert "198.51.100.77" in other.at(HISTORY).text and "198.51.100.77" not in member.at(HISTORY).text
