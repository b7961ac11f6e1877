"""`idp demo` as a whole: the sample portal signs a sample member in through the real provider, and a restart keeps the data."""

import re
from pathlib import Path

import requests

from idp.demo.pages import MEMBERS, TEXTS, contracts
from tests.registration.applicant import Applicant
from tests.running import Browser, Idp, configure, form_of, serving
from tests.services import free_port

HANAKO = MEMBERS[0]


def signed_in(page: requests.Response) -> bool:
    return page.url.endswith("/demo/") and "urn:x-idp:acr:1" in page.text


def subject(page: requests.Response) -> str:
    found = re.search(r"<code>sub</code>.*?<td>([^<]+)</td>", page.text, re.DOTALL)
    assert found, page.text
    return found[1]


def first_sign_in(idp: Idp) -> tuple[Browser, requests.Response]:
    browser = Browser(idp)
    return browser, browser.sign_in(browser.go("/demo/sign-in"), HANAKO["email"], HANAKO["password"])


def test_the_portal_signs_in_through_the_real_provider(tmp_path: Path) -> None:
    idp = configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", free_port())
    with serving(idp, "demo"):
        page = Browser(idp).go("/demo/sign-in?ask=silent")
        assert page.status_code == 400 and TEXTS["ja"]["error.login_required"] in page.text
        browser, page = first_sign_in(idp)
        assert signed_in(page) and "はなこ さん、こんにちは" in page.text and "滋賀県" in page.text and "+819012345678" in page.text
        before = subject(page)
        account = browser.go(re.findall(r'href="([^"]*/account[^"]+)"', page.text)[0])
        assert "に戻る" in account.text and f'href="{idp.issuer}/demo/"' in account.text, "the account leads back to the portal"
        assert signed_in(browser.go("/demo/sign-in?ask=silent"))
        for ask in ("again", "fresh"):
            page = browser.go(f"/demo/sign-in?ask={ask}")
            assert not signed_in(page) and "current-password" in form_of(page).tokens  # the session alone is not enough
            assert signed_in(browser.sign_in(page, HANAKO["login_id"], HANAKO["password"]))
        page = browser.submit(form_of(browser.go("/demo/")))
        assert page.url.endswith("/demo/") and TEXTS["ja"]["home.sign_in"] in page.text, "at once, and back"
        assert TEXTS["ja"]["error.login_required"] in browser.go("/demo/sign-in?ask=silent").text
        assert '<html lang="en"' in Browser(idp).go("/demo/sign-in?ask=english").text
        assert requests.get(f"{idp.issuer}/demo/outbox", timeout=10).status_code == 200
    with serving(idp, "demo"):
        _, page = first_sign_in(idp)
        assert signed_in(page) and subject(page) == before


def test_a_sample_contract_of_the_page_can_be_registered(tmp_path: Path) -> None:
    idp = configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", free_port())
    number, phone, kana = contracts()[0]
    hanako = Applicant(idp, {"customer_number": number, "phone": phone, "kana_name": kana})
    with serving(idp, "demo"):
        assert all(fact in hanako.browser.go("/demo/").text for fact in (number, phone, kana))
        page = hanako.browser.go("/demo/sign-in")
        first = hanako.browser.go(re.findall(r'href="(/register[^"]+)"', page.text)[0])
        details = hanako.send(first, customer_number=number, phone=phone, kana_name=kana)
        hanako.send(hanako.details(details))
        page = hanako.send(hanako.finish(hanako.open()))
        assert signed_in(page) and "はなこ さん、こんにちは" in page.text and number.lstrip("0") in page.text
