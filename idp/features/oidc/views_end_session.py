"""Signing out at the wish of a portal: at once where its hint proves the session, else the member is asked."""

from typing import Mapping

from flask import Blueprint, Response, g, redirect

from idp import texts
from idp.domain.client import origin
from idp.features.oidc import end_session
from idp.features.oidc.end_session import TooLong, Wish
from idp.web import csrf, doors, session
from idp.web.errors import PageError
from idp.web.house import House

PATH = "/end-session"
SIGNED_OUT = "/logout"


def routes(room: Blueprint, house: House) -> None:
    """Add the end session endpoint and its page to the room."""
    deps = house.deps

    @room.get(PATH)
    @doors.protocol
    def end_session_get() -> Response:
        return _asked(house, doors.read_query())

    @room.post(PATH)
    @doors.protocol
    def end_session_post() -> Response:
        return doors.bounced(PATH)

    @room.post(f"{PATH}/confirm")
    @doors.form
    def end_session_confirmed() -> Response:
        wish = end_session.reopen(deps, g.form.get("request", ""), doors.browser(deps), house.clients.find)
        return _ended(house, wish)


def _asked(house: House, fields: Mapping[str, str]) -> Response:
    try:
        wish = end_session.read(fields, house.keyring.ring(), house.deps.settings.issuer, house.clients.find)
    except TooLong:
        raise PageError(400, "error.bad_request") from None
    g.locale = g.locale or _locale(fields.get("ui_locales", ""))
    member = session.current(house.deps)
    if member is None and wish.sid is None:
        return redirect(_page(), 303)  # nobody is signed in, and without a hint nothing shows that the portal has sent them
    if member is None or _means(house, wish, member):
        return _ended(house, wish)
    browser = doors.browser_cookie(house.deps)
    return house.pages.respond(
        "end_session.html",
        house.pages.locale(),
        form_targets=frozenset({origin(wish.uri)} if wish.uri else ()),
        csrf=csrf.token(house.deps, browser),
        portal=wish.client,
        nickname=member.account.nickname,
        sealed=end_session.seal(house.deps, wish, doors.browser(house.deps)),
    )


def _means(house: House, wish: Wish, member: session.Member) -> bool:
    """Whether the hint proves this session, by the names that the portal knows it and the member by."""
    if wish.client is None:
        return False
    known = house.subjects.session(wish.client, member.session.sid), house.subjects.told(wish.client, member.account.id)
    return wish.means(*known)


def _ended(house: House, wish: Wish) -> Response:
    response = redirect(wish.back or _page(), 303)
    session.sign_out(house.deps, response)
    return response


def _page() -> str:
    """Our own page, in the language that the portal asked for."""
    return f"{SIGNED_OUT}?lang={g.locale}" if g.locale else SIGNED_OUT


def _locale(wish: str) -> str | None:
    tags = [tag.split("-")[0].lower() for tag in wish[:200].split()]
    return next((tag for tag in tags if tag in texts.LOCALES), None)
