"""A member with passkeys at a running installation, and with a browser that can use them."""

import html
import json
import re
from typing import Any

import requests

from tests.passkeys.authenticator import Authenticator
from tests.running import Browser, Idp, form_of
from tests.settings.member import Member, rows

LIST, ADD = "/account/passkeys", "/account/passkeys/add"
NO = "このパスキーでは確認できませんでした"


def options_of(page: requests.Response) -> dict[str, Any]:
    """What the page hands to the browser's WebAuthn."""
    found: dict[str, Any] = json.loads(html.unescape(re.findall(r'data-options="([^"]*)"', page.text)[0]))
    return found


def give(browser: Browser, page: requests.Response, credential: Any, follow: bool = True, path: str = "", **values: str) -> requests.Response:
    """Send a page's form with what the browser says of a passkey, to where the page's script would send it."""
    form = form_of(page)
    form.action = browser.idp.issuer + (path or re.findall(r'data-action="([^"]*)"', page.text)[0])
    said = credential if isinstance(credential, str) else json.dumps(credential)
    return browser.submit(form, follow, credential=said, **values)


class Holder(Member):
    """A member whose device makes passkeys."""

    def new(self, **how: Any) -> Authenticator:
        """A device that has no passkey yet."""
        return Authenticator(self.idp.issuer, **how)

    def add(self, key: Authenticator | None = None, name: str = "", **how: Any) -> Authenticator:
        """A passkey, made on the page for it."""
        key, page = key or self.new(), self.at(ADD)
        page = give(self.browser, page, key.make(options_of(page), **how), name=name)
        assert "パスキーを追加しました" in page.text, page.text
        return key

    def sign_in(self, key: Authenticator, page: requests.Response, browser: Browser, follow: bool = True, **how: Any) -> requests.Response:
        """Answer a sign-in page with the passkey."""
        return give(browser, page, key.answer(options_of(page), **how), follow)

    def stored(self) -> list[tuple]:
        """The passkeys on record: id and name."""
        return rows(self.idp, "SELECT id, name FROM passkeys WHERE account_id = :a ORDER BY created_at, id", a=self.subject)

    def comes_in(self, portal: dict, key: Authenticator) -> bool:
        """Whether the passkey signs in now."""
        browser = Browser(self.idp)
        return self.sign_in(key, browser.authorize(portal), browser).is_redirect


def holder(idp: Idp, *options: str) -> tuple[Holder, Authenticator]:
    """A member with one passkey."""
    member = Holder(idp, *options)
    return member, member.add()
