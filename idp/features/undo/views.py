"""The page where the code of an old destination is typed. Nobody is signed in here: whoever has changed the destinations
may have taken that away."""

from flask import Blueprint, Response, redirect

from idp.features.undo import forms
from idp.services import drafts, throttles, undoing
from idp.web import doors, steps
from idp.web.house import House

FORM, DONE = "/undo", "/undo/done"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("undo", __name__), house.deps

    @room.get(FORM)
    @doors.page
    def form_page() -> Response:
        note = drafts.noted(deps, doors.browser(deps), doors.read_query().get("n", ""))
        errors = steps.said(house, note.get("errors", []))
        return steps.page(house, "undo.html", None, errors=errors, typed=note.get("typed", ""), back="/")

    @room.post(FORM)
    @doors.form
    def form_submit() -> Response:
        _, data = steps.posted(house, forms.UndoForm)
        typed, who = data["code"], doors.caller()
        if not typed.strip():
            key = "undo.err.empty"
        elif not undoing.allowed(deps, who.address):
            throttles.note(deps, "undo_codes", who.address)
            key = "common.busy"
        elif undoing.take_back(deps, typed, who):
            return redirect(DONE, 303)
        else:
            key = "undo.err.code"
        steps.count_page(deps)  # a stranger may come as another browser each time
        note = {"errors": [steps.error("code", key)], "typed": typed[:64]}
        return redirect(f"{FORM}?n={drafts.note(deps, doors.browser(deps), note)}", 303)

    @room.get(DONE)
    @doors.page
    def done_page() -> Response:
        return steps.page(house, "undo_done.html", None, hours=deps.policy.alarm.freeze // 3_600)

    return room
