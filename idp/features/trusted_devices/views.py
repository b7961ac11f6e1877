"""The page of remembered browsers. To look and to remove, being signed in is enough: both only protect."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.features.trusted_devices import flow, forms
from idp.services import letters
from idp.web import cookies, doors, fresh
from idp.web.house import House

LIST = "/account/devices"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("trusted_devices", __name__), house.deps

    @room.get(LIST)
    @doors.page
    def devices_page() -> Response:
        came = fresh.looking(house, LIST)
        if isinstance(came, Response):
            return came
        cookie = cookies.read_trust(came.account.id, deps.settings.secure)
        note = fresh.noted(house, came)
        rows = [_row(house, one) for one in flow.remembered(deps, came.account, cookie)]
        return fresh.page(house, "devices.html", came, back="/account", rows=rows, removed=bool(note), all=flow.ALL)

    @room.post(LIST)
    @doors.form
    def devices_submit() -> Response:
        found = fresh.posted(house, forms.RemoveForm, LIST, fresh=False)
        if isinstance(found, Response):
            return found
        came, data = found
        gone = flow.forget(deps, came.account, data["remove"], request.remote_addr or "")
        return fresh.to(house, came, LIST, removed=gone) if gone else redirect(LIST, 303)

    return room


def _row(house: House, one: flow.Remembered) -> dict[str, Any]:
    moment = lambda at: letters.moment(house.pages.locale(), at)  # noqa: E731
    return {**vars(one), "used": moment(one.used_at), "expires": moment(one.expires_at)}
