"""The page of open sessions. To look and to end, being signed in is enough: both only protect."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.features.sessions import connections, flow, forms
from idp.services import letters, open_sessions
from idp.web import doors, fresh, session
from idp.web.fresh import Setter
from idp.web.house import House

LIST = "/account/sessions"
ALL = "all"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("sessions", __name__), house.deps

    @room.get(LIST)
    @doors.page
    def sessions_page() -> Response:
        came = fresh.looking(house, LIST)
        if isinstance(came, Response):
            return came
        note = fresh.noted(house, came)
        rows = [_row(house, one) for one in open_sessions.alive(deps, came.account, _here(came))]
        kept = [_connection(house, one) for one in connections.alive(deps, came.account)]
        said = {"rows": rows, "kept": kept, "ended": note.get("ended"), "disconnected": note.get("disconnected")}
        return fresh.page(house, "sessions.html", came, back="/account", others=flow.OTHERS, all=ALL, **said)

    @room.post(LIST)
    @doors.form
    def sessions_submit() -> Response:
        found = fresh.posted(house, forms.EndForm, LIST, fresh=False)
        if isinstance(found, Response):
            return found
        came, data = found
        address, here = request.remote_addr or "", _here(came)
        if data["disconnect"]:
            gone = connections.end(deps, came.account, data["disconnect"], address)
            return fresh.to(house, came, LIST, disconnected=True) if gone else redirect(LIST, 303)
        if data["end"] == ALL:
            flow.end_all(deps, came.account, address)
        gone = flow.end(deps, came.account, data["end"], here, address) if data["end"] not in ("", ALL) else 0
        if data["end"] in (ALL, here):
            response = redirect("/logout", 303)
            session.sign_out(deps, response)
            return response
        return fresh.to(house, came, LIST, ended=gone) if gone else redirect(LIST, 303)

    return room


def _here(came: Setter) -> str:
    return came.member.session.sid if came.member else ""


def _row(house: House, one: open_sessions.Open) -> dict[str, Any]:
    moment = lambda at: letters.moment(house.pages.locale(), at)  # noqa: E731
    names = [client.name for client_id in one.clients if (client := house.clients.find(client_id))]
    return {**vars(one), "started": moment(one.started_at), "seen": moment(one.seen_at), "portals": names}


def _connection(house: House, one: connections.Connected) -> dict[str, Any]:
    """`name`: of a client that has been removed, its id."""
    moment = lambda at: letters.moment(house.pages.locale(), at)  # noqa: E731
    client = house.clients.find(one.client_id)
    return {**vars(one), "name": client.name if client and client.name else one.client_id, "since": moment(one.since), "used": moment(one.used_at)}
