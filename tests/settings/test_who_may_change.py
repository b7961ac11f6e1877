"""Who may change a key: nobody with an old session, a stolen cookie or a remembered browser alone (MF-07, MF-11, MF-15)."""

import re

import pytest
import requests

from idp import app
from tests.running import Browser, Idp, answer_of, exchange, form_of
from tests.settings.member import APP, CODES, DEVICES, EDIT, OFF, STATUS, VERIFY, Member, inside, rows, title

KEYS = (EDIT, OFF, APP, f"{APP}/scan", f"{APP}/remove", CODES)


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member who gets codes by mail."""
    member = Member(idp)
    member.switch_on()
    return member


def tries(member: Member, browser: Browser) -> None:
    """Every page and form that changes a key leads to a proof, and nothing is changed."""
    before = rows(member.idp, "SELECT epoch, second_factor FROM accounts WHERE id = :a", a=member.subject)
    for path in KEYS:
        page = browser.go(path)
        assert "current-password" in page.text or "認証コードを送ります" in page.text, path
    proof = form_of(browser.go("/")).fields["csrf"]
    for path in KEYS:
        sent = {"csrf": proof, "state": "off", "email": "thief@x.example", "consent": "yes", "action": "save", "once": "x" * 26}
        answer = browser.post(member.idp.issuer + path, data=sent, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
        assert re.match("/login|/code", answer.headers.get("Location", "")), (path, answer.status_code)
    assert rows(member.idp, "SELECT epoch, second_factor FROM accounts WHERE id = :a", a=member.subject) == before


def test_a_remembered_browser_changes_nothing(idp: Idp, portal: dict, hanako: Member) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako.name)
    form = form_of(page)
    answer_of(browser.submit(form, remember="yes", **{form.named("one-time-code"): idp.wait_for_code(hanako.mail, 2)}))
    del browser.cookies["idp-session"]
    answer_of(browser.sign_in(browser.authorize(portal), hanako.name))
    assert "現在の設定：有効" in browser.go(STATUS).text, "to look, being signed in is enough"
    tries(hanako, browser)


def test_a_visitor_who_is_not_signed_in_ends_where_they_wanted_to_go(idp: Idp, hanako: Member) -> None:
    hanako.browser = Browser(idp)
    page = hanako.at(STATUS)
    assert title(hanako.pass_code(page, hanako.mail, 2)) == "2要素認証の設定"
    for path in (STATUS, DEVICES):
        assert "current-password" in Browser(idp).go(path).text


def test_every_change_ends_what_else_is_open_and_the_own_session_goes_on(idp: Idp, portal: dict, hanako: Member) -> None:
    other = Browser(idp)
    page = other.sign_in(other.authorize(portal), hanako.name)
    form = form_of(page)
    code = idp.wait_for_code(hanako.mail, 2)
    answer = answer_of(other.submit(form, remember="yes", **{form.named("one-time-code"): code}))
    token = exchange(idp, portal, answer["code"]).json()["access_token"]
    userinfo = lambda: requests.get(f"{idp.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=9)  # noqa: E731
    assert userinfo().status_code == 200
    old = dict(hanako.browser.cookies)
    page = hanako.send(hanako.at(EDIT), phone=hanako.number.replace("+81", "0"), usual="sms")
    page = hanako.prove(page, "email", hanako.mail, 3)
    page = hanako.send(hanako.prove(page, "sms", hanako.number), action="save")
    assert "端末1台も" in page.text
    assert hanako.browser.cookies["idp-session"] != old["idp-session"]
    assert "現在の設定：有効" in hanako.browser.go(STATUS).text, "the own session goes on"
    assert userinfo().status_code == 401
    assert "current-password" in other.go(STATUS).text
    thief = Browser(idp)
    thief.cookies.update(old)
    assert "current-password" in thief.go(STATUS).text
    assert "one-time-code" in other.sign_in(other.authorize(portal), hanako.name).text, "no browser is remembered any more"


@pytest.mark.parametrize("action", ["check", "save", "send_email"])
def test_nobody_finishes_what_another_session_began(idp: Idp, hanako: Member, action: str) -> None:
    page = hanako.send(hanako.at(EDIT), email=hanako.mail)
    other = Member(idp)
    other.at(EDIT)
    form = form_of(page)
    form.fields["csrf"] = form_of(other.browser.go("/")).fields["csrf"]
    answer = other.browser.submit(form, action=action)
    assert answer.status_code == 409 and "使えなくなりました" in answer.text


def test_a_sign_in_that_owes_a_code_cannot_set_up_another(idp: Idp, portal: dict, hanako: Member) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako.name)
    journey = form_of(page).fields
    for path in (f"{STATUS}/start", EDIT, VERIFY, APP, f"{APP}/scan"):
        assert "one-time-code" in browser.go(f"{path}?j={journey['j']}").text, path
        sent = {**journey, "email": "thief@x.example", "consent": "yes", "action": "later" if path.endswith("start") else "save"}
        answer = browser.post(idp.issuer + path, data=sent, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
        assert answer.headers["Location"].startswith("/code?"), path
    for path in (OFF, CODES, f"{APP}/remove", DEVICES):
        sent = {**journey, "remove": "all", "once": "x" * 26}
        answer = browser.post(idp.issuer + path, data=sent, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
        assert answer.headers["Location"].startswith("/code?"), path


def test_a_sign_in_that_has_to_set_up_a_factor_does_nothing_else(idp: Idp, portal: dict) -> None:
    """Every form of the account's pages, sent with its journey (requirement LG-11)."""
    member, browser = Member(idp, "--role", "desk"), Browser(idp)
    form = form_of(browser.sign_in(browser.authorize(portal), member.name))
    with inside(idp) as deps:
        rules = [rule.rule for rule in app.flask_app(app.build(deps)).url_map.iter_rules() if rule.rule.startswith("/account") and "POST" in rule.methods]
    before = rows(idp, "SELECT login_id, nickname, status, second_factor, epoch, password_hash FROM accounts WHERE id = :a", a=member.subject)
    typed = {"login_id": "thief01", "nickname": "thief", "read": "yes", "language": "en", "action": "next", "end": "others", "remove": "all", "address": "t@x.example"}
    here = [path for path in rules if "<" not in path and not path.startswith(("/account/second-factor", APP, "/account/passkeys"))]
    assert len(here) > 10
    for path in here:
        sent = {"csrf": form.fields["csrf"], "j": form.fields["j"], **typed}
        answer = browser.post(idp.issuer + path, data=sent, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
        answered = answer.headers.get("Location", "")
        assert answer.status_code == 400 or answered.startswith(("/login?j=", "/account/second-factor/start?j=")), path
    assert rows(idp, "SELECT login_id, nickname, status, second_factor, epoch, password_hash FROM accounts WHERE id = :a", a=member.subject) == before
