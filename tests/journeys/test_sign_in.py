"""Signing in, as a member's browser and the portal see it (flows.md 2.1)."""

import re

import pytest
import requests

from tests.running import PASSWORD, Browser, Idp, answer_of, claims_of, exchange, form_of, new_name


def errors(page: requests.Response) -> list[str]:
    """The sentences beside the fields."""
    return [re.sub("<[^>]+>", "", found) for found in re.findall(r'<p class="error"[^>]*>(.*?)</p>', page.text)]


def test_a_member_signs_in_and_the_portal_gets_verified_facts(idp: Idp, portal: dict) -> None:
    name = new_name()
    subject = idp.account(name)
    browser = Browser(idp)
    answer = answer_of(browser.sign_in(browser.authorize(portal), name))
    assert (answer["state"], answer["iss"]) == ("state-1", idp.issuer)
    tokens = exchange(idp, portal, answer["code"]).json()
    claims = claims_of(tokens["id_token"])
    assert (claims["sub"], claims["aud"], claims["nonce"]) == (subject, portal["client_id"], "nonce-1")
    assert (claims["acr"], claims["amr"]) == ("urn:x-idp:acr:1", ["pwd"])


@pytest.mark.parametrize("spelling", ["{0}", "{1}", "　{2} ", "{2}"])
def test_a_login_id_is_found_in_any_case_and_width(idp: Idp, portal: dict, spelling: str) -> None:
    name = new_name()
    idp.account(name)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in name)
    browser = Browser(idp)
    typed = spelling.format(name, name.upper(), wide)
    assert "code" in answer_of(browser.sign_in(browser.authorize(portal), typed))


def test_an_address_signs_in_only_where_its_owner_switched_it_on(idp: Idp, portal: dict) -> None:
    off, on = new_name(), new_name()
    idp.account(off, "--email", f"{off}@example.jp")
    idp.account(on, "--email", f"{on}@example.jp", "--email-login")
    browser = Browser(idp)
    refused = browser.sign_in(browser.authorize(portal), f"{off}@example.jp")
    assert any("メールアドレスでログインできるのは" in error for error in errors(refused))
    assert "code" in answer_of(browser.sign_in(browser.authorize(portal), f"{on}@EXAMPLE.jp"))


def visible(answer: requests.Response, name: str) -> str:
    """The page without what differs at every showing."""
    text = re.sub(r'(name="(?:csrf|j|sealed)" value|[?;]j)="?[^"&]*| data-options="[^"]*"', r"\1", answer.text)
    return text.replace(name, "NAME")


def test_unknown_and_known_names_look_alike_up_to_the_wait_and_beyond(idp: Idp, portal: dict) -> None:
    known, unknown = new_name(), new_name()
    idp.account(known)
    pages: dict[str, list[str]] = {known: [], unknown: []}
    for name, seen in pages.items():
        browser = Browser(idp)
        page = browser.authorize(portal)
        for _ in range(6):
            page = browser.sign_in(page, name, "Wrong1wrong")
            assert page.status_code == 200
            headers = {k: v for k, v in page.headers.items() if k not in ("Date", "Content-Length", "X-Request-Id")}
            seen.append(visible(page, name) + repr(sorted(headers)))
    strip_time = [re.sub(r"\d+時\d+分", "TIME", page) for page in pages[known]]
    assert strip_time == [re.sub(r"\d+時\d+分", "TIME", page) for page in pages[unknown]]
    assert "あと3回" in strip_time[1] and "までログインできません" in strip_time[4] and "までログインできません" in strip_time[5]


def test_while_the_wait_runs_even_the_right_password_waits(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    page = browser.authorize(portal)
    for _ in range(5):
        page = browser.sign_in(page, name, "Wrong1wrong")
    page = browser.sign_in(page, name)
    assert any("までログインできません" in error for error in errors(page))
    idp.within("account", "unlock", name)
    assert "code" in answer_of(browser.sign_in(page, name))


def test_that_an_account_is_suspended_is_said_only_after_the_right_password(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    idp.within("account", "lock", name)
    browser = Browser(idp)
    wrong = browser.sign_in(browser.authorize(portal), name, "Wrong1wrong")
    assert not any("ご利用になれません" in error for error in errors(wrong))
    right = browser.sign_in(wrong, name)
    assert any("ご利用になれません" in error for error in errors(right))


def test_empty_fields_are_asked_for_and_what_was_typed_is_kept(idp: Idp, portal: dict) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), "", "")
    assert len(errors(page)) == 2 and "<title>エラー：" in page.text
    page = browser.sign_in(page, "hanako<b>", "")
    assert form_of(page).fields[form_of(page).named("username")] == "hanako<b>"
    assert PASSWORD not in page.text


def test_a_letter_password_must_be_replaced_and_is_dead_afterwards(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name, "--letter", password="Letter2pass")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), name, "Letter2pass")
    form = form_of(page)
    assert set(form.tokens) >= {"new-password", "username"}
    assert errors(browser.submit(form, **{form.named("new-password"): "short"}))
    same = browser.submit(form, **{form.named("new-password"): "Letter2pass"})
    assert any("現在と同じ" in error for error in errors(same))
    done = browser.submit(form, **{form.named("new-password"): PASSWORD})
    assert exchange(idp, portal, answer_of(done)["code"]).status_code == 200
    other = Browser(idp)
    assert errors(other.sign_in(other.authorize(portal), name, "Letter2pass"))
    assert "code" in answer_of(other.sign_in(other.authorize(portal), name))


def test_between_the_letter_password_and_the_new_one_no_page_and_no_code_is_reachable(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name, "--letter", password="Letter2pass")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), name, "Letter2pass")
    journey = form_of(page).fields["j"]
    silent = answer_of(browser.authorize(portal, prompt="none"))
    assert silent["error"] == "login_required"
    for path in ("/consent", "/login", "/login/choose", "/login/first"):
        seen = browser.go(f"{path}?j={journey}")
        assert seen.status_code == 200 and "new-password" in seen.text
    assert "ログインしていません" in browser.go("/").text


def test_a_page_that_stood_open_too_long_goes_on_with_the_same_request(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    form = form_of(browser.authorize(portal, state="kept"))
    form.fields["j"] = "x" * 43  # what the server has forgotten
    done = browser.submit(form, **{form.named("username"): name, form.named("current-password"): PASSWORD})
    assert answer_of(done)["state"] == "kept"


def test_what_a_page_keeps_is_of_no_use_in_another_browser(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    mine, other = Browser(idp), Browser(idp)
    stolen = form_of(mine.authorize(portal))
    own = form_of(other.authorize(portal))
    for fields in ({"j": stolen.fields["j"], "sealed": ""}, {"j": "", "sealed": stolen.fields["sealed"]}):
        mixed = {**own.fields, **fields, "identifier": name, "password": PASSWORD}
        assert other.submit(own, **mixed).status_code == 400
    assert other.go(f"/login?j={stolen.fields['j']}").status_code == 400


def test_two_tabs_do_not_disturb_each_other(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    first, second = browser.authorize(portal, state="one"), browser.authorize(portal, state="two")
    assert answer_of(browser.sign_in(second, name))["state"] == "two"
    assert answer_of(browser.sign_in(first, name))["state"] == "one"


def test_back_after_the_end_shows_that_it_is_done(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    page = browser.authorize(portal)
    browser.sign_in(page, name)
    assert "すでに完了しています" in browser.go(page.url).text
    again = browser.sign_in(page, name)
    assert again.status_code == 200 and "すでに完了しています" in again.text
