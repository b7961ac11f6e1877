"""Signing in with a passkey: the whole sign-in, once, and refused in the same words whatever is wrong (requirement MF-10)."""

import json
import re
from typing import Any

import pytest
import requests

from tests.journeys.test_codes_under_attack import together, twin
from tests.passkeys.authenticator import UP, Authenticator, text
from tests.passkeys.person import LIST, NO, Holder, give, holder, options_of
from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.settings.member import age, errors, rows, title


@pytest.fixture
def hana(idp: Idp) -> tuple[Holder, Authenticator]:
    """A member with a passkey."""
    return holder(idp)


def claims(idp: Idp, portal: dict, answer: requests.Response) -> dict[str, Any]:
    """What the portal is told of the sign-in."""
    return claims_of(exchange(idp, portal, answer_of(answer)["code"]).json()["id_token"])


def test_a_passkey_is_the_whole_sign_in(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana
    browser = Browser(idp)
    told = claims(idp, portal, member.sign_in(key, browser.authorize(portal), browser))
    assert (told["sub"], told["acr"], told["amr"]) == (member.subject, "urn:x-idp:acr:3", ["hwk", "user"])
    assert answer_of(browser.authorize(portal))["code"], "signed in from now on"
    last = idp.audit("sign_in")[-1]
    assert (last["result"], last["account_id"], json.loads(last["detail"])["method"]) == ("ok", member.subject, "passkey")
    assert "パスキーで確認しました" in browser.go("/account/history").text


@pytest.mark.parametrize("alg", [-7, -8, -257], ids=["ES256", "EdDSA", "RS256"])
def test_every_algorithm_that_is_asked_for_signs_in(idp: Idp, portal: dict, alg: int) -> None:
    member = Holder(idp)
    key = member.add(member.new(alg=alg, backed_up=True, counts=False))
    for _ in range(2):  # an authenticator that does not count says 0 for ever
        browser = Browser(idp)
        assert claims(idp, portal, member.sign_in(key, browser.authorize(portal), browser))["acr"] == "urn:x-idp:acr:3"
    assert rows(idp, "SELECT counter, backed_up FROM passkeys WHERE account_id = :a", a=member.subject) == [(0, 1)]


@pytest.mark.parametrize("asked, level", [
    ({"prompt": "login"}, "3"), ({"max_age": "0"}, "3"), ({"acr_values": "urn:x-idp:acr:3"}, "3"), ({"acr_values": "urn:x-idp:acr:2"}, "2"),
    ({"acr_values": "urn:x-idp:acr:1r"}, "1r"),
], ids=["prompt", "max_age", "strong", "code", "again"])  # fmt: skip
def test_it_answers_every_demand_for_a_fresh_or_stronger_proof(
    idp: Idp, portal: dict, hana: tuple[Holder, Authenticator], asked: dict[str, str], level: str
) -> None:
    member, key = hana
    browser = Browser(idp)
    answer_of(browser.sign_in(browser.authorize(portal), member.name))
    page = browser.authorize(portal, **asked)
    told = claims(idp, portal, member.sign_in(key, page, browser))
    assert told["acr"] == f"urn:x-idp:acr:{level}" and "hwk" in told["amr"]


def test_where_a_code_is_asked_for_a_passkey_will_do(idp: Idp, portal: dict) -> None:
    member = Holder(idp)
    member.switch_on()
    key = member.add()
    browser = Browser(idp)
    assert answer_of(member.sign_in(key, browser.authorize(portal), browser))["code"], "it needs no code beside it"
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), member.name)
    page = browser.submit(form_of(page), action="other")
    page = browser.submit(form_of(page), way="passkey")
    assert title(page) == "パスキーの確認" and options_of(page)["allowCredentials"][0]["id"] == text(key.id)
    told = claims(idp, portal, member.sign_in(key, page, browser))
    assert (told["acr"], told["amr"]) == ("urn:x-idp:acr:3", ["pwd", "hwk", "user"])


def test_back_from_the_code_page_a_passkey_signs_in_whoever_holds_it(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    other, browser = Holder(idp), Browser(idp)
    other.switch_on()
    page = browser.sign_in(browser.authorize(portal), other.name)
    assert "one-time-code" in page.text
    entry = browser.go(f"/login?j={form_of(page).fields['j']}&back=yes")
    member, key = hana
    assert claims(idp, portal, member.sign_in(key, entry, browser))["sub"] == member.subject


def test_a_stranger_to_the_account_is_no_second_factor(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, other_key = Holder(idp), hana[1]
    key = member.add()
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal, acr_values="urn:x-idp:acr:3"), member.name)
    page = member.sign_in(other_key, page, browser)
    assert NO in errors(page)
    assert NO in errors(give(browser, page, key.answer(options_of(page), flags=UP)))
    page = browser.go(page.url)
    assert answer_of(member.sign_in(key, page, browser))["code"]


def test_staff_need_no_app_beside_it(idp: Idp, portal: dict) -> None:
    member = Holder(idp, "--role", "desk")
    page, key = member.at("/account/app"), member.new()
    assert title(page) == "認証アプリ"
    page = member.browser.go(re.findall(r'href="(/account/passkeys/add[^"]*)', page.text)[0])
    page = give(member.browser, page, key.make(options_of(page)))
    assert title(page) == "パスキーの確認", "to have made it proves nothing"
    assert title(member.sign_in(key, page, member.browser)) == "認証アプリ"
    browser = Browser(idp)
    told = claims(idp, portal, member.sign_in(key, browser.authorize(portal), browser))
    assert told["acr"] == "urn:x-idp:acr:3"
    page = browser.go("/console/")
    assert page.status_code == 200 and "/console/" in page.url, "signed in by it"
    [(key_id,)] = rows(idp, "SELECT id FROM passkeys WHERE account_id = :a", a=member.subject)
    assert "ほかのパスキーか認証アプリを設定" in browser.go(f"{LIST}/{key_id}/remove").text


def test_known_and_unknown_and_suspended_look_alike(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana

    def body(key: Authenticator) -> str:
        browser = Browser(idp)
        page = browser.authorize(portal)
        said = give(browser, page, key.answer(options_of(page))).text
        for name in ("csrf", "j", "sealed"):
            said = said.replace(form_of(page).fields[name], name)
        return said.partition("<form")[0]

    stranger = Authenticator(idp.issuer, owner=member.subject)
    idp.within("account", "lock", member.name)
    suspended = body(key)
    assert NO in suspended and suspended == body(stranger) == body(Authenticator(idp.issuer, id=key.id, owner=member.subject))
    assert idp.audit("sign_in")[-3]["result"] == "suspended"


def test_an_oversized_answer_is_turned_away(idp: Idp, portal: dict) -> None:
    browser = Browser(idp)
    page = browser.authorize(portal)
    assert give(browser, page, "x" * 16_385).status_code == 400
    assert give(browser, page, "x" * 70_000).status_code == 413


def test_an_answer_is_good_once_and_in_its_browser(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana
    browser = Browser(idp)
    page = browser.authorize(portal)
    said = key.answer(options_of(page))
    assert give(Browser(idp), page, said).status_code in (400, 403)
    answer_of(give(browser, page, said))
    again = give(browser, page, said)
    assert not again.is_redirect and "code=" not in again.headers.get("Location", "")
    other = Browser(idp)
    assert NO in errors(give(other, other.authorize(portal), said))


def test_of_sixteen_answers_one_signs_in(idp: Idp, portal: dict) -> None:
    member = Holder(idp)
    key = member.add(member.new(counts=False))  # so that nothing but the challenge can tell them apart
    browser = Browser(idp)
    page = browser.authorize(portal)
    said = key.answer(options_of(page))
    twins = [twin(browser) for _ in range(16)]
    answers = together([lambda one=one: give(one, page, said, follow=False) for one in twins])
    winners = [one for one in answers if "portal.example" in one.headers.get("Location", "")]
    sessions = [one for one in answers if "idp-session" in one.headers.get("Set-Cookie", "")]
    assert len(winners) == len(sessions) == 1 and not [one for one in answers if one.status_code >= 500]


def test_who_counts_backwards_is_a_copy_and_the_member_is_told(idp: Idp, portal: dict) -> None:
    member, key = holder(idp, "--email", "copied@mail.example")
    browser = Browser(idp)
    member.sign_in(key, browser.authorize(portal), browser)
    key.counter = 0
    for _ in range(2):
        browser = Browser(idp)
        assert NO in errors(member.sign_in(key, browser.authorize(portal), browser))
    assert idp.audit("sign_in")[-1]["result"] == "copied"
    told = [mail.get_content() for mail in idp.wait_for_mails("copied@mail.example", 2)]
    assert len(told) == 2 and "写しが使われた" in told[1] and "端末：" in told[1]


def test_failures_make_the_passkey_wait_and_not_the_password(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana
    browser = Browser(idp)
    page = browser.authorize(portal)
    for _ in range(5):
        page = member.sign_in(key, page, browser, flags=UP)
    assert "まで使えません" in errors(member.sign_in(key, page, browser))
    stranger = Authenticator(idp.issuer, owner=member.subject)
    for _ in range(5):
        page = give(browser, page, stranger.answer(options_of(page), flags=UP))
    assert "まで使えません" in errors(give(browser, page, stranger.answer(options_of(page)))), "unknown ones alike"
    assert answer_of(browser.sign_in(page, member.name))["code"]


def test_a_page_left_open_asks_once_more(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana
    browser = Browser(idp)
    page = browser.authorize(portal)
    said = key.answer(options_of(page))
    again = give(browser, page, said, j="x" * 43)
    assert "もう一度パスキーで確認" in errors(again) and options_of(again)["challenge"] != options_of(page)["challenge"]
    assert answer_of(member.sign_in(key, again, browser))["code"]


def test_a_passkey_is_fresh_proof_for_the_account(idp: Idp, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana
    age(idp, member.browser, 3_600)
    page = member.browser.go("/account/second-factor/edit")
    assert "current-password" in page.text
    assert title(member.sign_in(key, page, member.browser)) == "2要素認証の設定"


def test_a_letter_password_need_not_be_replaced_by_who_does_not_use_it(idp: Idp, portal: dict, hana: tuple[Holder, Authenticator]) -> None:
    member, key = hana
    rows(idp, "UPDATE accounts SET password_state = 'letter' WHERE id = :a", a=member.subject)
    browser = Browser(idp)
    assert answer_of(member.sign_in(key, browser.authorize(portal), browser))["code"]
    browser = Browser(idp)
    assert "new-password" in browser.sign_in(browser.authorize(portal), member.name).text
