"""Where the sign-in form goes when a passkey answers for it."""

from flask import Blueprint, Response, redirect

from idp.domain.journey import changed
from idp.features.passkey_sign_in import flow, forms
from idp.services import journeys
from idp.web import doors, steps
from idp.web.errors import PageError
from idp.web.house import House


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("passkey_sign_in", __name__), house.deps

    @room.post("/login/passkey")
    @doors.form
    def submit() -> Response:
        journey, data = steps.posted(house, forms.PasskeyForm)
        if journey is None:
            # the page stood open too long, and its challenge with it: the request goes on, the passkey is asked for again
            kept = journeys.reopen(deps, data["sealed"], doors.browser(deps))
            if kept is None:
                raise PageError(400, "common.expired")
            steps.count_page(deps)
            journey = journeys.renew(deps, kept)
            return steps.back_with(house, journey, "/login", [steps.error("identifier", "passkey.err.again")])
        if journey.finished:
            return redirect(f"/login?j={journey.id}", 303)
        if journey.proof:  # who comes back from the code page and signs in anew, perhaps somebody else
            journey = changed(journey, proof=None, code={}, notice={})
        outcome = flow.sign_in(deps, journey, data["credential"], doors.caller())
        if outcome.result == "ok":
            journey = changed(journey, proof=outcome.proof, code={}, notice={})
            return house.dispatcher.go(journey, outcome.account, factors=outcome.factors)
        if outcome.result == "spent":  # by the other of two answers, which must not be overwritten
            return redirect(f"/login?j={journey.id}", 303)
        keys = {"locked": "passkey.err.locked", "limited": "common.busy", "no": "passkey.err.no"}
        error = steps.error("identifier", keys[outcome.result], time=outcome.wait_until)
        return steps.back_with(house, journeys.challenged(journey), "/login", [error])

    return room
