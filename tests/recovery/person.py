"""Somebody who has forgotten something: a contract, perhaps an account, and a browser."""

import re
import time
from dataclasses import dataclass
from typing import Any

import requests

from tests.running import Browser, Form, Idp, form_of, new_name
from tests.services import START_SECONDS

PEOPLE = 200
NEW = "Sumire8Kawa"
FORM, CONFIRM, DONE, CODE = "/recovery", "/recovery/confirm", "/recovery/done", "/recovery/code"
SECOND, PASSWORD, CHANGED = "/recovery/second", "/recovery/password", "/recovery/changed"


@dataclass(frozen=True)
class Contract:
    """One row of the operator's file."""

    number: int
    kind: str = "個人"

    @property
    def mail(self) -> str:
        """The mailbox that the operator gave with the contract."""
        return f"k{self.number}@hikari.example"

    @property
    def row(self) -> str:
        """As the file has it."""
        name = f"山田 花子{self.letters}" if self.kind == "個人" else f"株式会社甲賀{self.letters}"
        birth = "昭和33年4月1日" if self.kind == "個人" else ""
        return f"{self.number},{self.kind},0748-{self.number // 10000:02}-{self.number % 10000:04},{name},{birth},{self.mail}"

    @property
    def letters(self) -> str:
        """What tells this name from the others."""
        return "".join("一二三四五六七八九十"[int(digit)] for digit in str(self.number))


COMPANIES = 20
CONTRACTS = [Contract(660_000 + n, "法人" if n < COMPANIES else "個人") for n in range(PEOPLE)]


def table() -> str:
    """The operator's file."""
    return "\n".join(["お客様番号,契約種別,電話番号,契約者名,生年月日,メールアドレス", *(one.row for one in CONTRACTS)]) + "\n"


def title(page: requests.Response) -> str:
    """The heading."""
    return re.sub("<[^>]+>", "", re.findall(r"<h1>(.*?)</h1>", page.text, re.S)[0])


def errors(page: requests.Response) -> str:
    """What stands beside the fields."""
    return " ".join(re.sub("<[^>]+>", "", one) for one in re.findall(r'<p class="error"[^>]*>(.*?)</p>', page.text, re.S))


class Person:
    """A contract with a browser."""

    def __init__(self, idp: Idp, contract: Contract):
        self.idp, self.contract, self.name = idp, contract, new_name()
        self.browser = Browser(idp)
        self.mail = f"{self.name}@home.example"
        self.number = "+81901" + str(int(self.name[1:], 16))[-7:]
        self.subject = ""

    def join(self, *options: str, mail: bool = True, phone: bool = True) -> "Person":
        """Have an account, with both destinations proven."""
        given = [*(["--email", self.mail] if mail else []), *(["--phone", "0" + self.number[3:]] if phone else [])]
        kind = "individual" if self.contract.kind == "個人" else "corporate"
        contract = ("--contractor-id", str(self.contract.number), "--contract-type", kind)
        self.subject = self.idp.account(self.name, *given, *contract, *options)
        return self

    @property
    def facts(self) -> dict[str, str]:
        """What the form wants of this contract."""
        if self.contract.kind == "法人":
            return {"type": "corporate", "corporate_name": f"（株）甲賀{self.contract.letters}", "isp_mail": self.contract.mail}
        born = {"birth_year": "S33", "birth_month": "4", "birth_day": "１"}
        name = {"family_name": "山田", "given_name": f"花子{self.contract.letters}"}
        return {"type": "individual", **name, **born, "isp_mail": self.contract.mail}

    def open(self, kind: str = "id", path: str = "", browser: Browser | None = None) -> Form:
        """The form, as a link to it opens."""
        return form_of((browser or self.browser).go(path or f"{FORM}?kind={kind}"))

    def fill(self, kind: str = "id", dest: str = "mail", **changes: str) -> requests.Response:
        """The page that shows what was typed: the facts of the contract, with changes."""
        return self.browser.submit(self.open(kind), **{"by": "facts", "dest": dest, **self.facts, **changes})

    def ask(self, kind: str = "id", dest: str = "mail", **changes: str) -> requests.Response:
        """All the way to the last page."""
        return self.send(self.fill(kind, dest, **changes))

    def ask_by_name(self, dest: str = "mail", name: str = "") -> requests.Response:
        """The same with nothing but the login ID."""
        page = self.browser.submit(self.open("pw"), by="login_id", login_id=name or self.name, dest=dest)
        return self.send(page)

    def send(self, page: requests.Response, **values: str) -> requests.Response:
        """Send the form of a page."""
        return self.browser.submit(form_of(page), **values)

    def link(self, count: int = 1) -> str:
        """The newest link that came by mail, once `count` mails have come."""
        said = "".join(mail.get_content() for mail in self.idp.wait_for_mails(self.mail, count))  # a notice may come after it
        return re.findall(r"http://localhost:\d+/reset/\S+", said)[-1]

    def code(self, count: int = 1) -> str:
        """The newest code that came by SMS."""
        return self.idp.wait_for_code(self.number, count)

    def type_code(self, page: requests.Response, count: int = 1) -> requests.Response:
        """Type the code of the SMS on the last page of the request."""
        return self.send(page, code=self.code(count))

    def set(self, page: requests.Response, password: str = NEW) -> requests.Response:
        """Type a new password."""
        return self.send(page, new_password=password)

    def sign_in(self, password: str, browser: Browser | None = None) -> requests.Response:
        """At the provider's own sign-in page."""
        browser = browser or Browser(self.idp)
        return browser.sign_in(browser.go("/login"), self.name, password)

    def results(self, count: int = 1, seconds: float = START_SECONDS) -> list[str]:
        """What came of this account's requests, once `count` were answered."""
        end = time.monotonic() + seconds
        while len(found := [row["result"] for row in self.requests()]) < count:
            assert time.monotonic() < end, found
            time.sleep(0.05)
        return found

    def requests(self) -> list[dict[str, Any]]:
        """Their rows in the record."""
        return [row for row in self.idp.audit("recovery_requested") if row["account_id"] == self.subject]
