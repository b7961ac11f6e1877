"""The page that says what closing does and does not do, and the page after it. A fresh proof, a tick, a button."""

from flask import Blueprint, Response, redirect, request

from idp.features.closing import flow, forms
from idp.services import drafts, letters
from idp.web import doors, fresh, session, steps
from idp.web.house import House

CLOSE, CLOSED = "/account/close", "/account/closed"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("closing", __name__), house.deps

    @room.get(CLOSE)
    @doors.page
    def close_page() -> Response:
        came = fresh.changing(house, CLOSE)
        if isinstance(came, Response):
            return came
        note = fresh.noted(house, came)
        errors = steps.said(house, note.get("errors", []))
        return fresh.page(house, "account_close.html", came, back="/account", errors=errors, account=came.account)

    @room.post(CLOSE)
    @doors.form
    def close_submit() -> Response:
        found = fresh.posted(house, forms.CloseForm, CLOSE)
        if isinstance(found, Response):
            return found
        came, data = found
        if data["read"] != "yes":
            wrong = [steps.error("read", "acct.close.err.check")]
            return fresh.to(house, came, CLOSE, errors=wrong)
        until = flow.close(deps, came.account, request.remote_addr or "")
        if until is None:
            return redirect("/account", 303)
        # the session has ended with the account: what is still to be said is kept for this browser
        response = redirect(f"{CLOSED}?n={drafts.note(deps, doors.browser(deps), {'until': until})}", 303)
        session.sign_out(deps, response)
        return response

    @room.get(CLOSED)
    @doors.page
    def closed_page() -> Response:
        note = drafts.noted(deps, doors.browser(deps), doors.read_query().get("n", ""))
        if not note:
            return redirect("/", 303)
        return steps.page(house, "account_closed.html", None, date=letters.day(house.pages.locale(), note["until"]))

    return room
