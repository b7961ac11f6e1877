"""Staff of every role: with a browser at a running installation, or inside one without a server."""

import time
from typing import Any

import pyotp
import requests
from flask import Flask
from flask.testing import FlaskClient

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import console_sessions, factors, members
from idp.web import csrf
from tests.running import PASSWORD, Browser, Idp, form_of, new_name
from tests.settings.member import inside

ROLES = ("viewer", "desk", "supervisor", "administrator")
BROWSER = "b" * 43


class Colleague:
    """One of the staff with an authenticator app and a browser."""

    def __init__(self, idp: Idp, role: str):
        self.idp, self.role, self.name = idp, role, new_name()
        self.subject = idp.account(self.name, "--role", role)
        self.secret = factors.new_secret()
        with inside(idp) as deps, deps.database.write() as connection:
            factors.set_app(connection, deps, self.subject, self.secret, 0)
        self.browser = Browser(idp)
        self._step = 0

    def code(self) -> str:
        """The digits of a step that was not used yet: the one that runs, or the one after it, which the clock's drift allows."""
        self._step = max(int(time.time()) // 30, self._step + 1)
        return pyotp.TOTP(self.secret).generate_otp(self._step)

    def prove(self, page: requests.Response) -> requests.Response:
        """Type password and code wherever they are asked for."""
        if "current-password" in page.text:
            form = form_of(page)
            page = self.browser.submit(form, **{form.named("username"): self.name, form.named("current-password"): PASSWORD})
        if "one-time-code" in page.text:
            form = form_of(page)
            page = self.browser.submit(form, **{form.named("one-time-code"): self.code()})
        return page

    def go(self, path: str) -> requests.Response:
        """A page of the console, signed in as far as it takes."""
        return self.prove(self.browser.go(path))


class Inside:
    """The pages without a server, in the hands of a colleague; `client` is Flask's own."""

    def __init__(self, pages: Flask, deps: Deps, account: Account, seconds: int = 0):
        self.deps, self.account = deps, account
        self.client: FlaskClient = pages.test_client()
        self.cookie = console_sessions.start(deps, account, "sid-" + account.id, deps.now() - seconds, "token")
        for name, value in (("idp-console", self.cookie), ("idp-browser", BROWSER)):
            self.client.set_cookie(name, value, domain="localhost")

    def get(self, path: str) -> Any:
        """A page."""
        return self.client.get(path, base_url=self.deps.settings.issuer)

    def post(self, path: str, **values: str) -> Any:
        """A form with our token in it."""
        form = {csrf.FIELD: csrf.token(self.deps, BROWSER), **values}
        return self.client.post(path, data=form, base_url=self.deps.settings.issuer, headers={"Sec-Fetch-Site": "same-origin"})


def account_of(deps: Deps, subject: str) -> Account:
    """The account as it is now."""
    found = members.find(deps, subject)
    assert found
    return found
