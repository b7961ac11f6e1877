"""The code beside the password: sent, typed, sent again, another way, remembered (flows.md 2.2)."""

import re

import pytest
import requests

from tests.running import PASSWORD, Browser, Idp, answer_of, claims_of, exchange, form_of, new_name
from tests.settings.member import rows

ACR = "urn:x-idp:acr:"


@pytest.fixture
def hanako(idp: Idp) -> tuple[str, str]:
    """A member whose codes go to a mail address of their own: login ID and address."""
    name = new_name()
    idp.account(name, "--email", f"{name}@mail.example", "--second-factor", "email")
    return name, f"{name}@mail.example"


def type_code(browser: Browser, page: requests.Response, code: str, **more: str) -> requests.Response:
    form = form_of(page)
    return browser.submit(form, **{form.named("one-time-code"): code, **more})


def errors(page: requests.Response) -> str:
    return " ".join(re.sub("<[^>]+>", "", one) for one in re.findall(r'<p class="error"[^>]*>(.*?)</p>', page.text, re.S))


def tokens_of(idp: Idp, portal: dict, answer: requests.Response) -> dict:
    return claims_of(exchange(idp, portal, answer_of(answer)["code"]).json()["id_token"])


def test_a_code_by_mail_finishes_the_sign_in_and_the_token_says_so(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    masked = hanako[1][0] + "…" + hanako[0][-1] + "@mail.example"
    assert masked in page.text and hanako[1] not in page.text, "the address is masked"
    claims = tokens_of(idp, portal, type_code(browser, page, idp.wait_for_code(hanako[1])))
    assert (claims["acr"], claims["amr"]) == (ACR + "2", ["pwd", "otp", "email"])


def test_a_code_by_sms_in_any_width_and_its_text_is_bound_to_our_host(idp: Idp, portal: dict) -> None:
    name, number = new_name(), "+8190" + str(abs(hash(new_name())))[:8]
    idp.account(name, "--phone", "0" + number[3:], "--second-factor", "sms")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), name)
    code = idp.wait_for_code(number)
    assert idp.short_messages(number)[0].splitlines()[-1] == f"@localhost #{code}"
    wide = " ".join(chr(ord(digit) + 0xFEE0) for digit in code)
    claims = tokens_of(idp, portal, type_code(browser, page, wide))
    assert (claims["acr"], claims["amr"]) == (ACR + "2", ["pwd", "otp", "sms"])


def test_nothing_is_reachable_between_password_and_code(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    journey = form_of(page).fields["j"]
    for path in ("/login", "/login/first", "/login/choose", "/consent", "/code/none", "/code/offer"):
        shown = browser.go(f"{path}?j={journey}")
        assert "one-time-code" in shown.text or "current-password" in shown.text, path
        posted = browser.post(idp.issuer + path, data=form_of(page).fields, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
        assert "portal.example" not in posted.headers.get("Location", ""), path
        shown = browser._follow(posted)
        assert shown.status_code in (400, 405) or "one-time-code" in shown.text or "current-password" in shown.text, path
    silent = answer_of(browser.authorize(portal, prompt="none"))
    assert silent["error"] == "login_required"
    assert "ログインしていません" in browser.go("/").text


def test_reload_and_reopening_show_the_page_again_and_send_nothing(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    code = idp.wait_for_code(hanako[1])
    assert "one-time-code" in browser.go(page.url).text
    reopened = browser.authorize(portal, state="again")
    assert "one-time-code" in reopened.text, "the portal opened anew leads straight back to the code page"
    answer = answer_of(type_code(browser, reopened, code))
    assert answer["state"] == "again" and len(idp.mails(hanako[1])) == 1


def test_wrong_codes_share_one_count_over_journeys_and_end_in_a_wait(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    for _ in range(2):
        browser = Browser(idp)
        page = browser.sign_in(browser.authorize(portal), hanako[0])
        for _ in range(2):
            page = type_code(browser, page, "000000")
            assert "認証コードが違います" in errors(page)
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    code = idp.wait_for_code(hanako[1], 3)
    page = type_code(browser, page, "999999" if code != "999999" else "999998")
    assert re.search(r"\d+時\d+分まで入力できません", errors(page))
    assert "まで入力できません" in errors(type_code(browser, page, code)), "not even the right one"
    assert any("認証コードのまちがい" in str(mail["Subject"]) for mail in idp.wait_for_mails(hanako[1], 4))


@pytest.mark.parametrize("typed, said", [("", "認証コードを入力してください"), ("12345", "数字6桁"), ("abcdef", "数字6桁"), ("1" * 900, "数字6桁")])
def test_what_cannot_be_a_code_is_told_and_not_counted(idp: Idp, portal: dict, hanako: tuple[str, str], typed: str, said: str) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    for _ in range(6):
        page = type_code(browser, page, typed)
        assert said in errors(page)
    assert answer_of(type_code(browser, page, idp.wait_for_code(hanako[1])))["code"]


def test_a_code_is_good_for_its_own_journey_only(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    first, second = Browser(idp), Browser(idp)
    page = first.sign_in(first.authorize(portal), hanako[0])
    code = idp.wait_for_code(hanako[1])
    other = second.sign_in(second.authorize(portal), hanako[0])
    idp.wait_for_code(hanako[1], 2)
    assert "認証コードが違います" in errors(type_code(second, other, code))
    assert answer_of(type_code(first, page, code))["code"]
    assert "one-time-code" in second.go(other.url).text


def test_a_remembered_browser_skips_the_code_and_claims_no_more_than_it_did(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp, **{"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"})
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    assert "90日間" in page.text and "checked" not in page.text
    answer_of(type_code(browser, page, idp.wait_for_code(hanako[1]), remember="yes"))
    assert "iPhone・iPad・Safari" in idp.wait_for_mails(hanako[1], 2)[1].get_content()
    before = dict(browser.cookies)
    claims = tokens_of(idp, portal, browser.sign_in(browser.authorize(portal, prompt="login"), hanako[0]))
    assert (claims["acr"], claims["amr"]) == (ACR + "1", ["pwd"])
    name = next(one for one in before if one.startswith("idp-trust-"))
    assert browser.cookies[name] != before[name], "the secret changes at each use"
    elsewhere = Browser(idp)
    assert "one-time-code" in elsewhere.sign_in(elsewhere.authorize(portal), hanako[0]).text


@pytest.mark.parametrize("mail, told", [(False, ["sms.notice.device"]), (True, ["mail.notice.device"])])
def test_a_member_without_mail_hears_of_a_remembered_browser_by_sms(idp: Idp, portal: dict, mail: bool, told: list[str]) -> None:
    name = new_name()
    number = "+81901" + str(int(name[1:], 16))[-7:]
    address = ("--email", f"{name}@mail.example") if mail else ()
    subject = idp.account(name, "--phone", "0" + number[3:], "--second-factor", "sms", *address)
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), name)
    answer_of(type_code(browser, page, idp.wait_for_code(number), remember="yes"))
    found = rows(idp, "SELECT template FROM outbox WHERE account_id = :a AND template LIKE '%.notice.device'", a=subject)
    assert [template for (template,) in found] == told


def test_an_old_secret_shown_again_ends_the_trust_and_is_told(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    answer_of(type_code(browser, page, idp.wait_for_code(hanako[1]), remember="yes"))
    name = next(one for one in browser.cookies.keys() if one.startswith("idp-trust-"))
    copied = browser.cookies[name]
    for _ in range(2):  # twice: the secret before the last is no second tab's
        answer_of(browser.sign_in(browser.authorize(portal, prompt="login"), hanako[0]))
    thief = Browser(idp)
    thief.cookies.set(name, copied)
    assert "one-time-code" in thief.sign_in(thief.authorize(portal), hanako[0]).text
    assert "one-time-code" in browser.sign_in(browser.authorize(portal, prompt="login"), hanako[0]).text, "nobody is trusted any more"
    assert any("写しが使われたおそれ" in mail.get_content() for mail in idp.wait_for_mails(hanako[1], 5))


def test_a_portal_asks_for_more_and_the_member_steps_up_in_the_same_session(idp: Idp, hanako: tuple[str, str]) -> None:
    portal = idp.client(operations={"mail_password": True}, client_name="試験ポータル")
    name = new_name()
    idp.account(name, "--email", f"{name}@mail.example")
    browser = Browser(idp)
    first = tokens_of(idp, portal, browser.sign_in(browser.authorize(portal), name))
    assert first["acr"] == ACR + "1"
    page = browser.authorize(portal, acr_values=ACR + "2", operation="mail_password")
    assert "「メールのパスワードの変更」の前に" in page.text and idp.mails(f"{name}@mail.example") == [], "a link sends nothing"
    page = browser.submit(form_of(page), action="send")
    second = tokens_of(idp, portal, type_code(browser, page, idp.wait_for_code(f"{name}@mail.example")))
    assert (second["acr"], second["amr"], second["sid"]) == (ACR + "2", ["pwd", "otp", "email"], first["sid"])
    assert second["auth_time"] >= first["auth_time"]
    again = tokens_of(idp, portal, browser.authorize(portal, acr_values=ACR + "2"))
    assert again["acr"] == ACR + "2", "it was entered in this session"


def test_what_cannot_be_reached_is_told_to_the_portal(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    answer = answer_of(browser.sign_in(browser.authorize(portal, acr_values=ACR + "2"), name))
    assert answer["error"] == "unmet_authentication_requirements"
    assert answer_of(browser.sign_in(browser.authorize(portal, acr_values="other"), name))["code"], "an unknown wish is none"


def test_a_remembered_browser_never_satisfies_a_step_up_and_cancel_goes_back(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    answer_of(type_code(browser, page, idp.wait_for_code(hanako[1]), remember="yes"))
    page = browser.sign_in(browser.authorize(portal, prompt="login", acr_values=ACR + "2"), hanako[0])
    assert "one-time-code" in page.text and "remember" not in form_of(page).fields and "90日間" not in page.text
    assert answer_of(browser.submit(form_of(page), action="cancel"))["error"] == "access_denied"


def test_a_hammered_account_is_open_to_its_remembered_browser(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser, stranger = Browser(idp), Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    answer_of(type_code(browser, page, idp.wait_for_code(hanako[1]), remember="yes"))
    for _ in range(5):
        stranger.sign_in(stranger.authorize(portal), hanako[0], "Wrong0word")
    assert "ログインできません" in stranger.sign_in(stranger.authorize(portal), hanako[0], PASSWORD).text
    assert answer_of(browser.sign_in(browser.authorize(portal, prompt="login"), hanako[0]))["code"]
