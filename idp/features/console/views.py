"""Signing in to the console and out of it. Its first page is here, too."""

import re

from flask import Blueprint, Response, redirect, request

from idp.features.console import flow
from idp.features.console import home as page
from idp.features.console.relying_party import NotProven, Provider
from idp.ports import Unavailable
from idp.services import console_client, console_sessions, desk
from idp.web import console, cookies, doors, steps
from idp.web.errors import PageError
from idp.web.house import House

_OURS = re.compile(r"/console/[A-Za-z0-9/_-]{0,200}(\?[A-Za-z0-9%&=+._~-]{0,1000})?")


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = Blueprint("console_sign_in", __name__)
    deps = house.deps
    provider = Provider(deps.settings.issuer, console_client.secret(deps), house.fetcher, deps.clock)

    @room.get(console.SIGN_IN)
    @doors.page
    def sign_in() -> Response:
        steps.count_page(deps)
        query = doors.read_query()
        to = query.get("to", console.HOME)
        wanted = to if _OURS.fullmatch(to) else console.HOME
        try:
            address = flow.begin(deps, provider, doors.browser(deps), wanted, query.get("fresh") == "1", house.pages.locale())
        except flow.Refused as refused:
            raise PageError(502, refused.key) from None
        return redirect(address, 303)

    @room.get(console_client.CALLBACK)
    @doors.page
    def callback() -> Response:
        try:
            old = cookies.read(cookies.CONSOLE, deps.settings.secure)
            came = flow.finish(deps, provider, doors.browser(deps), doors.read_query(), request.remote_addr or "", old)
        except flow.Refused as refused:
            raise PageError(403, refused.key) from None
        response = redirect(came.to, 303)
        cookies.write(response, cookies.CONSOLE, came.cookie, deps.settings.secure)
        return response

    @room.get(console_client.SIGNED_OUT)
    @doors.page
    def signed_out() -> Response:
        return house.pages.respond("console/signed_out.html", house.pages.locale(), home=console.HOME)

    inside = console.room(house, "")
    _inside(inside, house, provider)
    room.register_blueprint(inside)
    return room


def _inside(room: Blueprint, house: House, provider: Provider) -> None:
    deps = house.deps

    @room.get("/console")
    @console.page("look")
    def bare() -> Response:
        return redirect(console.HOME, 308)

    @room.get(console.HOME)
    @console.page("look")
    def home() -> Response:
        return console.render(house, "home.html", **page.shown(house))

    @room.post("/console/sign-out")
    @console.form("look")
    def sign_out() -> Response:
        session = console.who().session
        console_sessions.end(deps, session)
        desk.note(deps, console.who().account, "console_signed_out", address=request.remote_addr)
        try:
            leave = provider.signed_out(session.id_token)
        except (NotProven, Unavailable):  # here it has ended all the same
            leave = console_client.SIGNED_OUT
        response = redirect(leave, 303)
        cookies.clear(response, cookies.CONSOLE, deps.settings.secure)
        return response
