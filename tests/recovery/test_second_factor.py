"""A reset is no way round the second factor: another proof than the destination it came by (flows.md P4, requirement RC-10)."""

import re

import pyotp
import pytest
import requests

from idp.features.reset import second
from idp.services import drafts, factors
from tests.recovery.person import NEW, PASSWORD, SECOND, Person, errors, title
from tests.running import Browser, Idp, form_of
from tests.settings.member import inside, resent, rows


@pytest.fixture
def hanako(person: Person) -> Person:
    """A member with both destinations and the second factor."""
    return person.join("--second-factor", "email")


def by_mail(person: Person, count: int = 1) -> requests.Response:
    """Open the link of the mail."""
    person.ask("pw")
    return person.browser.go(person.link(count))


@pytest.mark.parametrize("usual", ["email", "sms"])
def test_whoever_holds_only_the_mailbox_comes_no_further(idp: Idp, person: Person, usual: str) -> None:
    """Any proven destination could receive the code of a sign-in, so the usual one alone does not decide."""
    person.join("--second-factor", usual)
    page = by_mail(person)
    assert title(page) == "ご本人の確認" and "SMS（" in page.text and "****@" not in page.text
    j = "?" + page.url.partition("?")[2]
    assert SECOND in person.browser.go(PASSWORD + j).url
    form = form_of(page)
    form.action = idp.issuer + PASSWORD
    assert SECOND in person.browser.submit(form, new_password=NEW).url
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=person.subject) == [(0,)]


def test_a_code_by_the_other_destination_opens_the_way(idp: Idp, hanako: Person) -> None:
    page = by_mail(hanako)
    assert "選んでください" in errors(hanako.send(page, action="choose", way="nobody's"))
    page = hanako.send(page, action="choose", way=form_of(page).fields["way"])
    assert "SMSで認証コードを送りました" in page.text
    code = hanako.code()
    wrong = "000000" if code != "000000" else "000001"
    for typed, said in (("", "入力してください"), ("12", "数字6桁"), (wrong, "違います")):
        page = hanako.send(page, action="verify", code=typed)
        assert said in errors(page)
    assert "もう一度送れます" in errors(hanako.send(page, action="send"))
    page = hanako.send(page, action="verify", code=code)
    assert title(page) == "新しいパスワードの設定"
    assert title(hanako.set(page)) == "パスワードを再設定しました"
    assert rows(idp, "SELECT held_until FROM accounts WHERE id = :a", a=hanako.subject) == [(0,)]


def test_a_code_sent_again_is_told(idp: Idp, hanako: Person) -> None:
    page = by_mail(hanako)
    page = hanako.send(page, action="choose", way=form_of(page).fields["way"])
    with inside(idp) as deps:
        owner = form_of(page).fields["j"]
        draft = drafts.get(deps, second.DRAFT, owner)
        assert draft
        drafts.put(deps, second.DRAFT, owner, {**draft, "sent": [{**one, "at": one["at"] - 100} for one in draft["sent"]]})
    again = hanako.send(page, action="send")
    assert resent(again) and not errors(again) and not resent(page)
    assert not resent(hanako.send(again, action="send")) and hanako.code(2)


def test_a_reset_by_sms_asks_for_the_mail(idp: Idp, hanako: Person) -> None:
    page = hanako.type_code(hanako.ask("pw", "sms"))
    assert title(page) == "ご本人の確認" and "メール（" in page.text and "SMS（" not in page.text
    page = hanako.send(page, action="choose", way=form_of(page).fields["way"])
    page = hanako.send(page, action="verify", code=idp.wait_for_code(hanako.mail))
    assert title(hanako.set(page)) == "パスワードを再設定しました"


def test_an_app_or_a_printed_code_will_do(idp: Idp, hanako: Person) -> None:
    secret = pyotp.random_base32(32)
    with inside(idp) as deps, deps.database.write() as connection:
        factors.set_app(connection, deps, hanako.subject, secret, 0)
        printed = factors.new_codes(connection, deps, hanako.subject)
    page = by_mail(hanako)
    sms = re.findall(r'name="way" value="([a-z0-9]{26})"', page.text)[0]
    page = hanako.send(hanako.send(page, action="choose", way=sms), action="other")
    assert form_of(page).fields["way"] not in ("", sms), "the one that was given up is not proposed"
    page = hanako.send(page, action="choose", way="printed")
    assert "16文字" in errors(hanako.send(page, action="verify", code="12"))
    page = hanako.send(hanako.send(page, action="other"), action="choose", way="app")
    assert title(hanako.send(page, action="verify", code=pyotp.TOTP(secret).now())) == "新しいパスワードの設定"
    other = Person(idp, hanako.contract)
    other.mail, other.name = hanako.mail, hanako.name
    page = other.browser.go(hanako.link())
    assert title(page) == "ご本人の確認", "what one journey has proven counts in no other"
    page = other.send(page, action="choose", way="printed")
    page = other.send(page, action="verify", code=printed[0])
    assert title(other.set(page)) == "パスワードを再設定しました"


def test_wrong_codes_count_with_those_of_a_sign_in(idp: Idp, hanako: Person, portal: dict) -> None:
    page = by_mail(hanako)
    page = hanako.send(page, action="choose", way=form_of(page).fields["way"])
    code = hanako.code()
    for n in range(5):
        page = hanako.send(page, action="verify", code=f"{(int(code) + n + 1) % 10**6:06}")
    assert "まで入力できません" in errors(page)
    assert "まで入力できません" in errors(hanako.send(page, action="verify", code=code))
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako.name)
    assert "まで入力できません" in errors(browser.submit(form_of(page), code="123456"))


def test_where_the_second_factor_is_off_nothing_more_is_asked(idp: Idp, person: Person) -> None:
    person.join()
    assert title(by_mail(person)) == "新しいパスワードの設定"
