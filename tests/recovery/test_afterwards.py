"""After a reset everything else is over, everybody is told, and the second factor still stands (requirements RC-10, RC-11)."""

import time

import pyotp
import pytest
import requests

from idp.domain.assurance import ACR_CODE
from idp.services import factors
from idp.tables import passkeys
from tests.recovery.person import CHANGED, NEW, SECOND, Person, errors, title
from tests.recovery.test_links import gone, issued
from tests.running import PASSWORD, Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.services import wait_until
from tests.settings.member import inside, rows


def reset(person: Person, count: int = 1) -> requests.Response:
    """Ask by the login ID, open the mail's link, which is the `count`-th mail, and set a new password."""
    person.ask_by_name()
    return person.set(person.browser.go(person.link(count)))


def test_sessions_tokens_browsers_and_other_links_are_dead_and_nobody_is_signed_in(idp: Idp, person: Person, portal: dict) -> None:
    person.join("--second-factor", "sms", mail=True)
    phone = Browser(idp)
    form = form_of(phone.sign_in(phone.authorize(portal, scope="openid"), person.name))
    code = answer_of(phone.submit(form, remember="yes", **{form.named("one-time-code"): person.code()}))["code"]
    token = exchange(idp, portal, code).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=20).status_code == 200
    other = issued(idp, person, "registration")  # whatever for
    person.ask("pw")
    mail = len(idp.wait_for_mails(person.mail, 2))  # the first told of the new browser
    page = person.browser.go(person.link(mail))
    assert SECOND in page.url
    page = person.send(page, action="choose", way=form_of(page).fields["way"])
    page = person.set(person.send(page, action="verify", code=person.code(2)))
    assert title(page) == "パスワードを再設定しました" and "idp-session" not in person.browser.cookies
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=20).status_code == 401
    assert answer_of(phone.authorize(portal, prompt="none"))["error"] == "login_required"
    assert rows(idp, "SELECT count(*) FROM trusted_browsers WHERE account_id = :a", a=person.subject) == [(0,)]
    assert rows(idp, "SELECT count(*) FROM links WHERE owner = :a", a=person.subject) == [(0,)] and other
    page = phone.sign_in(phone.authorize(portal), person.name, NEW)
    assert "one-time-code" in page.text, "the second factor still stands, and this browser skips it no more"
    told = [str(one["Subject"]) for one in idp.wait_for_mails(person.mail, mail + 1)]
    assert "【マイページ】パスワードが変更されました" in told
    wait_until(lambda: any("パスワードが変更されました" in one for one in idp.short_messages(person.number)))
    assert "方法：パスワードの再設定" in idp.mails(person.mail)[-1].get_content()


def test_asking_alone_changes_nothing(idp: Idp, person: Person) -> None:
    person.join()
    before = rows(idp, "SELECT epoch, password_hash, updated_at FROM accounts WHERE id = :a", a=person.subject)
    person.ask("pw")
    person.link()
    assert rows(idp, "SELECT epoch, password_hash, updated_at FROM accounts WHERE id = :a", a=person.subject) == before
    assert not errors(person.sign_in(PASSWORD))


def test_the_button_at_the_end_goes_on_to_the_portal_that_was_left(idp: Idp, person: Person, portal: dict) -> None:
    person.join()
    page = person.browser.authorize(portal)
    form = form_of(person.browser.go("/recovery?kind=pw&j=" + form_of(page).fields["j"]))
    page = person.send(person.browser.submit(form, by="login_id", login_id=person.name, dest="mail"))
    page = person.set(person.browser.go(person.link()))
    assert title(page) == "パスワードを再設定しました" and page.url.partition("?")[0].endswith(CHANGED)
    assert title(person.browser.go(page.url)) == "パスワードを再設定しました", "safe to load again"
    address = page.text.partition('class="button" href="')[2].partition('"')[0]
    answer = person.browser.sign_in(person.browser.go(address), person.name, NEW)
    assert answer_of(answer)["state"] == "state-1" and answer_of(answer)["code"]


def test_a_wait_after_wrong_passwords_ends_with_the_reset(idp: Idp, person: Person) -> None:
    person.join()
    for _ in range(5):
        person.sign_in("Wrong1wrong")
    assert "までログインできません" in errors(person.sign_in(PASSWORD))
    reset(person)
    assert not errors(person.sign_in(NEW))


def test_the_old_password_and_a_weak_one_are_refused_by_the_rules_of_the_policy(idp: Idp, person: Person) -> None:
    person.join()
    person.ask("pw")
    page = person.browser.go(person.link())
    for rule in ("8文字以上", "英大文字", "推測されやすい"):
        assert rule in page.text
    for password, said in ((PASSWORD, "現在と同じ"), ("kawa", "8文字以上"), (person.name.upper() + "a", "似たパスワード"), ("", "新しいパスワードを入力")):
        page = person.set(page, password)
        assert said in errors(page), password
    assert title(person.set(page)) == "パスワードを再設定しました"


def test_the_only_destination_holds_codes_back_for_portals_and_for_nothing_else(idp: Idp, person: Person, portal: dict) -> None:
    person.join("--second-factor", "email", phone=False)
    page = reset(person)
    assert "までは、認証コードが必要な" in page.text
    (held,) = rows(idp, "SELECT held_until FROM accounts WHERE id = :a", a=person.subject)
    assert 86_000 < held[0] - time.time() <= 86_400
    browser = Browser(idp)
    form = form_of(browser.sign_in(browser.authorize(portal), person.name, NEW))
    code = answer_of(browser.submit(form, **{form.named("one-time-code"): idp.wait_for_code(person.mail)}))["code"]
    claims = claims_of(exchange(idp, portal, code).json()["id_token"])
    assert claims["acr"] != ACR_CODE and "email" in claims["amr"], "the sign-in works, with its code"
    asked = Browser(idp)
    answer = asked.sign_in(asked.authorize(portal, acr_values=ACR_CODE, claims='{"id_token":{"acr":{"essential":true,"value":"%s"}}}' % ACR_CODE), person.name, NEW)
    assert answer_of(answer)["error"] == "unmet_authentication_requirements"


def test_no_hold_where_there_is_no_second_factor_or_another_proof(idp: Idp, person: Person) -> None:
    person.join()
    assert "までは、認証コード" not in reset(person).text
    assert rows(idp, "SELECT held_until FROM accounts WHERE id = :a", a=person.subject) == [(0,)]


def test_staff_prove_themselves_by_their_app(idp: Idp, person: Person) -> None:
    person.join("--role", "desk")
    secret = pyotp.random_base32(32)
    with inside(idp) as deps, deps.database.write() as connection:
        factors.set_app(connection, deps, person.subject, secret, 0)
    person.ask_by_name()
    page = person.browser.go(person.link())
    assert SECOND in page.url and "SMS（" not in page.text and "控えて" not in page.text
    page = person.send(page, action="choose", way="app")
    assert title(person.set(person.send(page, action="verify", code=pyotp.TOTP(secret).now()))) == "パスワードを再設定しました"


@pytest.mark.parametrize("state", ["letter", "none"])
def test_a_letter_password_or_none_is_replaced_too(idp: Idp, person: Person, state: str) -> None:
    person.join()
    rows(idp, "UPDATE accounts SET password_state = :s WHERE id = :a", s=state, a=person.subject)
    reset(person)
    assert "ログイン中です" in person.sign_in(NEW).text
    gone(idp, "x" * 43)


def test_passkeys_stay_and_are_listed_on_the_page_and_in_the_notice(idp: Idp, person: Person) -> None:
    person.join(mail=True)
    with inside(idp) as deps, deps.database.write() as connection:
        key = passkeys.Passkey(person.subject, person.subject, person.subject, "pQ", 0, "", True, True, "<b>知らない鍵", "windows.edge", deps.now())
        passkeys.add(connection, key)
    page = reset(person)
    assert "登録されているパスキー" in page.text and "&lt;b&gt;知らない鍵" in page.text and "/account/passkeys" in page.text
    told = idp.wait_for_mails(person.mail, 2)[-1].get_content()
    assert "登録されているパスキー：Windows・" in told and "知らない鍵" not in told, "whoever made it chose its name"
    assert rows(idp, "SELECT count(*) FROM passkeys WHERE account_id = :a", a=person.subject) == [(1,)]
