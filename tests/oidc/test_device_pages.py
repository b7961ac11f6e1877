"""The pages about a television: what a member is told and asked, and what a deceiver cannot do (Cross-Device Flows: Security BCP)."""

import queue
import time
from urllib.parse import urlsplit

import pyotp
import pytest
import requests
from sqlalchemy import select

from idp.tables.schema import audit, consents, outbox
from tests import services
from tests.oidc import offline
from tests.oidc.installation import Installation
from tests.oidc.televisions import DONE, REFUSED, answered, begun, connected, poll, typed, unusable
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser, Form, form_of
from tests.settings.member import errors, title


def asks(page: requests.Response) -> bool:
    """Whether this is the page that asks for yes or no."""
    return urlsplit(page.url).path == "/device/confirm" and 'value="yes"' in page.text


def signs_in(page: requests.Response) -> bool:
    """Whether this is the ordinary sign-in."""
    return "current-password" in page.text


@pytest.mark.parametrize("way", ["{a}-{b}", "{a}{b}", " {a} {b} ", "wide", "{a}ー{b}", "{a}−{b}"])
def test_a_code_counts_however_it_was_typed(each: Installation, way: str) -> None:
    """RFC 8628 section 6.1; japan.md, Input folding."""
    browser, code = each.browser(each.member()), begun(each.portals["tv"])["user_code"]
    a, _, b = code.partition("-")
    wide = code.translate({48 + n: 0xFF10 + n for n in range(10)} | {45: 0xFF0D})
    assert asks(typed(browser, wide if way == "wide" else way.format(a=a, b=b)))


def test_the_member_signs_in_on_the_ordinary_way(each: Installation) -> None:
    """RFC 8628 section 3.3: the dispatcher's, and the page that asks comes after it."""
    portal, name, browser, found = each.portals["tv"], each.member(), each.browser(), begun(each.portals["tv"])
    page = typed(browser, found["user_code"])
    assert signs_in(page) and "Television" in page.text
    page = browser.sign_in(page, name)
    assert asks(page) and urlsplit(page.url).path == "/device/confirm"
    assert title(browser.submit(form_of(page), answer="yes")) == DONE
    assert portal.id_claims(portal.granted(poll(portal, found["device_code"])))["sub"] == each.subjects[name]


def test_the_page_says_who_asks_for_what_from_where(each: Installation) -> None:
    """Cross-Device Flows: Security BCP section 6.1.1 and 6.1.5."""
    browser, found = each.browser(each.member()), begun(each.portals["tv"])
    text = typed(browser, found["user_code"]).text
    for wanted in ("Television", found["user_code"], "127.0.0.*", "いまお使いのネットワークと同じです", "メールアドレス", "ご自身のテレビ", "電話や"):
        assert wanted in text, wanted


def test_a_deceivers_picture_fills_in_the_code_and_skips_nothing(each: Installation) -> None:
    """RFC 8628 section 3.3.1 and 5.4: looking at the address does nothing, and the member is asked."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    page = browser.go(found["verification_uri_complete"])
    assert form_of(page).fields["user_code"] == found["user_code"] and urlsplit(page.url).path == "/device"
    refusal(poll(portal, found["device_code"]), "authorization_pending")
    assert asks(browser.submit(form_of(page)))
    refusal(poll(portal, found["device_code"]), "slow_down")
    for odd in ("<b>", "1" * 300, "12345-6789", "あ"):
        assert form_of(browser.go("/device?user_code=" + odd)).fields["user_code"] == ""


def test_unknown_expired_and_used_codes_get_one_answer(each: Installation) -> None:
    """RFC 8628 section 5.1: nobody learns which codes there are."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    used, refused, others = (begun(portal)["user_code"] for _ in range(3))
    answered(browser, used)
    answered(browser, refused, "no")
    typed(each.browser(), others)
    for code in (used, refused, others, "00000-00000", "1", "abc", "９" * 10):
        assert unusable(typed(browser, code)), code
    assert "入力してください" in errors(typed(browser, " "))


def test_a_code_is_the_first_browsers(each: Installation) -> None:
    """Whoever sees the television's screen cannot take over what another has begun; the first may type it again."""
    portal, first, second = each.portals["tv"], each.browser(each.member()), each.browser(each.member())
    found = begun(portal)
    page = typed(first, found["user_code"])
    assert asks(page) and unusable(typed(second, found["user_code"])) and asks(typed(first, found["user_code"]))
    assert second.go(urlsplit(page.url).path + "?" + urlsplit(page.url).query).status_code == 400
    assert title(first.submit(form_of(page), answer="yes")) == DONE


def test_of_sixteen_browsers_one_has_the_code(each: Installation) -> None:
    found, browsers = begun(each.portals["tv"]), [each.browser() for _ in range(16)]
    waiting = queue.SimpleQueue[tuple[Browser, Form]]()
    for browser in browsers:
        waiting.put((browser, form_of(browser.go("/device"))))

    def enter() -> requests.Response:
        browser, form = waiting.get()
        return browser.submit(form, follow=False, user_code=found["user_code"])

    places = [answer.headers["Location"] for answer in services.race(16, enter)]
    assert sum(place.startswith("/login?") for place in places) == 1
    assert sum(place.startswith("/device?n=") for place in places) == 15


def test_of_many_answers_the_first_counts(each: Installation) -> None:
    """Yes and no at once from two tabs: one of them, and the other page says that it was too late."""
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    pages = [form_of(typed(browser, found["user_code"])) for _ in range(2)]
    assert title(browser.submit(pages[0], answer="no")) == REFUSED
    late = browser.submit(pages[1], answer="yes")
    assert late.status_code == 400 and "もう使えません" in late.text
    refusal(poll(portal, found["device_code"]), "access_denied")


def test_of_sixteen_yes_at_once_one_is_the_answer(each: Installation) -> None:
    portal, name = each.portals["tv"], each.member()
    browser, found = each.browser(name), begun(portal)
    form = form_of(typed(browser, found["user_code"]))
    cookies = browser.cookies.get_dict()

    def agree() -> requests.Response:
        return requests.post(form.action, data={**form.fields, "answer": "yes"}, cookies=cookies, allow_redirects=False, timeout=30)

    answers = services.race(16, agree)
    assert sum(answer.headers.get("Location") == "/device/done" for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {303, 400}
    assert offline.on_record(each, "device_approved", name) == [("ok", portal.id)]


def test_back_after_the_end_repeats_nothing(each: Installation) -> None:
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    page = typed(browser, found["user_code"])
    browser.submit(form_of(page), answer="yes")
    assert "お手続きは" in browser.go(page.url).text
    assert "お手続きは" in browser.submit(form_of(page), answer="no").text
    assert poll(portal, found["device_code"]).status_code == 200


@pytest.mark.parametrize("answer", ["", "maybe", "YES"])
def test_only_yes_is_yes_and_only_no_is_no(each: Installation, answer: str) -> None:
    portal, browser = each.portals["tv"], each.browser(each.member())
    found = begun(portal)
    page = typed(browser, found["user_code"])
    assert browser.submit(form_of(page), answer=answer).status_code == 400
    refusal(poll(portal, found["device_code"]), "authorization_pending")


def test_the_level_of_the_client_is_demanded(each: Installation) -> None:
    """Requirement of the client's default_acr_values: no step is skipped by knowing the page."""
    portal, name = each.portals["tv-strong"], each.member()
    secret, browser, found = each.app_of(name), each.browser(name), begun(portal)
    page = typed(browser, found["user_code"])
    journey = urlsplit(page.url).query
    assert "one-time-code" in page.text and "one-time-code" in browser.go("/device/confirm?" + journey).text
    assert "one-time-code" in browser.go("/consent?" + journey).text
    form = form_of(page)
    page = browser.submit(form, **{form.named("one-time-code"): pyotp.TOTP(secret).now()})
    assert asks(page) and title(browser.submit(form_of(page), answer="yes")) == DONE
    assert portal.id_claims(portal.granted(poll(portal, found["device_code"])))["acr"] == "urn:x-idp:acr:3"


def test_who_cannot_reach_the_level_is_told_so(each: Installation) -> None:
    portal, browser = each.portals["tv-strong"], each.browser(each.member())
    found = begun(portal)
    page = typed(browser, found["user_code"])
    assert title(page) == REFUSED and "2要素認証" in page.text
    refusal(poll(portal, found["device_code"]), "access_denied")


def test_a_third_partys_yes_is_a_consent_that_can_be_taken_back(each: Installation) -> None:
    """Requirement RV-02; the television has its refresh token without prompt=consent, as the member always is asked."""
    portal, name = each.portals["tv-third"], each.member()
    browser = each.browser(name)
    tokens = connected(each, portal, browser)
    mine = [row for row in each.rows(consents) if row.account_id == each.subjects[name]]
    assert [(row.client_id, row.scope) for row in mine] == [(portal.id, "email offline_access openid")]
    assert asks(typed(browser, begun(portal)["user_code"]))  # asked again all the same
    browser.submit(form_of(browser.go("/account/consents")), withdraw=portal.id)
    refusal(offline.refresh(portal, tokens["refresh_token"]), "invalid_grant")
    assert portal.provider.userinfo(tokens["access_token"]).status_code == 401


def test_a_page_of_a_portal_is_none_of_a_television(each: Installation) -> None:
    """A journey is answered on its own page only."""
    third, browser = each.portals["third"], each.browser(each.member())
    consent = third.ask(browser)
    assert urlsplit(browser.go("/device/confirm?" + urlsplit(consent.url).query).url).path == "/consent"
    form = form_of(consent)
    form.action = form.action.replace("/consent", "/device/confirm")
    assert browser.submit(form, answer="yes").status_code == 400
    confirm = typed(browser, begun(each.portals["tv-third"])["user_code"])
    assert asks(browser.go("/consent?" + urlsplit(confirm.url).query))
    form = form_of(confirm)
    form.action = form.action.replace("/device/confirm", "/consent")
    assert browser.submit(form, answer="yes").status_code == 400


def test_another_members_session_does_not_answer(each: Installation) -> None:
    """Requirement AZ-21: the yes belongs to the member who saw the page."""
    portal, one, two = each.portals["tv"], each.member(), each.member()
    browser, found = each.browser(one), begun(portal)
    page = typed(browser, found["user_code"])
    plain = each.portals["plain"]
    browser.sign_in(plain.ask(browser, prompt="login"), two)
    assert not title(browser.submit(form_of(page), answer="yes")) == DONE
    refusal(poll(portal, found["device_code"]), "authorization_pending")


def test_the_member_is_told_and_it_is_on_record(each: Installation) -> None:
    """As of other events of the account: a notice by mail, and the history."""
    portal, name = each.portals["tv"], each.member(email=f"tv{time.monotonic_ns()}@example.jp", verified=True)
    browser = each.browser(name)
    connected(each, portal, browser)
    letters = [row.template for row in each.rows(outbox) if row.account_id == each.subjects[name]]
    assert letters == ["mail.notice.television"]
    assert offline.on_record(each, "device_approved", name) == offline.on_record(each, "device_connected", name) == [("ok", portal.id)]
    page = browser.go("/account/history").text
    assert "テレビを接続しました" in page and "Television" in page
    with each.deps.database.read() as connection:
        found = connection.execute(select(audit.c.detail).where(audit.c.event == "device_approved", audit.c.account_id == each.subjects[name])).scalar()
    assert "127.0.0.1" in found


@pytest.mark.parametrize("locale, words", [("en", "Connect a television"), ("ja", "テレビを接続する")])
def test_the_pages_are_in_both_languages(each: Installation, locale: str, words: str) -> None:
    assert words in each.browser().go(f"/device?lang={locale}").text


def test_many_codes_from_one_address_are_slowed_down(brief: Installation) -> None:
    """RFC 8628 section 5.1."""
    browser = Browser(brief.idp)
    for _ in range(3):
        assert unusable(typed(browser, "00000-00000"))
    answer = typed(browser, begun(brief.portals["tv"])["user_code"])
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "60"
