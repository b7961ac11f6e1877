"""The button beside the history, and what to do next. To be signed in is enough: it only protects."""

from flask import Blueprint, Response, redirect

from idp.features.not_me import flow, forms
from idp.web import doors, fresh, session, steps
from idp.web.house import House

ASK, DONE = "/account/not-me", "/account/not-me/done"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("not_me", __name__), house.deps

    @room.get(ASK)
    @doors.page
    def ask_page() -> Response:
        came = fresh.looking(house, ASK)
        if isinstance(came, Response):
            return came
        hours = deps.policy.alarm.freeze // 3_600
        return fresh.page(house, "not_me.html", came, back="/account/history", hours=hours)

    @room.post(ASK)
    @doors.form
    def ask_submit() -> Response:
        found = fresh.posted(house, forms.ReportForm, ASK, fresh=False)
        if isinstance(found, Response):
            return found
        flow.report(deps, found[0].account, doors.caller())
        response = redirect(DONE, 303)
        session.sign_out(deps, response)
        return response

    @room.get(DONE)
    @doors.page
    def done_page() -> Response:
        return steps.page(house, "not_me_done.html", None, hours=deps.policy.alarm.freeze // 3_600)

    return room
