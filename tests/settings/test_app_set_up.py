"""Setting up an authenticator app and printed codes: shown once, one winner, replaced, removed (MF-09, MF-12)."""

import pyotp
import pytest
import requests

from tests.journeys.test_codes_under_attack import together, twin
from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.settings.member import APP, CODES, STATUS, Member, errors, next_code, printed, rows, title


@pytest.fixture
def taro(idp: Idp) -> Member:
    """A member with no second factor."""
    return Member(idp)


def code_page(idp: Idp, portal: dict, member: Member, **asked: str) -> tuple[Browser, requests.Response]:
    """A new browser before the code page of a sign-in."""
    browser = Browser(idp)
    return browser, browser.sign_in(browser.authorize(portal, **asked), member.name)


def test_the_app_is_proven_by_its_digits_and_asked_for_from_then_on(idp: Idp, portal: dict, taro: Member) -> None:
    page, secret = taro.app(taro.at(APP))
    assert "<svg" in page.text and len(secret) == 32
    wrong = f"{(int(pyotp.TOTP(secret).now()) + 1) % 1000000:06}"
    page = taro.send(page, code=wrong)
    assert "数字が違います" in errors(page)
    code = pyotp.TOTP(secret).now()
    page = taro.send(page, code=code)
    assert title(page) == "控えのコード" and len(set(printed(page))) == 10
    assert page.headers["Cache-Control"] == "no-store" and secret not in page.text
    assert "設定済み" in taro.at(STATUS).text and "残り10個" in taro.at(STATUS).text
    browser, page = code_page(idp, portal, taro)
    assert "認証コードが違います" in errors(browser.submit(form_of(page), code=code)), "the digits that proved the app are used"
    answer = answer_of(browser.submit(form_of(page), code=next_code(secret)))
    claims = claims_of(exchange(idp, portal, answer["code"]).json()["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:x-idp:acr:3", ["pwd", "otp"])


def test_what_is_shown_once_is_not_shown_again(taro: Member) -> None:
    page, secret = taro.app(taro.at(APP))
    form = form_of(page)
    codes = printed(taro.browser.submit(form, code=pyotp.TOTP(secret).now()))
    again = taro.browser.submit(form, code=pyotp.TOTP(secret).now())
    assert "もう一度は開けません" in again.text and printed(again) == []
    shown = taro.at(f"{APP}/scan")
    assert secret not in shown.text and not any(code in shown.text for code in codes)


def test_two_tabs_do_not_mix_secrets(taro: Member) -> None:
    first, secret = taro.app(taro.at(APP))
    taro.app(taro.at(APP))
    answer = taro.send(first, code=pyotp.TOTP(secret).now())
    assert printed(answer) == [] and "設定していません" in taro.at(STATUS).text


def test_of_sixteen_submissions_of_one_code_one_sets_the_app(idp: Idp, taro: Member) -> None:
    page, secret = taro.app(taro.at(APP))
    form, code = form_of(page), pyotp.TOTP(secret).now()
    found = together([lambda one=twin(taro.browser): one.submit(form, code=code) for _ in range(16)])
    assert sum(bool(printed(one)) for one in found) == 1
    assert all(one.status_code < 500 for one in found)
    assert rows(idp, "SELECT COUNT(*) FROM recovery_codes WHERE account_id = :a", a=taro.subject) == [(10,)]
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=taro.subject) == [(1,)]


def test_new_codes_end_the_old_ones_and_sending_the_page_again_makes_no_more(idp: Idp, taro: Member) -> None:
    first = printed(taro.set_app(taro.at(APP))[0])
    page = taro.at(CODES)
    assert "残り10個" in page.text
    form = form_of(page)
    made = together([lambda one=twin(taro.browser): one.submit(form) for _ in range(16)])
    assert sum(bool(printed(one)) for one in made) == 1 and all(one.status_code < 500 for one in made)
    codes = next(found for one in made if (found := printed(one)))
    assert not set(codes) & set(first)
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=taro.subject) == [(2,)]


def test_the_last_app_takes_the_second_factor_with_it(idp: Idp, portal: dict, taro: Member) -> None:
    taro.set_app(taro.at(APP))
    page = taro.at(f"{APP}/remove")
    assert "2要素認証も無効になります" in page.text
    assert title(taro.send(page)) == "2要素認証を無効にしました"
    assert answer_of(code_page(idp, portal, taro)[1])["code"]
    assert rows(idp, "SELECT 1 FROM recovery_codes WHERE account_id = :a", a=taro.subject) == []


def test_beside_a_destination_the_app_goes_alone(idp: Idp, taro: Member) -> None:
    taro.switch_on()
    taro.set_app(taro.at(APP))
    page = taro.send(taro.at(f"{APP}/remove"))
    assert title(page) == "認証アプリの設定を削除しました"
    shown = taro.at(STATUS).text
    assert "現在の設定：有効" in shown and "設定していません" in shown and "残り10個" in shown
    told = [mail.get_content() for mail in idp.wait_for_mails(taro.mail, 4)]
    assert any("認証アプリを設定しました" in one for one in told) and any("認証アプリの設定を削除しました" in one for one in told)


@pytest.mark.parametrize("typed, said", [("", "入力してください"), ("12", "数字6桁"), ("<b>１２３", "数字6桁"), ("\u202e123456\u2066x", "数字6桁"), ("1" * 900, "数字6桁")])
def test_what_cannot_be_digits_is_told(taro: Member, typed: str, said: str) -> None:
    page, _ = taro.app(taro.at(APP))
    page = taro.send(page, code=typed)
    assert said in errors(page) and "<b>１" not in page.text
