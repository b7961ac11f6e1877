"""Setting up in the middle of a sign-in: because the policy wants it, because it was offered, because staff need an app."""

from pathlib import Path
from typing import Iterator

import pytest
import requests

from tests import running, services
from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.settings.member import APP, EDIT, OFF, STATUS, Member, age, errors, next_code, printed, rows, title

LATER = "あとで設定する"


def installation(folder: Path, mode: str) -> Idp:
    """An installation whose policy has this mode."""
    return running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), policy={"second_factor": {"mode": f'"{mode}"'}})


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """Everybody needs a second factor."""
    installed = installation(tmp_path_factory.mktemp("strict"), "required")
    with running.serving(installed):
        yield installed


@pytest.fixture(scope="module")
def kind_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """Everybody is offered one."""
    installed = installation(tmp_path_factory.mktemp("kind"), "recommended")
    with running.serving(installed):
        yield installed


def claims(idp: Idp, portal: dict, answer: requests.Response) -> dict:
    return claims_of(exchange(idp, portal, answer_of(answer)["code"]).json()["id_token"])


def test_who_needs_one_sets_it_up_and_goes_on_to_the_portal(strict: Idp) -> None:
    portal, member = strict.client(), Member(strict)
    page = member.browser.sign_in(member.browser.authorize(portal), member.name)
    assert title(page) == "2要素認証の設定" and "設定が必要です" in page.text and LATER not in page.text
    assert 'value="off"' not in page.text
    assert "ログインしていません" in member.browser.go("/").text, "not signed in before it is done"
    page = member.send(page, email=member.mail, consent="yes", state="off")
    page = member.prove(page, "email", member.mail)
    found = claims(strict, portal, member.send(page, action="save"))
    assert (found["acr"], found["amr"]) == ("urn:x-idp:acr:2", ["pwd", "otp", "email"])
    assert "現在の設定：有効" in member.browser.go(STATUS).text
    assert member.browser.go(OFF).url.endswith(STATUS), "and cannot switch it off"
    other = Browser(strict)
    assert "one-time-code" in other.sign_in(other.authorize(portal), member.name).text


def test_nothing_but_setting_up_is_reachable_meanwhile(strict: Idp) -> None:
    portal, member = strict.client(), Member(strict)
    page = member.browser.sign_in(member.browser.authorize(portal), member.name)
    form = form_of(page)
    form.action = f"{strict.issuer}{STATUS}/start"
    assert title(member.browser.submit(form, action="later")) == "2要素認証の設定"
    for path in ("/login", "/login/choose", "/consent", "/code", "/code/offer"):
        shown = member.browser.go(f"{path}?j={form.fields['j']}")
        assert "portal.example" not in shown.headers.get("Location", "") and not shown.is_redirect, path
    assert "current-password" in member.browser.go(EDIT).text, "without the journey it is a page for who is signed in"
    page = member.send(page, email="hanako", consent="yes")
    assert "メールアドレスの形" in errors(page), "errors stay in the journey"


def test_another_sign_in_does_not_see_what_this_one_entered(strict: Idp) -> None:
    portal, member = strict.client(), Member(strict)
    page = member.browser.sign_in(member.browser.authorize(portal), member.name)
    member.send(page, email=member.mail, consent="yes")
    other = Browser(strict)
    page = other.sign_in(other.authorize(portal), member.name)
    assert form_of(page).fields["email"] == ""


def test_an_old_session_cannot_be_given_a_factor_by_who_stole_it(strict: Idp) -> None:
    portal, member = strict.client(), Member(strict)
    page = member.browser.sign_in(member.browser.authorize(portal), member.name)
    page = member.prove(member.send(page, email=member.mail, consent="yes"), "email", member.mail)
    answer_of(member.send(page, action="save"))
    # as if the rule had come while the member was signed in
    rows(strict, "DELETE FROM destinations WHERE account_id = :a", a=member.subject)
    rows(strict, "UPDATE accounts SET second_factor = 0 WHERE id = :a", a=member.subject)
    age(strict, member.browser, 301)
    page = member.browser.authorize(portal, acr_values="urn:x-idp:acr:3")
    assert "current-password" in page.text


def test_the_app_will_do_as_well(strict: Idp) -> None:
    portal, member = strict.client(), Member(strict)
    page = member.browser.sign_in(member.browser.authorize(portal), member.name)
    page, _ = member.set_app(member.browser.go(f"{APP}?j={form_of(page).fields['j']}"))
    assert len(printed(page)) == 10
    form = form_of(page)
    found = claims(strict, portal, member.browser.submit(form))
    assert (found["acr"], found["amr"]) == ("urn:x-idp:acr:3", ["pwd", "otp"])
    assert "お手続きは終わっています" in title(member.browser.submit(form)), "Back and once more"


def test_the_offer_is_taken_or_left(kind_one: Idp) -> None:
    portal, member = kind_one.client(), Member(kind_one)
    page = member.browser.sign_in(member.browser.authorize(portal), member.name)
    page = member.send(page, action="set_up")
    assert title(page) == "2要素認証の設定" and LATER in page.text and "設定が必要です" not in page.text
    form = form_of(page)
    form.action = f"{kind_one.issuer}{STATUS}/start"
    assert answer_of(member.browser.submit(form, action="later"))["code"]
    taker = Member(kind_one)
    page = taker.send(taker.browser.sign_in(taker.browser.authorize(portal), taker.name), action="set_up")
    page = taker.prove(taker.send(page, phone=taker.number.replace("+81", "0"), consent="yes"), "sms", taker.number)
    assert claims(kind_one, portal, taker.send(page, action="save"))["acr"] == "urn:x-idp:acr:2"


def test_staff_need_an_app_and_keep_it(idp: Idp, portal: dict) -> None:
    desk = Member(idp, "--role", "desk")
    page = desk.browser.sign_in(desk.browser.authorize(portal), desk.name)
    assert title(page) == "認証アプリ" and "係員" in page.text and LATER not in page.text
    journey = form_of(page).fields["j"]
    assert title(desk.browser.go(f"{EDIT}?j={journey}")) == "認証アプリ"
    page, secret = desk.set_app(page)
    found = claims(idp, portal, desk.send(page))
    assert (found["acr"], found["amr"]) == ("urn:x-idp:acr:3", ["pwd", "otp"])
    assert desk.browser.go(OFF).url.endswith(STATUS)
    page = desk.browser.go(f"{APP}/remove")
    form = form_of(desk.browser.go(EDIT))
    assert "新しい端末で設定し直してください" in page.text
    form.action = f"{idp.issuer}{APP}/remove"
    assert "新しい端末で設定し直してください" in desk.browser.submit(form).text
    assert rows(idp, "SELECT 1 FROM totp WHERE account_id = :a", a=desk.subject) == [(1,)]
    other = Browser(idp)
    page = other.sign_in(other.authorize(portal), desk.name)
    form = form_of(page)
    answer = other.submit(form, **{form.named("one-time-code"): next_code(secret)})
    assert claims(idp, portal, answer)["acr"] == "urn:x-idp:acr:3"
