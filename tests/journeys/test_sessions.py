"""Sessions, languages and consent, as a member's browser and the portal see them (flows.md L4, L9)."""

import requests

from tests.running import CALLBACK, PASSWORD, Browser, Idp, answer_of, claims_of, exchange, form_of, new_name


def test_who_is_signed_in_already_goes_straight_back(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    first = claims_of(exchange(idp, portal, answer_of(browser.sign_in(browser.authorize(portal), name))["code"]).json()["id_token"])
    second = claims_of(exchange(idp, portal, answer_of(browser.authorize(portal))["code"]).json()["id_token"])
    assert all(first[claim] == second[claim] for claim in ("sub", "sid", "auth_time"))


def test_a_waiting_tab_asks_whether_to_go_on_as_the_member_signed_in_meanwhile(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    waiting = browser.authorize(portal, state="waiting")
    browser.sign_in(browser.authorize(portal), name)
    page = browser.go(waiting.url)
    assert "はなこ さんとしてログイン中です" in page.text
    assert answer_of(browser.submit(form_of(page), action="continue"))["state"] == "waiting"
    page = browser.go(browser.authorize(portal, prompt="select_account").url)
    assert "current-password" in browser.submit(form_of(page), action="switch").text


def test_signing_out_ends_the_session_at_once_and_for_good(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    browser.sign_in(browser.authorize(portal), name)
    stolen = dict(browser.cookies)
    page = browser.submit(form_of(browser.go("/")))
    assert "ログアウトしました" in page.text
    assert answer_of(browser.authorize(portal, prompt="none"))["error"] == "login_required"
    browser.cookies.update(stolen)
    assert answer_of(browser.authorize(portal, prompt="none"))["error"] == "login_required"


def test_sign_out_everywhere_by_the_operator_ends_sessions_and_tokens(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    tokens = exchange(idp, portal, answer_of(browser.sign_in(browser.authorize(portal), name))["code"]).json()
    bearer = {"Authorization": "Bearer " + tokens["access_token"]}
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=9).status_code == 200
    code = answer_of(browser.authorize(portal))["code"]
    idp.within("account", "sign-out-everywhere", name)
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=9).status_code == 401
    assert exchange(idp, portal, code).json()["error"] == "invalid_grant"
    assert answer_of(browser.authorize(portal, prompt="none"))["error"] == "login_required"


def test_the_session_has_a_new_name_after_every_proof(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    browser.sign_in(browser.authorize(portal), name)
    old = browser.cookies["idp-session"]
    browser.sign_in(browser.authorize(portal, prompt="login"), name)
    assert browser.cookies["idp-session"] != old
    replayed = Browser(idp)
    replayed.cookies.set("idp-session", old, domain="localhost.local")
    assert answer_of(replayed.authorize(portal, prompt="none"))["error"] == "login_required"


def test_a_form_from_elsewhere_signs_nobody_in(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser, attacker = Browser(idp), Browser(idp)
    form, theirs = form_of(browser.authorize(portal)), form_of(attacker.authorize(portal))
    values = {**form.fields, "identifier": name, "password": PASSWORD}
    for data, headers in (
        ({**values, "csrf": theirs.fields["csrf"]}, {}),
        ({**values, "csrf": ""}, {}),
        (values, {"Sec-Fetch-Site": "cross-site"}),
        (values, {"Sec-Fetch-Site": "same-site"}),
        (values, {"Origin": "https://evil.example"}),
    ):
        assert browser.post(form.action, data=data, headers=headers, allow_redirects=False).status_code == 403
    assert requests.post(form.action, data=values, timeout=9, allow_redirects=False).status_code == 400


def test_the_language_follows_the_request_then_the_switch_then_the_browser(idp: Idp, portal: dict) -> None:
    assert '<html lang="ja">' in Browser(idp).authorize(portal).text
    assert '<html lang="en">' in Browser(idp, **{"Accept-Language": "en-US,en;q=0.9"}).authorize(portal).text
    browser = Browser(idp, **{"Accept-Language": "ja"})
    page = browser.authorize(portal, ui_locales="fr en")
    assert '<html lang="en">' in page.text
    address = page.url
    page = browser.go(address + "&lang=ja")
    assert '<html lang="ja">' in page.text and '<html lang="ja">' in browser.sign_in(page, "", "").text
    browser.go(address + "&lang=en")
    assert '<html lang="en">' in browser.authorize(portal).text


def test_a_bookmarked_sign_in_page_leads_somewhere(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    page = browser.sign_in(browser.go("/login"), name)
    assert page.url.rstrip("/") == idp.issuer and "はなこ さんとしてログイン中です" in page.text


def test_a_third_party_needs_a_yes_once_and_a_no_goes_back(idp: Idp, portal: dict) -> None:
    third = idp.client(client_name="Third <b>", first_party=False, redirect_uris=[CALLBACK + "/third"])
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(third, scope="openid email"), name)
    assert "Third &lt;b&gt;" in page.text and "メールアドレス" in page.text
    assert answer_of(browser.submit(form_of(page), answer="no"))["error"] == "access_denied"
    page = browser.authorize(third, scope="openid email")
    assert answer_of(browser.submit(form_of(page), answer="yes"))["code"]
    assert answer_of(browser.authorize(third, scope="openid email", prompt="none"))["code"]
    more = answer_of(browser.authorize(third, scope="openid email phone", prompt="none"))
    assert more["error"] == "consent_required"
