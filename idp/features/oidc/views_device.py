"""The pages about a television: its code is typed, the member signs in on the ordinary way, and says yes or no (RFC 8628 section 3.3)."""

from dataclasses import replace

from flask import Blueprint, Response, redirect, request

from idp.domain.account import Account
from idp.domain.journey import Journey, Proof, accepts_session
from idp.features.oidc import device_codes, device_flow, forms
from idp.features.oidc.device_authorization import PAGE
from idp.services import drafts, journeys, letters, limits, throttles
from idp.web import doors, session, steps
from idp.web.dispatcher import Purpose
from idp.web.errors import PageError
from idp.web.house import House

CONFIRM, DONE, REFUSED = f"{PAGE}/confirm", f"{PAGE}/done", f"{PAGE}/refused"
UNMET = "unmet_authentication_requirements"


def purpose(house: House) -> Purpose:
    """What the dispatcher needs to know of journeys that began with a television's code. The member is asked each time, also
    for the operator's own services: nobody but the member can tell whether this television is theirs."""
    deps = house.deps

    def prepare(journey: Journey, account: Account) -> Journey:
        return journey if journey.consented else replace(journey, consent=tuple(sorted(journey.request["scope"])))

    def finish(journey: Journey, account: Account) -> Response:
        if not device_flow.approve(deps, journey, account, doors.caller()):
            raise PageError(400, "device.over")
        return redirect(DONE, 303)

    def refuse(journey: Journey, error: str) -> Response:
        device_flow.refuse(deps, journey, doors.caller())
        return redirect(f"{REFUSED}?why=level" if error == UNMET else REFUSED, 303)

    return Purpose(prepare, finish, refuse, consent=CONFIRM, reaches=False)


def routes(room: Blueprint, house: House) -> None:
    """Add the pages to the room."""
    deps = house.deps

    @room.get(PAGE)
    @doors.page
    def device_page() -> Response:
        asked = doors.read_query()
        note = drafts.noted(deps, doors.browser(deps), asked.get("n", ""))
        # filled in from the address of the picture that the television shows, and still sent by the member (section 3.3.1)
        given = device_codes.read(asked.get("user_code", ""))
        typed = note.get("typed", device_codes.shown(given) if given else "")
        return steps.page(house, "device.html", None, errors=steps.said(house, note.get("errors", [])), typed=typed)

    @room.post(PAGE)
    @doors.form
    def device_submit() -> Response:
        return _entered(house, steps.posted(house, forms.CodeForm)[1]["user_code"])

    @room.get(CONFIRM)
    @doors.page
    def device_confirm_page() -> Response:
        found = steps.shown_at(house, "consent")
        return found if isinstance(found, Response) else _confirm(house, found)

    @room.post(CONFIRM)
    @doors.form
    def device_confirm_submit() -> Response:
        found = steps.posted_at(house, forms.AnswerForm, "consent")
        return found if isinstance(found, Response) else _answered(house, found)

    @room.get(DONE)
    @doors.page
    def device_done_page() -> Response:
        return steps.page(house, "device_done.html", None)

    @room.get(REFUSED)
    @doors.page
    def device_refused_page() -> Response:
        return steps.page(house, "device_refused.html", None, unmet=doors.read_query().get("why") == "level")


def _entered(house: House, typed: str) -> Response:
    deps = house.deps
    if not typed.strip():
        return _again(house, "device.err.empty", typed)
    if not limits.device_code_allowed(deps, request.remote_addr or ""):
        throttles.note(deps, "device_codes", request.remote_addr)
        raise PageError(429, "common.busy", retry_after=limits.MINUTE)
    journey = device_flow.entered(deps, house.clients, device_codes.read(typed), doors.browser(deps))
    if journey is None:
        return _again(house, "device.err.code", typed)
    member = session.current(deps)
    if member is None or not accepts_session(journey, member.account.id, member.session.auth_time, deps.now()):
        return house.dispatcher.go(journeys.resume(deps, journey))
    known = member.session
    proof = Proof(known.subject, known.epoch, known.auth_time, known.methods, known.sid, trusted=known.trusted)
    return house.dispatcher.go(replace(journey, proof=proof), member.account)


def _again(house: House, key: str, typed: str) -> Response:
    steps.count_page(house.deps)  # a stranger may come as another browser each time
    note = {"errors": [steps.error("user_code", key)], "typed": typed[:64]}
    return redirect(f"{PAGE}?n={drafts.note(house.deps, doors.browser(house.deps), note)}", 303)


def _confirm(house: House, at: steps.At) -> Response:
    journey = at.journey
    if journey.purpose != "device":
        return house.dispatcher.go(journey, shown=False)
    asker = device_flow.asker(house.deps, journey, request.remote_addr or "")
    if asker is None:
        raise PageError(400, "device.over")
    return steps.page(
        house,
        "device_confirm.html",
        journey,
        asker=asker,
        asked_at=letters.moment(house.pages.locale(), asker.asked_at),
        nickname=at.account.nickname,
        scopes=[scope for scope in journey.consent if scope != "openid"],
    )


def _answered(house: House, at: steps.At) -> Response:
    journey, member = at.journey, session.current(house.deps)
    client = house.clients.find(journey.client_id)
    if journey.purpose != "device" or client is None or journey.proof is None:
        raise PageError(400, "common.expired")
    # the yes belongs to the member who saw the page (requirement AZ-21)
    if member is None or member.account.id != journey.proof.subject or member.session.sid != journey.proof.sid:
        return redirect(f"/login?j={journey.id}", 303)
    if at.data["answer"] == "no":
        return house.dispatcher.refuse(journey, "access_denied")
    return house.dispatcher.go(device_flow.agreed(house.deps, client, journey, member.account.id), member.account)
