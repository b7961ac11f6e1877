"""The authorization endpoint and the consent page."""

from dataclasses import replace
from typing import Mapping

from flask import Blueprint, Response, g, redirect, request

from idp.domain.account import Account
from idp.domain.client import Client
from idp.domain.journey import Journey, Proof, accepts_session
from idp.features.oidc import answers, flow, id_token_hint, views_end_session
from idp.features.oidc import request as requests
from idp.features.oidc.request import AuthorizationError, NotRedirectable, Target
from idp.services import journeys
from idp.web import address, doors, session, steps, strict_form
from idp.web.dispatcher import Purpose
from idp.web.errors import PageError
from idp.web.house import House
from idp.web.strict_form import BadForm


REASONS = {
    "login_required": "another member is signed in",
    "access_denied": "the member said no",
    "unmet_authentication_requirements": "the member cannot reach this level",
}


def _fields(raw: bytes) -> tuple[Mapping[str, str], frozenset[str]]:
    known = address.parameters()
    if known is not None:
        return known, frozenset()
    try:
        return strict_form.parse(raw), frozenset()
    except BadForm as error:
        if not error.doubled:
            raise PageError(400, "error.bad_request") from None
        return dict(strict_form.pairs(raw)), error.doubled


def authorize(house: House, raw: bytes) -> Response:
    """Answer an authorization request: an error page, an error for the client, a code, or the first page."""
    deps = house.deps
    fields, doubled = _fields(raw)
    try:
        client, target = requests.proven_target(fields, doubled, house.clients.find)
    except NotRedirectable:
        raise PageError(400, "common.unknown_client") from None
    try:
        checked = requests.check(fields, doubled, client, target)
        hint = id_token_hint.subject_of(house, checked)
        silent = "none" in checked.prompt
        if not silent:
            steps.count_page(deps)
        journey = flow.begin(deps, checked, hint, doors.browser(deps))
        member = session.current(deps)
        account: Account | None = None
        if member and accepts_session(journey, member.account.id, member.session.auth_time, deps.now()):
            known, account = member.session, member.account
            proof = Proof(known.subject, known.epoch, known.auth_time, known.methods, known.sid, trusted=known.trusted)
            journey = replace(journey, proof=proof)
        elif not silent and doors.known_browser():
            journey = journeys.resume(deps, journey)
        if silent and (problem := house.dispatcher.silent_error(journey, account)):
            raise AuthorizationError(target, problem, "the member would have to be asked")
        return house.dispatcher.go(journey, account, shown=False)
    except AuthorizationError as error:
        return answers.error_answer(house, error)


def purpose(house: House) -> Purpose:
    """What the dispatcher needs to know of journeys that began at the authorization endpoint."""

    def client_of(journey: Journey) -> Client:
        client = house.clients.find(journey.client_id)
        # the client may have been removed or changed while the page stood open
        if client is None or not client.allows_redirect(journey.request["target"]["redirect_uri"]):
            raise PageError(400, "common.unknown_client")
        return client

    def prepare(journey: Journey, account: Account) -> Journey:
        return flow.prepare(house.deps, client_of(journey), journey, account)

    def finish(journey: Journey, account: Account) -> Response:
        try:
            checked, code = flow.issue_code(house.deps, journey, account)
        except AuthorizationError as error:
            return answers.error_answer(house, error)
        return answers.answer(house, checked.target, {"code": code})

    def refuse(journey: Journey, error: str) -> Response:
        client_of(journey)
        target = Target(**journey.request["target"])
        return answers.error_answer(house, AuthorizationError(target, error, REASONS[error]))

    return Purpose(prepare, finish, refuse)


def blueprint(house: House) -> Blueprint:
    """The routes of this room that have pages."""
    room, deps = Blueprint("oidc", __name__), house.deps

    @room.get("/authorize")
    @doors.protocol
    def authorize_get() -> Response:
        return authorize(house, request.query_string)

    @room.post("/authorize")
    @doors.protocol
    def authorize_post() -> Response:
        return doors.bounced("/authorize")

    views_end_session.routes(room, house)

    @room.get("/consent")
    @doors.page
    def consent_page() -> Response:
        journey = steps.journey_shown(house)
        client = house.clients.find(journey.client_id)
        # without a session of its own the proof is not complete yet
        if journey.finished or journey.proof is None or journey.proof.sid is None or client is None:
            return redirect(f"/login?j={journey.id}", 303)
        return steps.page(house, "consent.html", journey, scopes=[scope for scope in journey.consent if scope != "openid"])

    @room.post("/consent")
    @doors.form
    def consent_submit() -> Response:
        journey = doors.journey_of(deps, g.form.get("j", ""))
        if journey is None or journey.finished or journey.proof is None or journey.purpose != "authorize":
            raise PageError(400, "common.expired")
        member = session.current(deps)
        # the yes belongs to the member who saw the page (requirement AZ-21)
        if member is None or member.account.id != journey.proof.subject or member.session.sid != journey.proof.sid:
            return redirect(f"/login?j={journey.id}", 303)
        if g.form.get("answer") == "yes":
            return house.dispatcher.go(flow.consent(deps, journey, member.account.id), member.account)
        return _denied(house, journey)

    return room


def _denied(house: House, journey: Journey) -> Response:
    response = house.dispatcher.purposes["authorize"].refuse(journey, "access_denied")
    journeys.finish(house.deps, journey)
    return response
