"""The pages of my account, of a member with ten rows of history and of one with ten thousand."""

from dataclasses import replace
from typing import Callable

from idp import config, parts
from idp.tables.schema import audit
from tests.bench import load
from tests.bench.figure import Figure, Round, figure, in_turn
from tests.bench.load import Portal, message

PATHS = (
    "/account", "/account/history", "/account/password", "/account/login-id", "/account/nickname", "/account/card", "/account/sessions",
    "/account/devices", "/account/second-factor", "/account/app", "/account/not-me", "/account/email-sign-in", "/account/consents",
    "/account/agreements", "/account/language", "/account/data", "/account/close",
)  # fmt: skip
FEW, MANY = 10, 10_000
Ask = Callable[[str, list[bytes]], tuple[Round, list[bytes]]]  # "ours" or "reference", requests: what it took, and the bodies


def fill(settings_file: str, subjects: dict[str, int]) -> None:
    """Give each member of these so many rows of history."""
    deps = parts.open_deps(*config.load(settings_file))
    for subject, count in subjects.items():
        row = {"event": "sign_in", "result": "ok", "account_id": subject, "address": "192.0.2.1", "detail": '{"device": "ios.safari"}'}
        with deps.database.write() as connection:
            connection.execute(audit.insert(), [{**row, "at": deps.now() - number} for number in range(count)])
    parts.close_deps(deps)


def cookies(portal: Portal, login_id: str) -> tuple[float, list[str]]:
    """The Cookie header of a browser in which this member is signed in."""

    def signed_in(line: load.Line, name: str) -> str:
        browser = load.Browser(line, portal)
        browser.sign_in(name)
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    return load.each(portal.port, [login_id], signed_in)


def account(portal: Portal, cookie: dict[int, str], ask: Ask, quick: bool) -> Figure:
    """The dearest page of the member with many rows against a template of Flask's that is as long; `cookie` by rows of
    history. Beside it: how many times the history's page with many rows costs that with few."""
    count, rounds = (40, 2) if quick else (100, 6)

    def asked(path: str, rows: int) -> tuple[Round, list[bytes]]:
        request = message("GET", path, portal.host, {"Cookie": cookie[rows], "Accept-Language": "ja"})
        return ask("ours", [request] * count)

    found: dict[str, Figure] = {}
    for path in PATHS:
        size = len(asked(path, MANY)[1][0])
        template = message("GET", f"/template/{size}", portal.host)
        pairs = in_turn(rounds, lambda: asked(path, MANY)[0], lambda: ask("reference", [template] * count)[0])  # noqa: B023
        found[path] = figure("account", 3.0, False, "template", pairs)
    dearest = max(found, key=lambda path: found[path].value)
    pairs = in_turn(rounds, lambda: asked("/account/history", MANY)[0], lambda: asked("/account/history", FEW)[0])
    growth = figure("account", 3.0, False, "few", pairs).value
    others = {path.removeprefix("/account").strip("/") or "overview": one.value for path, one in found.items()}
    return replace(found[dearest], raw={f"{MANY:,} ÷ {FEW} rows": growth, **others, **found[dearest].raw})
