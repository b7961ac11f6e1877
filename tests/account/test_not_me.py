"""This was not me, and a change of destinations taken back from the old one (requirement AC-02)."""

import re
from typing import Iterator

import pytest
import requests

from idp.domain.device import Caller
from idp.services import undoing
from tests import running, services
from tests.running import PASSWORD, Browser, Idp, answer_of, exchange, form_of
from tests.services import race
from tests.settings.member import EDIT, VERIFY, Member, errors, inside, rows, title

ASK, UNDO = "/account/not-me", "/undo"
KEYS = (EDIT, "/account/login-id", "/account/password", "/account/app", "/account/recovery-codes")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """With a desk that is told, and the shipped number of tries."""
    folder, stores = tmp_path_factory.mktemp("strict"), ("sqlite:///idp.db", "sqlite:///ephemeral.db")
    policy = {"alarm": {"tries_per_address_per_hour": "20"}}
    installed = running.configure(folder, *stores, services.free_port(), '[mail]\ndesk = "desk@operator.example"\n', policy)
    with running.serving(installed):
        yield installed


def report(member: Member) -> requests.Response:
    """Press the button."""
    return member.send(member.at(ASK))


def moved(member: Member, to: str) -> str:
    """A member with codes by mail, whose destination somebody has changed; the undo code that the old address was sent."""
    member.switch_on()
    old = member.mail
    page = member.browser.go(EDIT)
    page = member.pass_code(page, old, 2) if "one-time-code" in page.text or "送信" in title(page) else page
    page = member.prove(member.send(page, email=to, consent="yes"), "email", to)
    assert page.url.startswith(member.idp.issuer + VERIFY)
    member.send(page, action="save")
    mails = member.idp.wait_for_mails(old, 4)
    found = [one for one in mails if "取消コード" in one.get_content()]
    assert len(found) == 1, [str(one["Subject"]) for one in mails]
    return re.findall("取消コード：([a-z0-9]{5}-[a-z0-9]{5})", found[0].get_content())[0]


def undo(idp: Idp, code: str) -> requests.Response:
    """Type the code in a browser of nobody."""
    browser = Browser(idp)
    return browser.submit(form_of(browser.go(UNDO)), code=code)


def destinations(member: Member) -> list[str]:
    """Where the member's codes go."""
    return [row[0] for row in rows(member.idp, "SELECT address FROM destinations WHERE account_id = :a", a=member.subject)]


def test_a_report_ends_everything_and_nothing_can_be_changed_for_a_day(idp: Idp, portal: dict) -> None:
    member, thief = Member(idp), Browser(idp)
    tokens = exchange(idp, portal, answer_of(thief.sign_in(thief.authorize(portal), member.name))["code"]).json()
    page = report(member)
    assert title(page) == "お知らせを受け付けました" and "パスワードを再設定する" in page.text
    assert "current-password" in thief.go("/account").text
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=10).status_code == 401
    # the thief knows the password: signing in again opens no door
    answer_of(thief.sign_in(thief.authorize(portal), member.name))
    for path in KEYS:
        page = thief.go(path)
        assert page.status_code == 403 and "変更を止めています" in page.text, path
    assert "まで、登録内容の変更を止めています" in thief.go("/account").text
    assert idp.audit("not_me")[-1]["account_id"] == member.subject
    rows(idp, "UPDATE accounts SET frozen_until = frozen_until - 86400 WHERE id = :a", a=member.subject)
    assert title(thief.go("/account/login-id")) == "ログインIDの変更"


def test_forms_that_were_open_change_nothing_either(idp: Idp) -> None:
    member = Member(idp)
    open_form = form_of(member.at("/account/password"))
    report(member)
    typed = {"current-password": PASSWORD, "new-password": "Kawa7Sumire"}
    page = member.browser.sign_in(member.browser.go("/account"), member.name)
    assert title(page) == "登録内容の確認と変更"
    page = member.browser.submit(open_form, **{open_form.named(token): value for token, value in typed.items()})
    assert page.status_code == 403
    assert answer_of_sign_in(idp, member)


def answer_of_sign_in(idp: Idp, member: Member) -> bool:
    """Whether the old password still signs in."""
    browser = Browser(idp)
    return title(browser.sign_in(browser.go("/account"), member.name)) == "登録内容の確認と変更"


def test_the_desk_is_told_in_a_letter_of_its_own(strict: Idp) -> None:
    member = Member(strict)
    report(member)
    mail = strict.wait_for_mails("desk@operator.example", 1)[-1]
    assert member.name in mail.get_content() and member.subject in mail.get_content() and "見覚えのない記録" in str(mail["Subject"])


def test_the_old_destination_takes_the_change_back_once(idp: Idp) -> None:
    member = Member(idp)
    code = moved(member, f"thief-{member.name}@elsewhere.example")
    page = undo(idp, code.replace("-", "").upper())
    assert title(page) == "送り先を元に戻しました"
    assert destinations(member) == [member.mail]
    assert title(undo(idp, code)) == "送り先の変更を取り消す", "good once"
    told = idp.wait_for_mails(f"thief-{member.name}@elsewhere.example", 3)[-1].get_content()
    assert "送り先の変更を取り消しました" in told and "端末：" in told
    browser = Browser(idp)
    page = browser.sign_in(browser.go("/account"), member.name)
    assert "one-time-code" in page.text and f"（{member.mail[0]}…{member.name[-1]}@home.example）" in page.text and member.mail not in page.text


def test_of_sixteen_hands_one_takes_back(idp: Idp) -> None:
    member = Member(idp)
    code = moved(member, f"new-{member.name}@elsewhere.example")
    with inside(idp) as deps:
        assert sum(race(16, lambda: undoing.take_back(deps, code, Caller("192.0.2.1")))) == 1
    assert destinations(member) == [member.mail]


def test_what_was_added_to_prove_oneself_by_since_then_goes(idp: Idp) -> None:
    member = Member(idp)
    code = moved(member, f"thief-{member.name}@elsewhere.example")
    page, _ = member.set_app(member.browser.go("/account/app"))
    assert page.status_code == 200
    assert rows(idp, "SELECT COUNT(*) FROM totp WHERE account_id = :a", a=member.subject) == [(1,)]
    undo(idp, code)
    for table in ("totp", "recovery_codes", "undos"):
        assert rows(idp, f"SELECT COUNT(*) FROM {table} WHERE account_id = :a", a=member.subject) == [(0,)], table


def test_after_three_days_it_is_too_late(idp: Idp) -> None:
    member = Member(idp)
    code = moved(member, f"new-{member.name}@elsewhere.example")
    rows(idp, "UPDATE undos SET expires_at = expires_at - 259200 WHERE account_id = :a", a=member.subject)
    assert "使える期間を過ぎています" in errors(undo(idp, code))
    assert destinations(member) == [f"new-{member.name}@elsewhere.example"]


@pytest.mark.parametrize("typed", ["", " ", "aaaaa-aaaaa", "a", "<b>", "\u202eaaaaaaaaaa", "ａａａａａａａａａａ", "あ" * 300, "0" * 1024])
def test_what_is_no_code_of_ours_is_refused_in_words(idp: Idp, typed: str) -> None:
    page = undo(idp, typed)
    assert page.status_code == 200 and "取消コード" in errors(page)


def test_nobody_tries_codes_for_long(strict: Idp) -> None:
    said = [errors(undo(strict, f"aaaaa-aaaa{letter}")) for letter in "abcdefghijkmnpqrstuvw"]
    assert all("取消コード" in one for one in said[:20]) and "混み合っています" in said[20]
