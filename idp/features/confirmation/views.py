"""Pages behind the link of a registration: the password, done, and straight on."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain.client import Client
from idp.domain.journey import Journey
from idp.features.confirmation import flow, forms
from idp.services import drafts, journeys
from idp.web import came_from, doors, links, steps
from idp.web.house import House

FINISH, DONE = "/register/finish", "/register/done"
STOPS = {"taken": "reg.s5.err.taken", "exists": "reg.s5.err.exists"}


def blueprint(house: House) -> Blueprint:
    """The routes of this room; none where members do not register themselves."""
    room, deps = Blueprint("confirmation", __name__), house.deps
    if deps.policy.registration.mode == "off":
        return room

    @room.get("/register/open/<token>")
    @doors.page
    def open_link(token: str) -> Response:
        return links.opened(house, "registration", token, FINISH)

    @room.get(FINISH)
    @doors.page
    def finish_page() -> Response:
        journey = doors.journey_of(deps, doors.read_query().get("j", ""))
        if journey is None:
            return _stop(house, None, "reg.err.over")
        if journey.finished or flow.is_done(deps, journey):
            return redirect(f"{DONE}?j={journey.id}", 303)
        held = links.held(house, "registration", journey.id)
        if flow.opened(deps, held) is None:
            return _dead(house, journey, held)
        note = drafts.noted(deps, journey.id, doors.read_query().get("n", ""))
        errors = steps.said(house, note.get("errors", []))
        return steps.page(house, "register_finish.html", journey, back="/", errors=errors)

    @room.post(FINISH)
    @doors.form
    def finish_submit() -> Response:
        journey, data = steps.posted(house, forms.FinishForm)
        if journey is None:
            return _stop(house, None, "reg.err.over")
        if journey.finished or flow.is_done(deps, journey):
            return redirect(f"{DONE}?j={journey.id}", 303)
        held = links.held(house, "registration", journey.id)
        if not data["password"] and flow.opened(deps, held):
            return _back(house, journey, steps.error("password", "login.err.pw.empty"))
        finished = flow.finish(deps, house.hasher, held, data["password"], request.remote_addr or "")
        return _answer(house, journey, held, finished)

    _done_routes(room, house)
    return room


def _answer(house: House, journey: Journey, held: str | None, finished: flow.Finished) -> Response:
    if finished.result == "dead":
        return redirect(f"{FINISH}?j={journey.id}", 303)
    if finished.result in STOPS:
        return _stop(house, journey, STOPS[finished.result])
    if finished.result == "limited":
        return _back(house, journey, steps.error("password", "common.busy"))
    if finished.result == "locked":
        return _back(house, journey, steps.error("password", "reg.s5.err.locked", time=finished.wait_until))
    if finished.result == "wrong":
        return _back(house, journey, steps.error("password", "reg.s5.err.pw"))
    assert held and finished.registration
    # the page that signs in may lead on to this portal
    portal = finished.registration.client_id or house.deps.settings.brand.home_client or None
    journeys.save(house.deps, replace(journey, client_id=portal))
    flow.keep_done(house.deps, journey, held, finished)
    return redirect(f"{DONE}?j={journey.id}", 303)


def _back(house: House, journey: Journey, error: dict[str, Any]) -> Response:
    journeys.save(house.deps, journey)
    return redirect(f"{FINISH}?j={journey.id}&n={drafts.note(house.deps, journey.id, {'errors': [error]})}", 303)


def _stop(house: House, journey: Journey | None, key: str, done: bool = False) -> Response:
    return steps.page(house, "register_stop.html", journey, status=400, key=key, done=done)


def _dead(house: House, journey: Journey, held: str | None) -> Response:
    """One answer for every link that is not good, whose words are true of each of them, but in the browser that has used it."""
    done = flow.finished_here(house.deps, journey.browser, held)
    return _stop(house, journey, "reg.s5.err.used" if done else "reg.s5.dead", done)


def _done_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(DONE)
    @doors.page
    def done_page() -> Response:
        journey = doors.journey_of(deps, doors.read_query().get("j", ""))
        if journey is None:
            return _stop(house, None, "reg.err.over")
        if journey.finished:
            return steps.page(house, "finished.html", journey)
        login_id = flow.login_id_of(deps, journey)
        if login_id is None:
            return redirect(f"{FINISH}?j={journey.id}", 303)
        portal = None if flow.leads_back(deps, journey) else house.clients.find(journey.client_id)
        shown = {"portal": portal if portal and portal.client_uri else None, "login_id": login_id, "address": came_from.starting_address(house)}
        return steps.page(house, "register_done.html", journey, back="/", **shown)

    @room.post(DONE)
    @doors.form
    def done_submit() -> Response:
        journey, _ = steps.posted(house, forms.SignInForm)
        if journey is None:
            return _stop(house, None, "reg.err.over")
        onward = None if journey.finished else flow.go_on(deps, journey)
        if onward is None:
            return redirect(f"{DONE}?j={journey.id}", 303)
        if onward.id != journey.id:
            journeys.finish(deps, journey)
        elif begin := _begins_at(house, house.clients.find(journey.client_id)):
            onward = replace(onward, returns_to=begin)
        return house.dispatcher.go(onward)


def _begins_at(house: House, portal: Client | None) -> str | None:
    """Where the portal begins a sign-in, for which the new session is enough: an address that it has registered (OpenID
    Connect Core section 4)."""
    if portal is None or not portal.initiate_login_uri:
        return None
    joint = "&" if "?" in portal.initiate_login_uri else "?"
    return f"{portal.initiate_login_uri}{joint}iss={house.deps.settings.issuer}"
