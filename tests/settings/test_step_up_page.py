"""The page that asks a member for a fresh proof: it says what for, and leads back (flows.md M0)."""

import re

from tests.running import Browser, Idp, form_of
from tests.settings.member import Member, age

WORDS = {
    "/account/app": "認証アプリの設定",
    "/account/close": "アカウントの削除",
    "/account/data": "保存しているお客様の情報の表示",
    "/account/email-sign-in/address": "メールアドレスでログインする設定",
    "/account/login-id": "ログインIDの変更",
    "/account/passkeys/add": "パスキーの設定",
    "/account/recovery-codes": "控えのコードの作成",
    "/account/second-factor/edit": "2要素認証の設定",
    "/account/second-factor/off": "2要素認証の設定",
}
BACK = '<nav class="back"><a href="/account">'


def test_the_page_names_the_act_and_leads_back_or_to_a_new_password(idp: Idp) -> None:
    hanako = Member(idp)
    hanako.at("/account")
    age(idp, hanako.browser, 400)
    for path, words in WORDS.items():
        page = hanako.browser.go(path)
        assert "current-password" in page.text and f"「{words}」の前に" in page.text, path
        assert BACK in page.text, path
    assert "Delete account" in hanako.browser.go("/account/close?lang=en").text
    page = hanako.browser.go("/account/close?lang=ja")
    (forgotten,) = re.findall(r'href="(/recovery\?kind=pw[^"]+)"', page.text)
    assert "再設定" in hanako.browser.go(forgotten.replace("&amp;", "&")).text
    assert "登録内容の" in hanako.browser.go("/account").text, "who goes back is still signed in"


def test_a_code_that_is_asked_for_leads_back_too_and_offers_nobody_else_the_session(idp: Idp) -> None:
    hanako = Member(idp)
    hanako.switch_on()
    hanako.browser = Browser(idp)
    form = form_of(hanako.at("/account"))
    hanako.browser.submit(form, remember="yes", **{form.named("one-time-code"): idp.wait_for_code(hanako.mail, 2)})
    del hanako.browser.cookies["idp-session"]
    assert "登録内容の" in hanako.at("/account").text, "the browser is remembered"
    for path in ("/account/password", "/account/close"):
        page = hanako.browser.go(path)
        words = "パスワードの変更" if path == "/account/password" else "アカウントの削除"
        assert "認証コードを送ります" in page.text and f"「{words}」の前に" in page.text
        assert BACK in page.text and "別のIDでログインする" not in page.text
