"""Pages of signing in: the form, the first password, who is signed in, signing out."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain.journey import Proof, accepts_session, changed
from idp.features.login import flow, forms
from idp.services import journeys, new_passwords, passkeys
from idp.web import cookies, doors, password_form, session, steps
from idp.web.dispatcher import Purpose
from idp.web.errors import PageError
from idp.web.house import House


def sign_in_errors(outcome: flow.SignIn, typed: str) -> list[dict[str, Any]]:
    """What the page says of a try that failed (flows.md L1), known and unknown names alike."""
    if outcome.result == "locked":
        return [steps.error("identifier", "login.err.locked", time=outcome.wait_until)]
    if outcome.result in ("suspended", "letter_expired"):
        return [steps.error("identifier", f"login.err.{outcome.result}")]
    if outcome.result == "limited":
        return [steps.error("identifier", "common.busy")]
    found = [steps.error("password", "login.err.bad")]
    if "@" in typed or "＠" in typed:
        found.append(steps.error("identifier", "login.err.bad.email"))
    if outcome.left:
        found.append(steps.error("password", "login.err.few", n=outcome.left, min=outcome.wait_seconds // 60))
    return found


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("login", __name__), house.deps

    @room.get("/login")
    @doors.page
    def login_page() -> Response:
        if not doors.read_query().get("j"):
            return _arrived_without_request(house)
        journey = steps.journey_shown(house)
        if journey.finished:
            return steps.page(house, "finished.html", journey)
        if journey.proof and not doors.read_query().get("back"):
            return house.dispatcher.go(journey)
        if journey.proof:  # back from the code page, whose notice is not this one's
            journey = replace(journey, notice={})
        member = session.current(deps)
        if member and accepts_session(journey, member.account.id, member.session.auth_time, deps.now()):
            journeys.save(deps, replace(journey, choose=True))
            return redirect(f"/login/choose?j={journey.id}", 303)
        return steps.page(
            house,
            "login.html",
            journey,
            errors=steps.errors(house, journey),
            typed=journey.notice.get("typed", journey.login_hint or (member.account.login_id if member else "")),
            sealed=journeys.seal(deps, journey),
            again=member is not None,
            find_id=deps.policy.recovery.username,
            may_register=deps.policy.registration.mode == "self",
            operation=steps.operation(house, journey),
            passkey=passkeys.request_options(deps, journey),
        )

    @room.post("/login")
    @doors.form
    def login_submit() -> Response:
        journey, data = steps.posted(house, forms.LoginForm)
        if journey is None:
            # the page stood open too long: go on with the same request (flows.md 2.0)
            kept = journeys.reopen(deps, data["sealed"], doors.browser(deps))
            if kept is None:
                raise PageError(400, "common.expired")
            steps.count_page(deps)
            journey = journeys.renew(deps, kept)
        if journey.finished:
            return redirect(f"/login?j={journey.id}", 303)
        if data["action"] == "cancel":
            return house.dispatcher.refuse(journey, "access_denied")
        if journey.proof:  # who comes back from the code page and signs in anew, perhaps somebody else
            journey = changed(journey, proof=None, code={}, notice={})
        typed, password = data["identifier"], data["password"]
        empty = [steps.error("identifier", "login.err.id.empty")] if not typed.strip() else []
        if not password:
            empty.append(steps.error("password", "login.err.pw.empty"))
        if empty:
            return steps.back_with(house, journey, "/login", empty, typed)
        remembered = lambda account_id: cookies.read_trust(account_id, deps.settings.secure)  # noqa: E731
        who = flow.Visitor(request.remote_addr or "", journey.client_id, remembered, request.user_agent.string)
        outcome = flow.sign_in(deps, house.hasher, house.ghosts, typed, password, who)
        if outcome.result != "ok":
            return steps.back_with(house, journey, "/login", sign_in_errors(outcome, typed), typed)
        journey = changed(journey, proof=outcome.proof, code={}, notice={}, able=data["passkeys"] == "yes")
        response = house.dispatcher.go(journey, outcome.account, factors=outcome.factors)
        if outcome.trust and outcome.account:
            steps.remember(deps, response, outcome.account.id, outcome.trust)
        return response

    @room.get("/login/choose")
    @doors.page
    def choose_page() -> Response:
        journey, member = steps.journey_shown(house), session.current(deps)
        if journey.finished or member is None:
            return redirect(f"/login?j={journey.id}", 303)
        return steps.page(house, "choose.html", journey, nickname=member.account.nickname)

    @room.post("/login/choose")
    @doors.form
    def choose_submit() -> Response:
        journey, data = steps.posted(house, forms.ChooseForm)
        if journey is None or journey.finished:
            raise PageError(400, "common.expired")
        member = session.current(deps)
        if data["action"] != "continue" or member is None:
            journeys.save(deps, replace(journey, reauthenticate=True, proof=None, chosen=True))
            return redirect(f"/login?j={journey.id}", 303)
        if not accepts_session(journey, member.account.id, member.session.auth_time, deps.now()):
            return redirect(f"/login?j={journey.id}", 303)
        return house.dispatcher.go(replace(journey, proof=proof_of(member), chosen=True), member.account)

    _first_password_routes(room, house)
    _sign_out_routes(room, house)
    return room


def proof_of(member: session.Member) -> Proof:
    """What an earlier session proves."""
    known = member.session
    return Proof(known.subject, known.epoch, known.auth_time, known.methods, known.sid, trusted=known.trusted)


def _arrived_without_request(house: House) -> Response:
    """A bookmarked sign-in page: start at the operator's own portal, which knows what to ask for (portals P-01)."""
    client = house.clients.find(house.deps.settings.brand.home_client)
    if client and client.initiate_login_uri:
        joint = "&" if "?" in client.initiate_login_uri else "?"
        return redirect(f"{client.initiate_login_uri}{joint}iss={house.deps.settings.issuer}", 303)
    steps.count_page(house.deps)
    journey = journeys.new(house.deps, doors.browser(house.deps), purpose="home")
    journeys.save(house.deps, journey)
    return redirect(f"/login?j={journey.id}", 303)


def _first_password_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get("/login/first")
    @doors.page
    def first_password_page() -> Response:
        found = steps.shown_at(house, "first_password")
        if isinstance(found, Response):
            return found
        journey, account = found.journey, found.account
        return steps.page(
            house,
            "first_password.html",
            journey,
            errors=steps.errors(house, journey),
            **password_form.asked(deps.policy.password),
            login_id=account.login_id,
        )

    @room.post("/login/first")
    @doors.form
    def first_password_submit() -> Response:
        came = steps.posted_at(house, forms.FirstPasswordForm, "first_password")
        if isinstance(came, Response):
            return came
        journey, account, data = came.journey, came.account, came.data
        assert journey.proof is not None
        typed = data["new_password"]
        found = new_passwords.verdicts_for(deps, house.hasher, account, typed, data["new_password_again"])
        if found:
            return steps.back_with(house, journey, "/login/first", password_form.errors(deps.policy.password, found))
        changed = new_passwords.replace(deps, house.hasher, account, typed, doors.caller(), "first")
        if changed is None:
            raise PageError(409, "common.done_already")
        proof = replace(journey.proof, epoch=changed.epoch)
        return house.dispatcher.go(replace(journey, proof=proof, notice={}), changed)


def _sign_out_routes(room: Blueprint, house: House) -> None:
    @room.get("/")
    @doors.page
    def home() -> Response:
        member = session.current(house.deps)
        portal = house.clients.find(house.deps.settings.brand.home_client)
        return steps.page(
            house,
            "home.html",
            None,
            nickname=member.account.nickname if member else None,
            portal=portal if portal and portal.client_uri else None,
        )

    @room.post("/logout")
    @doors.form
    def sign_out() -> Response:
        response = redirect("/logout", 303)
        session.sign_out(house.deps, response)
        return response

    @room.get("/logout")
    @doors.page
    def signed_out() -> Response:
        member = session.current(house.deps)
        return steps.page(house, "signed_out.html", None, nickname=member.account.nickname if member else None)


def purpose(house: House) -> Purpose:
    """Journeys that began here, without any portal: they end on the page of ours that wanted them, or the home page."""
    return Purpose(
        prepare=lambda journey, account: journey,
        finish=lambda journey, account: redirect(journey.returns_to, 303),
        refuse=lambda journey, error: redirect("/", 303),
    )
