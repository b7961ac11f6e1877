"""The sample portal against a small real provider: what it asks, what it accepts and what it refuses."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from idp.adapters.mail_folder import FolderMail
from idp.adapters.sms_folder import FolderSms
from idp.demo.pages import TEXTS
from idp.demo.portal import create_portal
from tests.demo.provider import INFO, Provider, application, serving


@dataclass(frozen=True)
class Site:
    """Provider and portal on one address."""

    url: str
    provider: Provider
    folder: Path

    def browser(self) -> requests.Session:
        """A browser without cookies."""
        return requests.Session()

    def sign_in(self, browser: requests.Session, ask: str = "") -> requests.Response:
        """Follow the sign-in link to its end."""
        return browser.get(f"{self.url}/demo/sign-in", params={"ask": ask}, timeout=10)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made: dict[str, Any] = {}

    def build(port: int) -> Any:
        issuer = f"http://127.0.0.1:{port}"
        made["provider"] = provider = Provider(issuer, "portal", "a secret / with + signs")
        portal = create_portal(issuer, "portal", provider.client_secret, b"k" * 32, tmp_path / "mail", tmp_path / "sms")
        return DispatcherMiddleware(application(provider), {"/demo": portal})

    with serving(build) as port:
        yield Site(f"http://127.0.0.1:{port}", made["provider"], tmp_path)


def test_signs_in_and_shows_what_was_verified(site: Site) -> None:
    page = site.sign_in(browser := site.browser())
    assert page.url == f"{site.url}/demo/" and page.status_code == 200
    for expected in ("はなこ&lt;b&gt; さん、こんにちは", "urn:x-idp:acr:1", "1234567", INFO["sub"], TEXTS["ja"]["home.checked.info"]):
        assert expected in page.text
    asked = site.provider.asked
    assert asked["code_challenge_method"] == "S256" and asked["scope"] == "openid profile email phone address contract"
    assert asked["redirect_uri"] == f"{site.url}/demo/callback" and len(asked["nonce"]) >= 20 and len(asked["state"]) >= 20
    cookie = page.history[-1].headers["Set-Cookie"]
    assert cookie.startswith("demo-portal=") and "HttpOnly" in cookie and "Path=/demo" in cookie and "SameSite=Lax" in cookie
    assert len(cookie) < 3_000  # with all claims of a member it still fits into a cookie
    signed_out = browser.post(f"{site.url}/demo/sign-out", timeout=10)
    assert TEXTS["ja"]["home.sign_in"] in signed_out.text and "urn:x-idp:acr:1" not in signed_out.text
    left = site.provider.asked
    assert left.pop("id_token_hint").count(".") == 2
    assert left == {"client_id": "portal", "post_logout_redirect_uri": f"{site.url}/demo/", "ui_locales": "ja"}
    site.provider.asked = {}
    assert browser.post(f"{site.url}/demo/sign-out", timeout=10).url == f"{site.url}/demo/" and site.provider.asked == {}


@pytest.mark.parametrize(
    "ask, name, value", [("again", "prompt", "login"), ("fresh", "max_age", "0"), ("silent", "prompt", "none"), ("english", "ui_locales", "en")]
)
def test_asks_what_the_link_says(site: Site, ask: str, name: str, value: str) -> None:
    assert site.sign_in(site.browser(), ask).status_code == 200
    assert site.provider.asked[name] == value


@pytest.mark.parametrize(
    "twist, key, answer",
    [
        ("nonce", "error.bad_token", "invalid_claim"),
        ("iss", "error.bad_token", "invalid_claim"),
        ("aud", "error.bad_token", "invalid_claim"),
        ("exp", "error.bad_token", "expired_token"),
        ("at_hash", "error.bad_token", "invalid_claim"),
        ("signature", "error.bad_token", "bad_signature"),
        ("alg_none", "error.bad_token", "unsupported_algorithm"),
        ("garbage", "error.bad_token", "decode_error"),
        ("no_id_token", "error.missing_id_token", "missing_id_token"),
        ("other_subject", "error.other_subject", "other_subject"),
        ("discovered_issuer", "error.issuer_mismatch", "issuer_mismatch"),
        ("iss_parameter", "error.issuer_mismatch", "issuer_mismatch"),
        ("no_iss_parameter", "error.issuer_mismatch", "issuer_mismatch"),
        ("no_state", "error.mismatching_state", "mismatching_state"),
        ("access_denied", "error.access_denied", "access_denied"),
        ("down", "error.unreachable", ""),
        ("token_down", "error.unreachable", ""),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the provider of this test writes alg "none"
def test_refuses_and_explains(site: Site, twist: str, key: str, answer: str) -> None:
    site.provider.twist = twist
    browser = site.browser()
    page = site.sign_in(browser)
    assert page.status_code == (502 if key == "error.unreachable" else 400) and TEXTS["ja"][key] in page.text
    assert f"<code>{answer}</code>" in page.text or not answer
    assert TEXTS["ja"]["home.sign_in"] in browser.get(f"{site.url}/demo/", timeout=10).text  # not signed in
    site.provider.twist = ""
    assert "urn:x-idp:acr:1" in site.sign_in(browser).text  # and the next attempt works


@pytest.mark.parametrize("ask, status", [("fresh", 400), ("again", 400), ("", 200)])
def test_a_fresh_sign_in_must_be_fresh(site: Site, ask: str, status: int) -> None:
    site.provider.twist = "old_auth_time"
    assert site.sign_in(site.browser(), ask).status_code == status


def test_shows_code_and_description_escaped(site: Site) -> None:
    site.provider.twist = "access_denied"
    page = site.sign_in(site.browser())
    assert "<code>access_denied</code>" in page.text and "stopped by &lt;the member&gt;" in page.text


@pytest.mark.parametrize("twist", ["", "access_denied"])
def test_an_answer_counts_once_and_only_in_the_browser_that_asked(site: Site, twist: str) -> None:
    site.provider.twist = twist
    browser = site.browser()
    callback = site.sign_in(browser).history[1].headers["Location"]
    assert "/demo/callback?" in callback
    for again in (browser, site.browser()):
        page = again.get(callback, timeout=10)
        assert page.status_code == 400 and TEXTS["ja"]["error.mismatching_state"] in page.text


def test_attempts_left_open_do_not_fill_the_cookie(site: Site) -> None:
    site.sign_in(browser := site.browser())
    for _ in range(30):
        begun = browser.get(f"{site.url}/demo/sign-in", allow_redirects=False, timeout=10)
        assert len(begun.headers["Set-Cookie"]) < 3_500
    assert site.sign_in(browser).status_code == 200


def test_outbox_shows_newest_first_and_escapes(site: Site) -> None:
    assert TEXTS["ja"]["outbox.empty"] in requests.get(f"{site.url}/demo/outbox", timeout=10).text
    mail, sms = FolderMail(f"{site.folder}/mail", "no-reply@example.jp"), FolderSms(f"{site.folder}/sms")
    assert mail.send("hanako@example.jp", "認証コード<1>", "コード 012345 <script>\n", "k1").outcome == "accepted"
    assert sms.send("+819012345678", "コード 654321\n@localhost #654321", 0, "k2").outcome == "accepted"
    (site.folder / "mail" / "odd.eml").write_bytes(b"\xff\x00 not a mail")
    for order, file in enumerate([*(site.folder / "mail").iterdir(), *(site.folder / "sms").iterdir()]):
        os.utime(file, (1_795_000_000 + order, 1_795_000_000 + order))
    page = requests.get(f"{site.url}/demo/outbox", timeout=10)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    assert page.text.index("654321") < page.text.index("認証コード&lt;1&gt;") < page.text.index("コード 012345 &lt;script&gt;")
    assert "+819012345678" in page.text and "<script" not in page.text


def test_pages_are_self_contained_and_in_two_languages(site: Site) -> None:
    browser = site.browser()
    for path in ("/demo/", "/demo/outbox", "/demo/?lang=en", "/demo/callback?state=x&error=y"):
        page = browser.get(site.url + path, timeout=10)
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert not re.search(r"<script|style=|https?://(?!127\.0\.0\.1)", page.text)
    assert browser.get(f"{site.url}/demo/", timeout=10).text.count('<html lang="en">') == 1  # the choice is remembered
    assert site.sign_in(browser).status_code == 200 and site.provider.asked["ui_locales"] == "en"
    assert requests.get(f"{site.url}/demo/static/portal.css", timeout=10).headers["Content-Type"].startswith("text/css")
    assert TEXTS["ja"].keys() == TEXTS["en"].keys()


def test_another_name_of_this_machine_leads_to_the_right_one(site: Site) -> None:
    port = site.url.rpartition(":")[2]
    page = requests.get(f"http://localhost:{port}/demo/sign-in", allow_redirects=False, timeout=10)
    assert page.status_code == 302 and page.headers["Location"] == f"{site.url}/demo/"
