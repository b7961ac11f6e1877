"""A member at the settings: signs in, steps up, types codes, and sees what the durable store holds."""

import contextlib
import re
import time
from typing import Any, Iterator

import pyotp
import requests
from sqlalchemy import create_engine, text

from idp import config, parts
from idp.deps import Deps
from idp.domain.journey import Proof
from idp.services import members, sessions
from tests import services
from tests.running import Browser, Idp, form_of, new_name

STATUS, EDIT, VERIFY = "/account/second-factor", "/account/second-factor/edit", "/account/second-factor/verify"
OFF, APP, CODES, DEVICES = f"{STATUS}/off", "/account/app", "/account/recovery-codes", "/account/devices"


def errors(page: requests.Response) -> str:
    """What stands beside the fields."""
    return " ".join(re.sub("<[^>]+>", "", one) for one in re.findall(r'<p class="error"[^>]*>(.*?)</p>', page.text, re.S))


def title(page: requests.Response) -> str:
    """The heading."""
    return re.sub("<[^>]+>", "", re.findall(r"<h1>(.*?)</h1>", page.text, re.S)[0])


def settled(idp: Idp) -> None:
    """Wait until every request has been worked on, and every letter that came of one has gone."""
    waiting = "SELECT count(*) FROM outbox WHERE channel IN ('request', 'mail', 'sms') AND outcome = 'queued'"
    services.wait_until(lambda: rows(idp, waiting) == [(0,)])


def rows(idp: Idp, question: str, **values: Any) -> list[tuple]:
    """What the durable store answers; changes are made too."""
    settings, _ = config.load(str(idp.config))
    url = settings.database.url
    url = f"sqlite:///{idp.folder}/idp.db" if url.startswith("sqlite") else url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.begin() as connection:
        found = connection.execute(text(question), values)
        answer = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return answer


@contextlib.contextmanager
def inside(idp: Idp) -> Iterator[Deps]:
    """The parts of a running installation, opened once more."""
    deps = parts.open_deps(*config.load(str(idp.config)), migrate=False)
    yield deps
    parts.close_deps(deps)


def age(idp: Idp, browser: Browser, seconds: int) -> None:
    """Let the browser's session have been proven so long ago."""
    with inside(idp) as deps:
        cookie = browser.cookies["idp-session"]
        found = sessions.find(deps, cookie)
        assert found
        account = members.find(deps, found.subject)
        assert account
        old = Proof(found.subject, found.epoch, deps.now() - seconds, found.methods)
        browser.cookies.set("idp-session", sessions.start(deps, account, old, cookie)[0], domain="localhost.local", path="/")


RESENT = "もう一度送りました。先に届いたコードも、期限までは使えます。"


def resent(page: requests.Response) -> bool:
    """Whether the page says that the code has been sent again, to a screen reader too."""
    return f'role="status">{RESENT}' in page.text


class Member:
    """One member with one browser."""

    def __init__(self, idp: Idp, *options: str):
        self.idp, self.name = idp, new_name()
        self.subject = idp.account(self.name, *options)
        self.browser = Browser(idp)

    @property
    def mail(self) -> str:
        """An address of their own that is not registered yet."""
        return f"{self.name}@home.example"

    @property
    def number(self) -> str:
        """The same for a mobile number, in E.164."""
        return "+81901" + str(int(self.name[1:], 16))[-7:]

    def at(self, path: str, browser: Browser | None = None) -> requests.Response:
        """Open a page of the settings; the password is typed where it is asked for."""
        browser = browser or self.browser
        page = browser.go(path)
        return browser.sign_in(page, self.name) if "current-password" in page.text else page

    def send(self, page: requests.Response, **values: str) -> requests.Response:
        """Send the form of a page."""
        return self.browser.submit(form_of(page), **values)

    def pass_code(self, page: requests.Response, to: str, count: int = 1) -> requests.Response:
        """Type the code on the page of a sign-in; where a button asks for it first, press it."""
        if "one-time-code" not in page.text:
            page = self.send(page, action="send")
        form = form_of(page)
        return self.browser.submit(form, **{form.named("one-time-code"): self.idp.wait_for_code(to, count)})

    def enter(self, **values: str) -> requests.Response:
        """The settings with these values, consent given."""
        return self.send(self.at(EDIT), consent="yes", **values)

    def prove(self, page: requests.Response, key: str, to: str, count: int = 1) -> requests.Response:
        """Have a code sent to one destination and type it back."""
        page = self.send(page, action=f"send_{key}")
        return self.send(page, action="check", **{f"code_{key}": self.idp.wait_for_code(to, count)})

    def switch_on(self) -> requests.Response:
        """Codes by mail from now on; the page that says so."""
        page = self.prove(self.enter(email=self.mail), "email", self.mail)
        return self.send(page, action="save")

    def app(self, page: requests.Response) -> tuple[requests.Response, str]:
        """From the page of the app to the page with the picture; and the secret that stands there."""
        page = self.send(page)
        return page, re.findall(r'<p class="key-text">([^<]+)', page.text)[0].replace(" ", "")

    def set_app(self, page: requests.Response) -> tuple[requests.Response, str]:
        """All the way to the printed codes; and the secret."""
        page, secret = self.app(page)
        return self.send(page, code=pyotp.TOTP(secret).now()), secret


def printed(page: requests.Response) -> list[str]:
    """The recovery codes on a page."""
    return re.findall(r"<li>([a-z0-9-]{19})</li>", page.text)


def next_code(secret: str) -> str:
    """The digits of the step after this one, which the clock's drift allows."""
    return pyotp.TOTP(secret).at(time.time(), counter_offset=1)
