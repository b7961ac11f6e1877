"""A session that is older than a fresh proof may look and prove, and changes nothing (requirement MF-07)."""

import pytest

from tests.running import Idp, form_of
from tests.settings.member import APP, CODES, EDIT, OFF, STATUS, VERIFY, Member, age, rows, title


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member who gets codes by mail."""
    member = Member(idp)
    member.switch_on()
    return member


def test_an_old_session_changes_nothing(idp: Idp, hanako: Member) -> None:
    form = form_of(hanako.at(EDIT))
    age(idp, hanako.browser, 301)
    assert "現在の設定：有効" in hanako.browser.go(STATUS).text
    for path in (EDIT, OFF, APP, CODES):
        page = hanako.browser.go(path)
        assert "current-password" in page.text and "ご本人の確認" in title(page), path
    form.fields |= {"state": "off", "consent": "yes"}
    assert "current-password" in hanako.browser.submit(form).text
    for path in (OFF, APP, CODES, f"{APP}/remove"):
        form.action = idp.issuer + path
        assert "current-password" in hanako.browser.submit(form, once="x" * 26).text, path
    assert rows(idp, "SELECT epoch, second_factor FROM accounts WHERE id = :a", a=hanako.subject) == [(1, 1)]


def test_who_is_asked_again_comes_back_to_the_page(idp: Idp, hanako: Member) -> None:
    age(idp, hanako.browser, 301)
    page = hanako.at(EDIT)
    assert "2要素認証の設定" in hanako.browser.go(EDIT).text
    assert title(hanako.pass_code(page, hanako.mail, 2)) == "2要素認証の設定"


def test_a_slow_mail_costs_no_code_only_a_fresh_proof_before_saving(idp: Idp, hanako: Member) -> None:
    page = hanako.send(hanako.at(EDIT), email=hanako.mail, phone=hanako.number.replace("+81", "0"), usual="sms")
    page = hanako.send(hanako.prove(page, "email", hanako.mail, 2), action="send_sms")
    age(idp, hanako.browser, 301)
    page = hanako.send(page, action="save", code_sms=idp.wait_for_code(hanako.number))
    assert "current-password" in page.text
    assert rows(idp, "SELECT kind FROM destinations WHERE account_id = :a", a=hanako.subject) == [("email",)]
    page = hanako.pass_code(hanako.browser.sign_in(page, hanako.name), hanako.mail, 3)
    assert page.url.endswith(VERIFY) and page.text.count("確認できました") == 2
    assert title(hanako.send(page, action="save")) == "2要素認証の設定を変更しました"


def test_a_proof_on_the_edge_still_counts(idp: Idp, hanako: Member) -> None:
    age(idp, hanako.browser, 240)
    assert title(hanako.browser.go(EDIT)) == "2要素認証の設定"
