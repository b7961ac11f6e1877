"""The console's doors, pages and forms: every route names the right that it needs, and who comes is looked up each time."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Callable, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, redirect, request
from marshmallow import Schema, ValidationError

from idp.domain import staff
from idp.domain.account import Account
from idp.domain.staff import Right
from idp.services import console_sessions, desk, drafts
from idp.services.console_sessions import ConsoleSession
from idp.web import cookies, csrf, doors, upload
from idp.web.errors import PageError
from idp.web.house import House

HOME, SIGN_IN = "/console/", "/console/sign-in"
# pages of the console in the order of its menu: the right that each needs, the key of its name, its address
MENU: tuple[tuple[Right, str, str], ...] = (
    ("look", "con.menu.home", HOME),
    ("members.look", "con.menu.members", "/console/members"),
    ("desk.act", "con.menu.requests", "/console/requests"),
    ("register.look", "con.menu.register", "/console/contracts"),
    ("clients.look", "con.menu.clients", "/console/clients"),
    ("keys.look", "con.menu.keys", "/console/keys"),
    ("courier.look", "con.menu.courier", "/console/courier"),
    ("letters.look", "con.menu.letters", "/console/letters"),
    ("texts.look", "con.menu.texts", "/console/texts"),
    ("policy.look", "con.menu.policy", "/console/policy"),
    ("staff.look", "con.menu.staff", "/console/staff"),
    ("audit.look", "con.menu.audit", "/console/audit"),
    ("look", "con.menu.system", "/console/system"),
)
FORM_SECONDS = 900  # a form opened with a fresh proof may be filled in for so long
OPENED = "opened"  # the field that says when

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Staff:
    """Who uses the console in this request, read for this request."""

    session: ConsoleSession
    account: Account

    def may(self, right: Right) -> bool:
        """Whether their role has the right."""
        return staff.may(self.account.role, right)


def page(right: Right, fresh: bool = False) -> Callable[[View], View]:
    """A page for whoever has the right; `fresh`: who has proven themselves a few minutes ago (step-up for destructive acts,
    requirement AD-02). Changes nothing."""
    return lambda view: _marked(doors.page(view), right, fresh)


def form(right: Right, fresh: bool = False) -> Callable[[View], View]:
    """A form of such a page comes back to the page's own address."""
    return lambda view: _marked(doors.form(view), right, fresh)


def file(right: Right, fresh: bool = False) -> Callable[[View], View]:
    """A form of such a page comes back with a file."""
    return lambda view: _marked(doors.file(view), right, fresh)


def _marked(view: View, right: Right, fresh: bool) -> View:
    view.right, view.fresh = right, fresh  # type: ignore[attr-defined]
    return view


def room(house: House, name: str) -> Blueprint:
    """A blueprint behind the console's door: a route without a right stays shut."""
    found = Blueprint(f"console_{name}" if name else "console", __name__)

    @found.before_request
    def enter() -> Response | None:
        assert request.endpoint is not None
        if request.method == "OPTIONS":  # which methods there are is no secret
            return None
        return _enter(house, current_app.view_functions[request.endpoint])

    return found


def _enter(house: House, view: Any) -> Response | None:
    right: Right | None = getattr(view, "right", None)
    if right is None:
        raise PageError(403, "error.not_found")
    cookie = cookies.read(cookies.CONSOLE, house.deps.settings.secure)
    found = console_sessions.find(house.deps, cookie) if cookie else None
    if found is None:
        return to_sign_in()
    g.staff = Staff(*found)
    if not g.staff.may(right):
        desk.note(house.deps, g.staff.account, "console_refused", "role", address=request.remote_addr, detail={"right": right})
        raise PageError(403, "con.err.role")
    g.opened = _opened(house, g.staff.session)
    if view.fresh and g.opened is None:
        return to_sign_in(fresh=True)
    return None


def _opened(house: House, session: ConsoleSession) -> int | None:
    """When this page was opened with a fresh proof (requirement AD-02): now, or when its form says and the seal proves that it
    was, not too long ago. None: never."""
    now = house.deps.now()
    if now - session.auth_time <= house.deps.policy.second_factor.step_up:
        return now
    said, _, seal = g.get("form", {}).get(OPENED, "")[:100].partition(".")
    if not (said.isascii() and said.isdigit()) or not house.deps.vault.matches(*_seal(house, session, said), seal):
        return None
    return int(said) if now - int(said) <= FORM_SECONDS else None


def _seal(house: House, session: ConsoleSession, at: str) -> tuple[str, str]:
    """What the seal of such a form is made of: it is good for this page, in this browser and this session only."""
    return "console opened", f"{at}\n{request.path}\n{session.key}\n{doors.browser_cookie(house.deps)}"


def proven() -> bool:
    """Whether who uses the console has proven themselves as `fresh` demands, where only some of what a form does needs that."""
    return g.opened is not None


def to_sign_in(fresh: bool = False, to: str = "") -> Response:
    """To the sign-in, and from there to this address of ours, or back to this page: to the form, where one was sent."""
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string and request.method == "GET" else ""
    asked = {"to": to or request.path + query, **({"fresh": "1"} if fresh else {})}
    return redirect(f"{SIGN_IN}?{urlencode(asked)}", 303)


def who() -> Staff:
    """Who uses the console in this request."""
    found: Staff = g.staff
    return found


def render(house: House, template: str, status: int = 200, **context: Any) -> Response:
    """A page of the console with its menu."""
    pages, here = house.pages, who()
    menu = [(key, path, _under(path)) for right, key, path in MENU if here.may(right)]
    token = csrf.token(house.deps, doors.browser_cookie(house.deps))
    at = str(g.opened or "")
    opened = f"{at}.{house.deps.vault.keyed_hash(*_seal(house, here.session, at))}" if at else ""
    shown = {"staff": here, "menu": menu, "csrf": token, OPENED: opened, "note": noted(house), **context}
    return pages.respond(f"console/{template}", pages.locale(), status, **shown)


def _under(path: str) -> bool:
    return request.path == path if path == HOME else request.path.startswith(path)


def upload_address(house: House, path: str) -> str:
    """Where the form of a page sends its file."""
    return f"{path}?{urlencode({'proof': upload.proof(house.deps, doors.browser_cookie(house.deps), path)})}"


@cache
def _schema(shape: type[Schema]) -> Schema:
    return shape()


def posted(shape: type[Schema]) -> dict[str, Any]:
    """The fields of a form that came back. Raises `PageError` 400 for a shape that our own page cannot have sent."""
    try:
        data: dict[str, Any] = _schema(shape).load(g.form)
    except ValidationError:
        raise PageError(400, "error.bad_request") from None
    return data


def asked(shape: type[Schema]) -> dict[str, Any]:
    """The same for what the address of a page says, such as filters."""
    try:
        data: dict[str, Any] = _schema(shape).load(doors.read_query())
    except ValidationError:
        raise PageError(400, "error.bad_request") from None
    return data


def to(house: House, path: str, key: str, **values: Any) -> Response:
    """To a page that says the sentence of this key with these values, so that reload repeats nothing."""
    name = drafts.note(house.deps, who().session.key, {"key": key, "values": values})
    return redirect(f"{path}{'&' if '?' in path else '?'}n={name}", 303)


def noted(house: House) -> dict[str, Any]:
    """What the redirect that led here wanted this page to say; empty if nothing."""
    return drafts.noted(house.deps, who().session.key, doors.read_query().get("n", ""))
