"""Who may look at the settings of an account, and who may change what is a key to it (requirements MF-07, MF-11)."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, redirect
from marshmallow import Schema

from idp.domain import assurance
from idp.domain.account import Account
from idp.domain.journey import NO_FACTORS, Journey, Proof, Step, accepts_session, owed
from idp.services import drafts, journeys, members, sessions
from idp.services.factor_changes import Changed
from idp.vault import fingerprint
from idp.web import came_from, cookies, doors, session, steps
from idp.web.errors import PageError
from idp.web.house import House
from idp.web.session import Member

# what a fresh proof is for, by the beginning of the page's address: the page that asks for it says so
OPERATIONS = {
    "/account/app": "app",
    "/account/close": "close",
    "/account/data": "data",
    "/account/email-sign-in": "email_sign_in",
    "/account/login-id": "login_id",
    "/account/passkeys": "passkey",
    "/account/password": "password",
    "/account/recovery-codes": "codes",
    "/account/second-factor": "second_factor",
}
ENROL: tuple[Step, ...] = ("enrol",)


@dataclass(frozen=True)
class Setter:
    """Who sets something up: a member who is signed in, or one in the middle of signing in (`journey`). `account` comes
    with its destinations; `owner` is what drafts are kept under."""

    account: Account
    owner: str
    member: Member | None = None
    journey: Journey | None = None

    def at(self, path: str, **query: str) -> str:
        """The address of a page of ours, for this setter."""
        given = {**({"j": self.journey.id} if self.journey else {}), **query}
        return path + ("?" + "&".join(f"{name}={value}" for name, value in given.items()) if given else "")


def looking(house: House, path: str) -> Setter | Response:
    """The member who is signed in here; else a sign-in that ends at `path`, a page of ours."""
    member = session.current(house.deps, with_destinations=True)
    return _signed_in(house, member) if member else _prove(house, path, None)


def changing(house: House, path: str, frozen: bool = False) -> Setter | Response:
    """The member who is signed in here and has just proven it, with the second factor where there is one; else the way to
    prove it, which ends at `path`. A remembered browser proves nothing here, nor does an old session. `frozen`: what is done here
    is allowed while the keys are frozen, as it only protects."""
    member = session.current(house.deps, with_destinations=True)
    if member and not frozen:
        thawed(house, member.account)
    if member and _fresh(house, member):
        return _signed_in(house, member)
    if member and _held(house, member.account):
        raise PageError(403, "mfa.held")
    levels = (assurance.ACR_CODE, assurance.ACR_STRONG) if member and needs_code(house, member.account) else ()
    max_age = int(house.deps.policy.second_factor.step_up)
    operation = next(name for start, name in OPERATIONS.items() if path.startswith(start))
    return _prove(house, path, member, max_age=max_age, levels=levels, operation=operation)


def thawed(house: House, account: Account) -> None:
    """Raise `PageError` 403 while nothing that is a key can be changed: the member has said that something was not them."""
    if house.deps.now() < account.frozen_until:
        raise PageError(403, "acct.frozen")


def setting_up(house: House, path: str, fresh: bool = True, at: tuple[Step, ...] = ENROL) -> Setter | Response:
    """Who sets up at this page: the member of the journey that the address names, if that (`at`) is what has to be done next, or
    whoever `changing` (with `fresh=False`: `looking`) lets in."""
    if doors.read_query().get("j"):
        found = steps.shown_at(house, *at)
        return found if isinstance(found, Response) else _enrolling(house, found.journey, found.account)
    return changing(house, path) if fresh else looking(house, path)


def posted(
    house: House, form: type[Schema], path: str, fresh: bool = True, at: tuple[Step, ...] = (), frozen: bool = False
) -> tuple[Setter, dict[str, Any]] | Response:
    """The same for a form that came back, with its fields. Without `at` it is no business of a sign-in that is under way, which may
    set up what it lacks and nothing else (requirement LG-11)."""
    journey, data = steps.posted(house, form)
    if data["j"]:
        if journey is None:
            raise PageError(400, "common.expired")
        found = steps.posted_at(house, form, *at)
        came = found if isinstance(found, Response) else _enrolling(house, found.journey, found.account)
    else:
        came = changing(house, path, frozen) if fresh else looking(house, path)
    return came if isinstance(came, Response) else (came, data)


def page(house: House, template: str, setter: Setter, **context: Any) -> Response:
    """A page of the settings, with the way back to the portal that led here."""
    return steps.page(house, template, setter.journey, came_from=came_from.portal(house) if setter.member else None, **context)


def noted(house: House, setter: Setter) -> dict[str, Any]:
    """What the redirect that led here wanted this page to say; empty if nothing."""
    return drafts.noted(house.deps, setter.owner, doors.read_query().get("n", ""))


def to(house: House, setter: Setter, path: str, **note: Any) -> Response:
    """To a page that says what `note` holds, so that reload repeats nothing."""
    return redirect(setter.at(path, n=drafts.note(house.deps, setter.owner, note)), 303)


def gone_on(house: House, setter: Setter, changed: Changed, methods: tuple[str, ...]) -> tuple[Setter, str | None]:
    """The setter after a change that has ended every session: the journey goes on with the new proof, the session under a
    new cookie, which is returned. `methods`: what was proven on the way, beside what was before."""
    deps, account = house.deps, changed.account
    if setter.journey and setter.journey.proof:
        old = setter.journey.proof
        now_known = tuple(dict.fromkeys((*old.methods, *methods)))
        proof = replace(old, epoch=account.epoch, auth_time=deps.now(), methods=now_known, sid=None, trusted=False)
        journey = replace(setter.journey, proof=proof, enrolling=False, adding=False, notice={}, code={})
        journeys.save(deps, journey)
        return replace(setter, account=account, journey=journey), None
    assert setter.member is not None
    known = setter.member.session
    now_known = tuple(dict.fromkeys((*known.methods, *methods)))
    proof = Proof(account.id, account.epoch, known.auth_time, now_known)
    cookie, new = sessions.start(deps, account, proof, setter.member.cookie)
    return Setter(account, new.sid, Member(cookie, new, account)), cookie


def with_session(house: House, response: Response, cookie: str | None) -> Response:
    """The response, with the cookie of the session that goes on."""
    if cookie:
        cookies.write(response, cookies.SESSION, cookie, house.deps.settings.secure)
    return response


def why(house: House, setter: Setter) -> str:
    """Why this is set up: "settings" by a member who is signed in; in a sign-in "offer" by their own wish, "staff" because
    staff need an app, "app" or "required" because the sign-in cannot end without an app, or without any second factor."""
    if setter.journey is None:
        return "settings"
    wanted = owed(setter.journey, setter.account, house.deps.policy.second_factor, house.deps.now())
    if setter.account.staff:
        return "staff"
    return "offer" if not wanted else "app" if wanted == assurance.STRONG else "required"


def needs_code(house: House, account: Account) -> bool:
    """Whether a code belongs to every sign-in of this account."""
    return account.staff or (account.second_factor and house.deps.policy.second_factor.mode != "off")


def _fresh(house: House, member: Member) -> bool:
    known, deps = member.session, house.deps
    if deps.now() - known.auth_time > deps.policy.second_factor.step_up:
        return False
    if not needs_code(house, member.account):
        return True
    wanted = {assurance.ACR_STRONG} if member.account.staff else {assurance.ACR_CODE, assurance.ACR_STRONG}
    held = deps.now() < member.account.held_until
    return bool(wanted & set(assurance.satisfied(known.methods, False, held)))


def _held(house: House, account: Account) -> bool:
    """Whether nothing this account has could prove enough yet: its password was just reset by its only destination."""
    if house.deps.now() >= account.held_until or not needs_code(house, account):
        return False
    _, factors = members.with_factors(house.deps, account.id) or (None, NO_FACTORS)
    return not factors.methods - assurance.SENT


def _signed_in(house: House, member: Member) -> Setter:
    came_from.note(house)
    return Setter(member.account, member.session.sid, member)


def _prove(house: House, path: str, member: Member | None, **wanted: Any) -> Response:
    """A journey that ends at `path`, with what the session proves already, if that is good enough."""
    deps = house.deps
    steps.count_page(deps)
    came_from.note(house)
    journey = journeys.new(deps, doors.browser(deps), purpose="account", returns_to=path, **wanted)
    if member is None or not accepts_session(journey, member.account.id, member.session.auth_time, deps.now()):
        return house.dispatcher.go(journey, shown=False)
    known = member.session
    proof = Proof(known.subject, known.epoch, known.auth_time, known.methods, known.sid, trusted=known.trusted)
    return house.dispatcher.go(replace(journey, proof=proof), member.account, shown=False)


def _enrolling(house: House, journey: Journey, account: Account) -> Setter | Response:
    """Setting up in the middle of a sign-in. Where an old session stands in for the password, it is asked for first, or a
    stolen cookie could give the account a second factor."""
    proof, deps = journey.proof, house.deps
    if proof is None or not (proof.entered_here or deps.now() - proof.auth_time <= deps.policy.second_factor.step_up):
        return house.dispatcher.go(replace(journey, proof=None, reauthenticate=True), shown=False)
    thawed(house, account)
    return Setter(account, fingerprint(journey.id), journey=journey)
