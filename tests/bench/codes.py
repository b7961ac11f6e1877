"""Sign-ins with a code and in remembered browsers. Codes are read from the outbox, in the load's own process."""

import json
import re
from typing import Any

from sqlalchemy import select

from idp import config, parts
from idp.domain.letter import Letter
from idp.services import letters
from idp.tables.schema import outbox
from tests import running
from tests.bench.load import Answer, Browser, Line, Portal, Shown, code_of, each

_opened: dict[str, Any] = {}


def _newest_code(settings_file: str, address: str) -> str:
    """The code of the newest letter to this address."""
    if settings_file not in _opened:
        _opened[settings_file] = parts.open_deps(*config.load(settings_file))
    deps, columns = _opened[settings_file], [outbox.c[name] for name in Letter.__dataclass_fields__]
    with deps.database.read() as connection:
        query = select(*columns).where(outbox.c.recipient == address).order_by(outbox.c.id.desc()).limit(1)
        row = connection.execute(query).mappings().one()
    subject, _ = letters.render(deps, Letter(**row))
    return re.findall("[0-9]{6}", subject)[-1]


class CodeBrowser(Browser):
    """Follows us to the code page, and keeps what it is remembered by."""

    def password(self, login_id: str) -> Answer:
        """From the portal's redirect over the password to whatever comes then."""
        page = self.ask("GET", self.portal.authorization())
        form = running.form_of(Shown(page.body.decode(), f"http://{self.portal.host}/login"))  # type: ignore[arg-type]
        typed = {form.named("username"): login_id, form.named("current-password"): running.PASSWORD}
        return self.ask("POST", "/login", {**form.fields, **typed})

    def code(self, page: Answer, code: str, **more: str) -> Answer:
        """Type the code into the page."""
        form = running.form_of(Shown(page.body.decode(), f"http://{self.portal.host}/code"))  # type: ignore[arg-type]
        return self.ask("POST", "/code", {**form.fields, form.named("one-time-code"): code, **more})


def _tokens(line: Line, portal: Portal, answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line.ask(portal.exchange(code_of(answer))).body)
    assert found["id_token"]
    return found


def coded_sign_ins(portal: Portal, settings_file: str, login_ids: list[str]) -> tuple[float, list[dict[str, Any]]]:
    """Whole journeys with a code by mail, each in a fresh browser."""

    def journey(line: Line, login_id: str) -> dict[str, Any]:
        browser = CodeBrowser(line, portal)
        page = browser.password(login_id)
        return _tokens(line, portal, browser.code(page, _newest_code(settings_file, f"{login_id}@mail.example")))

    return each(portal.port, login_ids, journey)


def remembered(portal: Portal, settings_file: str, login_ids: list[str]) -> list[dict[str, str]]:
    """Let a browser be remembered for each member; returns the cookies of the trust."""

    def journey(line: Line, login_id: str) -> dict[str, str]:
        browser = CodeBrowser(line, portal)
        page = browser.password(login_id)
        browser.code(page, _newest_code(settings_file, f"{login_id}@mail.example"), remember="yes")
        return {name: value for name, value in browser.cookies.items() if name.startswith("idp-trust-")} | {"": login_id}

    return each(portal.port, login_ids, journey)[1]


def trusted_sign_ins(portal: Portal, cookies: list[dict[str, str]]) -> tuple[float, list[dict[str, str]]]:
    """Whole journeys without a code in browsers that hold nothing but their trust; returns the cookies for the next time."""

    def journey(line: Line, held: dict[str, str]) -> dict[str, str]:
        trust = {name: value for name, value in held.items() if name}
        browser = CodeBrowser(line, portal, dict(trust))
        _tokens(line, portal, browser.password(held[""]))
        return {name: browser.cookies[name] for name in trust} | {"": held[""]}

    return each(portal.port, cookies, journey)
