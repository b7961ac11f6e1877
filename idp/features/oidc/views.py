"""The authorization endpoint and the consent page."""

from dataclasses import replace
from typing import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, request

from idp.domain.account import Account
from idp.domain.client import Client
from idp.domain.journey import Journey, Proof, accepts_session
from idp.features.oidc import answers, flow, id_token_hint, once, pushed_requests, refusals, request_object, views_device, views_end_session
from idp.features.oidc import request as requests
from idp.features.oidc.request import AuthorizationError, AuthorizationRequest, NotRedirectable, Target
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


def _pushed(house: House, fields: Mapping[str, str], doubled: frozenset[str]) -> tuple[Mapping[str, str], tuple[str, int] | None]:
    """The parameters that count, and the mark of the pushed request that they come from (RFC 9126 section 4)."""
    uri = pushed_requests.named(fields)
    if uri is None:
        return fields, None
    found = None if doubled & {"client_id", "request_uri"} else pushed_requests.find(house.deps, uri, fields.get("client_id"))
    if found is None:
        raise PageError(400, "common.expired")
    return found, pushed_requests.mark(house.deps, uri)


def _proven(
    house: House, fields: Mapping[str, str], doubled: frozenset[str], mark: tuple[str, int] | None, signed: bool
) -> tuple[Client, Target]:
    """Who asks, and where answers go; clients that are to push their requests, or to sign them, have done so."""
    client, target = requests.proven_target(fields, doubled, house.clients.find)
    if mark is None and client.require_pushed_authorization_requests:
        raise AuthorizationError(target, "invalid_request", "this client pushes its requests first")
    if mark is None and client.require_signed_request_object and not signed:
        raise AuthorizationError(target, "invalid_request", "this client signs its requests")
    return client, target


def _unsigned(
    house: House, fields: Mapping[str, str], doubled: frozenset[str]
) -> tuple[Mapping[str, str], frozenset[str], tuple[str, int] | None]:
    """The parameters of a signed request object in place of those beside it (RFC 9101 section 6.3), and its mark if it may lead
    to one answer only."""
    client = None if doubled & {"client_id", "request"} else house.clients.find(fields.get("client_id"))
    if client is None or not request_object.given(client, fields):
        return fields, doubled, None
    try:
        found, key = request_object.parameters(house, client, fields["request"])
        return found, frozenset(), key and once.mark(house.deps, key)
    except request_object.BadObject as error:
        raise AuthorizationError(_proven(house, fields, doubled, None, True)[1], "invalid_request_object", str(error)) from None


def _checked(fields: Mapping[str, str], doubled: frozenset[str], client: Client, target: Target, single: tuple[str, int] | None) -> AuthorizationRequest:
    return replace(requests.check(fields, doubled, client, target), once=single)


def authorize(house: House, raw: bytes) -> Response:
    """Answer an authorization request: an error page, an error for the client, a code, or the first page."""
    deps, checked = house.deps, None
    fields, twice = _fields(raw)
    fields, mark = _pushed(house, fields, twice)
    doubled = twice if mark is None else frozenset()  # of those that count
    try:
        signed = request_object.given(house.clients.find(fields.get("client_id")), fields)
        fields, doubled, single = _unsigned(house, fields, doubled)
        client, target = _proven(house, fields, doubled, mark, signed)
        checked = _checked(fields, twice, client, target, mark or single)  # nor may those beside them stand twice (AZ-05)
        refusals.scopes(house, "authorize", client, fields.get("scope", ""))
        expected = id_token_hint.expected(house, client, checked)
        silent = "none" in checked.prompt
        if not silent:
            steps.count_page(deps)
        journey = flow.begin(deps, checked, expected, doors.browser(deps))
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
        if checked is not None:
            once.refused(deps, checked)  # the error is its one answer
        refusals.note(house, "authorize", house.clients.find(error.target.client_id), error, error.code, error.description)
        return answers.error_answer(house, error)
    except NotRedirectable:
        refusals.not_redirectable(house, "authorize", fields, doubled)
        raise PageError(400, "common.unknown_client") from None


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
        client = client_of(journey)
        try:
            checked, code = flow.issue_code(house.deps, client, journey, account)
        except AuthorizationError as error:
            return answers.error_answer(house, error)
        return answers.answer(house, checked.target, {"code": code})

    def refuse(journey: Journey, error: str) -> Response:
        client_of(journey)
        asked = requests.from_dict(journey.request)
        once.refused(house.deps, asked)
        return answers.error_answer(house, AuthorizationError(asked.target, error, REASONS[error]))

    return Purpose(prepare, finish, refuse)


def purposes(house: House) -> dict[str, Purpose]:
    """The journeys that this room begins, by their names."""
    return {"authorize": purpose(house), "device": views_device.purpose(house)}


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
    views_device.routes(room, house)

    @room.get("/consent")
    @doors.page
    def consent_page() -> Response:
        journey = steps.journey_shown(house)
        client = house.clients.find(journey.client_id)
        if journey.purpose != "authorize" and not journey.finished:
            return house.dispatcher.go(journey, shown=False)
        # without a session of its own the proof is not complete yet
        if journey.finished or journey.proof is None or journey.proof.sid is None or client is None:
            return redirect(f"/login?j={journey.id}", 303)
        site = urlsplit(journey.request["target"]["redirect_uri"]).hostname  # a name anybody can give itself
        return steps.page(house, "consent.html", journey, site=site, scopes=[scope for scope in journey.consent if scope != "openid"])

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
