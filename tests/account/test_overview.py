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


def test_each_thing_says_whether_it_is_set_and_leads_to_its_page(idp: Idp) -> None:
    member = Member(idp)
    page = member.at("/account")
    said = re.sub(r"<[^>]+>|\s+", "", page.text)
    for thing in ("ログイン現在の設定：利用していません", "現在の設定：無効", "認証アプリ設定していません", "控えのコードありません", "端末ありません", "サービスありません"):
        assert thing in said, thing
    for path in set(re.findall(r'href="(/account/[^"?]+)"', page.text)):
        assert member.browser.go(path).url == idp.issuer + path, path
    member.switch_on()
    member.send(member.browser.go("/account/recovery-codes"))
    rows(idp, "UPDATE accounts SET email_login = :m, email_login_key = :m WHERE id = :a", m=member.mail, a=member.subject)
    page = member.browser.go("/account")
    assert f"{member.mail[0]}****" in page.text and member.mail not in page.text and "現在の設定：有効" in page.text and "残り10個" in page.text
    assert 'href="/account/recovery-codes"' in page.text


def test_many_rows_are_read_in_pages(idp: Idp, portal: dict) -> None:
    member = Member(idp)
    answer_of(member.browser.sign_in(member.browser.authorize(portal), member.name))
    row = "(:at, 'sign_in', 'wrong', :a, NULL, '192.0.2.1', '{}')"
    at = rows(idp, "SELECT MAX(at) FROM audit")[0][0]
    for start in range(0, 100, 25):
        values = ", ".join(row.replace(":at", str(at - start - n)) for n in range(25))
        rows(idp, f"INSERT INTO audit (at, event, result, account_id, client_id, address, detail) VALUES {values}", a=member.subject)
    page, seen = member.browser.go(HISTORY), 0
    assert 0 < page.text.index('href="/account/not-me"') < page.text.index("パスワードがちがいました"), "right below what speaks of it"
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
