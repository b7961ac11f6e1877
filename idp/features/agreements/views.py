"""Pages of what a member has agreed to. To look and to take back, being signed in is enough: both only protect."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.features.agreements import flow, forms
from idp.services import letters
from idp.web import doors, fresh
from idp.web.house import House

CONSENTS, AGREEMENTS = "/account/consents", "/account/agreements"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("agreements", __name__), house.deps

    @room.get(CONSENTS)
    @doors.page
    def consents_page() -> Response:
        came = fresh.looking(house, CONSENTS)
        if isinstance(came, Response):
            return came
        note = fresh.noted(house, came)
        rows = [_row(house, one) for one in flow.consents(deps, came.account)]
        return fresh.page(house, "consents.html", came, back="/account", rows=rows, withdrawn=bool(note))

    @room.post(CONSENTS)
    @doors.form
    def consents_submit() -> Response:
        found = fresh.posted(house, forms.WithdrawForm, CONSENTS, fresh=False)
        if isinstance(found, Response):
            return found
        came, data = found
        gone = flow.withdraw(deps, came.account, data["withdraw"], request.remote_addr or "")
        return fresh.to(house, came, CONSENTS, withdrawn=True) if gone else redirect(CONSENTS, 303)

    @room.get(AGREEMENTS)
    @doors.page
    def agreements_page() -> Response:
        came = fresh.looking(house, AGREEMENTS)
        if isinstance(came, Response):
            return came
        locale = house.pages.locale()
        rows = [{**vars(one), "at": letters.moment(locale, one.at)} for one in flow.agreed(deps, came.account)]
        return fresh.page(house, "agreements.html", came, back="/account", rows=rows, privacy_url=deps.settings.brand.privacy_url)

    return room


def _row(house: House, one: flow.Given) -> dict[str, Any]:
    """`name`: of a client that has been removed, its id."""
    client = house.clients.find(one.client_id)
    return {**vars(one), "name": client.name if client and client.name else one.client_id, "since": letters.day(house.pages.locale(), one.at)}
