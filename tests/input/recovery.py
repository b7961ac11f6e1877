"""The way to every form of recovery and of the new password, for the attack on them."""

from typing import Any
from urllib.parse import urlencode

from idp.services import links
from idp.tables import accounts
from tests.input.wire import Page, Request

ASKED = {"kind": "pw", "by": "login_id", "login_id": "hanako", "type": "individual", "dest": "sms"}


def recovery_pages(inside: Any, asking: Any, asked: Any, plain: Any, keyed: Any) -> dict[str, Page]:
    """The form, what was typed, the box for a code, a link opened, and one opened by a member who has an app."""
    form = asking.page(_go(asking, "/recovery", kind="pw"))
    form.form.fields |= ASKED
    begun = asked.page(_go(asked, "/recovery", kind="pw"))
    confirm = asked.page(asked.go(begun.request(fields=ASKED)))
    box = asked.page(asked.go(confirm.request()))
    ways = keyed.page(_open(inside, keyed, "keyed"))
    second = keyed.page(keyed.go(ways.request(fields={"action": "choose", "way": "app"})))
    second.form.fields["action"] = "verify"
    other = asking.page(_go(asking, "/recovery", kind="pw"))  # another tab, which comes to the last question
    confirm = asking.page(asking.go(other.request(fields=ASKED)))
    password = plain.page(_open(inside, plain, "hanako"))
    return {"recovery": form, "recovery_confirm": confirm, "recovery_code": box, "reset_second": second, "reset": password}


def _go(visitor: Any, path: str, **query: str) -> Any:
    return visitor.go(Request("GET", path, urlencode(query).encode()))


def _open(inside: Any, visitor: Any, name: str) -> Any:
    with inside.deps.database.write() as connection:
        account = accounts.by_login_id(connection, name)
        token = links.issue(connection, inside.deps, "reset", account.id, 3_600, "mail", account.epoch)
    return _go(visitor, f"/reset/{token}")
