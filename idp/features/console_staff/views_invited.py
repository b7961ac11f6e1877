"""The page that an invitation leads to, for somebody who cannot sign in yet: they set their own password."""

from flask import Blueprint, Response, redirect

from idp.domain.account import Account
from idp.features.console_staff import forms
from idp.services import drafts, invitations, new_passwords
from idp.web import console, doors, links, password_form, steps
from idp.web.house import House

PAGE, DONE = invitations.PATH, f"{invitations.PATH}/done"
_DONE = "invited-done"


def blueprint(house: House) -> Blueprint:
    """The routes of this part of the room."""
    room = Blueprint("console_invited", __name__)
    deps = house.deps
    rule = deps.policy.password

    @room.get(f"{PAGE}/link/<token>")
    @doors.page
    def open_link(token: str) -> Response:
        return links.opened(house, "invite", token, PAGE)

    @room.get(PAGE)
    @doors.page
    def page() -> Response:
        journey = steps.journey_shown(house)
        if drafts.get(deps, _DONE, journey.id):
            return redirect(f"{DONE}?j={journey.id}", 303)
        came = _came(house, journey.id)
        if came is None:
            return steps.page(house, "console/invited_again.html", journey)
        noted = drafts.noted(deps, journey.id, doors.read_query().get("n", ""))
        return steps.page(
            house, "console/invited.html", journey, errors=steps.said(house, noted.get("errors", [])), **password_form.asked(rule),
            login_id=came[1].login_id,
        )  # fmt: skip

    @room.post(PAGE)
    @doors.form
    def submit() -> Response:
        journey, data = steps.posted(house, forms.InvitedForm)
        came = _came(house, journey.id) if journey else None
        if journey is None or came is None:
            return redirect(f"{PAGE}?j={data['j']}", 303)
        fingerprint, account = came
        typed = data["new_password"]
        wrong = new_passwords.verdicts_for(deps, house.hasher, account, typed, data["new_password_again"])
        if wrong:
            note = drafts.note(deps, journey.id, {"errors": password_form.errors(rule, wrong)})
            return redirect(f"{PAGE}?j={journey.id}&n={note}", 303)
        if not invitations.accept(deps, house.hasher, fingerprint, account, typed, doors.caller()):
            return redirect(f"{PAGE}?j={journey.id}", 303)
        drafts.put(deps, _DONE, journey.id, {"done": True})
        return redirect(f"{DONE}?j={journey.id}", 303)

    @room.get(DONE)
    @doors.page
    def done_page() -> Response:
        return steps.page(house, "console/invited_done.html", steps.journey_shown(house), home=console.HOME)

    return room


def _came(house: House, journey_id: str) -> tuple[str, Account] | None:
    """The link that led this browser here, and who is invited by it; None if it is spent, replaced, too old or never was."""
    fingerprint = links.held(house, "invite", journey_id)
    account = invitations.standing(house.deps, fingerprint) if fingerprint else None
    return (fingerprint, account) if fingerprint and account else None
