"""Somebody who registers: a contract of their own, a browser, and the mail that comes."""

import csv
import io
import itertools
import re
import time
from pathlib import Path
from typing import Any

import requests

from tests.contractor.files import HEADINGS, contract
from tests.running import Browser, Idp, form_of, new_name
from tests.settings.member import errors, rows, title

VERIFY, DETAILS, CONFIRM, SENT = "/register", "/register/details", "/register/confirm", "/register/sent"
FINISH, DONE, PENDING = "/register/finish", "/register/done", "/register/pending"
PASSWORD = "Kx7mQ2vnSumire"
_numbers = itertools.count(int(time.time_ns() // 1_000_000) % 400_000)


def import_contracts(idp: Idp, contracts: list[dict[str, str]]) -> None:
    """Make these the operator's contracts, beside those that earlier tests have left."""
    known: Path = idp.folder / "contracts.csv"
    before = list(csv.DictReader(io.StringIO(known.read_text()))) if known.exists() else []
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADINGS)
    writer.writeheader()
    writer.writerows([*before, *contracts])
    known.write_text(out.getvalue())
    idp.within("contractor", "import", str(known))


def new_contracts(idp: Idp, count: int) -> list[dict[str, str]]:
    """So many contracts like no other, in the records already."""
    found = [contract(next(_numbers)) for _ in range(count)]
    import_contracts(idp, found)
    return found


def facts(row: dict[str, str], **changes: str) -> dict[str, str]:
    """The three facts that the standard policy asks for, as a member types them."""
    return {"customer_number": row["customer_number"], "phone": row["phone"], "kana_name": row["kana_name"], **changes}


def said(page: requests.Response) -> str:
    """Everything on the page, without tags."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page.text.partition("<main")[2]))


def link_in(mail: Any) -> str:
    """The address in a mail."""
    return re.findall(r"https?://\S+/register/open/\S+", mail.get_content())[0]


class Applicant:
    """One contract, one browser; a member to be."""

    def __init__(self, idp: Idp, row: dict[str, str]):
        self.idp, self.row, self.name = idp, row, new_name()
        self.mail = f"{self.name}@mail.example"
        self.browser = Browser(idp)

    def send(self, page: requests.Response, browser: Browser | None = None, **values: str) -> requests.Response:
        """Send the form of a page."""
        return (browser or self.browser).submit(form_of(page), **values)

    def begin(self, client: dict[str, Any] | None = None, **parameters: str) -> requests.Response:
        """From the portal's request, or from nowhere, to the first page."""
        if client is None:
            return self.browser.go(VERIFY)
        page = self.browser.authorize(client, **parameters)
        return self.browser.go(re.findall(r'href="(/register\?[^"]+)"', page.text)[0].replace("&amp;", "&"))

    def verify(self, client: dict[str, Any] | None = None, **changes: str) -> requests.Response:
        """Past the first page."""
        return self.send(self.begin(client), **facts(self.row, **changes))

    def details(self, page: requests.Response, **changes: str) -> requests.Response:
        """Fill in the second page."""
        values = {"login_id": self.name, "email": self.mail, "nickname": "はなこ", "new_password": PASSWORD, "action": "next"}
        return self.send(page, **{**values, **changes})

    def confirm(self, client: dict[str, Any] | None = None, **changes: str) -> requests.Response:
        """As far as the third page."""
        page = self.details(self.verify(client), **changes)
        assert title(page) == "入力内容の確認", errors(page)
        return page

    def sent(self, client: dict[str, Any] | None = None, **changes: str) -> requests.Response:
        """As far as the page that says that the mail is on its way."""
        page = self.send(self.confirm(client, **changes))
        assert title(page) == "メールをご確認ください", said(page)
        return page

    def link(self, count: int = 1, mail: str | None = None) -> str:
        """The link of the newest of so many mails."""
        found = [one for one in self.idp.wait_for_mails(mail or self.mail, count) if "/register/open/" in one.get_content()]
        return link_in(found[-1])

    def open(self, browser: Browser | None = None, link: str | None = None) -> requests.Response:
        """The page behind the link."""
        return (browser or self.browser).go(link or self.link())

    def finish(self, page: requests.Response, browser: Browser | None = None, password: str = PASSWORD) -> requests.Response:
        """Type the password there."""
        return self.send(page, browser, password=password)

    def registered(self, client: dict[str, Any] | None = None, browser: Browser | None = None) -> requests.Response:
        """All the way to the page that says so."""
        self.sent(client)
        page = self.finish(self.open(browser), browser)
        assert title(page) == "登録が完了しました", said(page)
        return page

    @property
    def accounts(self) -> list[tuple]:
        """What the member table holds of this login ID."""
        return rows(self.idp, "SELECT id, nickname, contract_key FROM accounts WHERE login_id_key = :name", name=self.name)
