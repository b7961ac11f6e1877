"""Every form of the console, as an administrator would send it: whatever fields its page shows, and what every form may have."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from idp.services import accounts, console_client, console_sessions, invitations
from idp.web import csrf, upload
from tests import running
from tests.input.wire import Page, Request
from tests.running import Form

if TYPE_CHECKING:
    from tests.input.inside import Inside

BROWSER = "b" * 43


def console_pages(inside: "Inside") -> dict[str, Page]:
    """A page for each address of the console that takes a form; names in an address stand for nobody."""
    deps = inside.deps
    wish = accounts.NewAccount(login_id="console", password=running.PASSWORD, role="administrator")
    account = accounts.new_account(deps, inside.house.hasher, wish)
    with deps.database.write() as connection:
        accounts.store(connection, deps, account, "test", "test")
    cookie = console_sessions.start(deps, account, "sid-console", deps.now(), "token")
    cookies = {"idp-console": cookie, "idp-browser": BROWSER}
    found = {}
    for path in sorted({path for path in inside.paths if path.startswith("/console/") and "POST" in inside.methods(path)} - {console_client.LOGOUT, invitations.PATH} - upload.PATHS):
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        shown = inside.call(Request("GET", path, cookies=sent)).text if "GET" in inside.methods(path) else ""
        names = re.findall(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"', shown)
        fields = {**dict.fromkeys(names, "x"), "reason": "test", "ticket": "1", csrf.FIELD: csrf.token(deps, BROWSER)}
        found[f"console {path}"] = Page(Form(path, "post", fields), cookies)
    return found


def invited_page(inside: "Inside", visitor: Any) -> Page:
    """The form on which somebody who was invited to the staff sets their first password."""
    deps = inside.deps
    account = accounts.new_account(deps, inside.house.hasher, accounts.NewAccount(login_id="invited", email="invited@mail.example", role="desk"))
    with deps.database.write() as connection:
        accounts.store(connection, deps, account, "test", "test")
        address = invitations.issue(connection, deps, account, "test")
    return visitor.page(visitor.go(Request("GET", urlsplit(address).path)))


def console_calls() -> dict[str, Page]:
    """What the provider sends to the console."""
    return {"console logout": Page(Form(console_client.LOGOUT, "post", {"logout_token": "a.b.c"}), {})}
