"""Where every step of a journey returns to: asks `next_step` and sends the browser there."""

from dataclasses import dataclass, replace
from typing import Callable

from flask import Response, redirect, request

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.journey import NO_FACTORS, Factors, Journey, Step, changed, concerns_factors, next_step
from idp.services import journeys, members, sessions
from idp.web import cookies
from idp.web.errors import PageError

PATHS = {
    "password": "/login",
    "first_password": "/login/first",
    "choose": "/login/choose",
    "offer": "/code/offer",
    "second_factor": "/code",
    "no_factor": "/code/none",
    "enrol": "/account/second-factor/start",
    "offer_passkey": "/account/passkeys/offer",
    "passkey": "/account/passkeys/add",
    "consent": "/consent",
}


@dataclass(frozen=True)
class Purpose:
    """What a room does with journeys that it started: `prepare` fills in what only it knows once the member is
    known, `finish` answers a journey that is done, `refuse` one that cannot be. `consent`: the page that asks for the member's
    yes; `reaches`: whether it is this browser's session that the client gets to know."""

    prepare: Callable[[Journey, Account], Journey]
    finish: Callable[[Journey, Account], Response]
    refuse: Callable[[Journey, str], Response]
    consent: str = PATHS["consent"]
    reaches: bool = True


class Dispatcher:
    """Rooms know each other only through here; `purposes`, and what a room does when a journey comes to a step of its own
    by a form (`arrivals`), are filled by the composition root."""

    def __init__(self, deps: Deps):
        self._deps = deps
        self.purposes: dict[str, Purpose] = {}
        self.arrivals: dict[str, Callable[[Journey, Account, Factors], Journey]] = {}

    def step(self, journey: Journey, account: Account | None, factors: Factors | None = None) -> tuple[Step, Account | None, Factors]:
        """What comes next, and the account and its factors it was told from: these are read only where they matter, the
        account then with its destinations."""
        rule, now = self._deps.policy.second_factor, self._deps.now()
        if factors is None and account and concerns_factors(journey, account, rule, now):
            account, factors = members.with_factors(self._deps, account.id) or (None, NO_FACTORS)
        factors = factors or NO_FACTORS
        return next_step(journey, account, rule, factors, now), account, factors

    def go(self, journey: Journey, account: Account | None = None, shown: bool = True, factors: Factors | None = None) -> Response:
        """Store the journey and send the browser to its next step. `account`: the one of the journey's proof, if
        the caller has just read it, and `factors`, if it has read these, too, and the account with its destinations;
        `shown`: whether a page of it was, to which Back may lead."""
        deps, purpose = self._deps, self.purposes[journey.purpose]
        if journey.proof and account is None:
            account = members.find(deps, journey.proof.subject)
        if journey.proof and account:
            journey = purpose.prepare(journey, account)
        step, account, factors = self.step(journey, account, factors)
        if step in ("refused", "unmet"):
            return self._refuse(journey, account, "login_required" if step == "refused" else "unmet_authentication_requirements")
        if shown and account and (arrive := self.arrivals.get(step)):
            journey = arrive(journey, account, factors)
        new_cookie = None
        if step in ("choose", "consent", "done") and account and journey.proof and journey.proof.sid is None:
            old = cookies.read(cookies.SESSION, deps.settings.secure)
            new_cookie, session = sessions.start(deps, account, journey.proof, old)
            journey = changed(journey, proof=replace(journey.proof, sid=session.sid))
        if step == "done" and account:
            response = purpose.finish(journey, account)
            if journey.proof and journey.proof.sid:
                agent, address = request.user_agent.string, request.remote_addr or ""
                sessions.reached(deps, journey.proof.sid, account.id, journey.client_id if purpose.reaches else None, agent, address)
            if shown:
                journeys.finish(deps, journey)
        else:
            journeys.save(deps, journey)
            path = purpose.consent if step == "consent" else PATHS[step]
            response = redirect(f"{path}?j={journey.id}", 303)
        if new_cookie:
            cookies.write(response, cookies.SESSION, new_cookie, deps.settings.secure)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _refuse(self, journey: Journey, account: Account | None, error: str) -> Response:
        if account is None or account.status != "active":
            raise PageError(403, "login.err.suspended")
        return self.refuse(journey, error)

    def refuse(self, journey: Journey, error: str) -> Response:
        """End the journey with an error for whoever began it."""
        response = self.purposes[journey.purpose].refuse(journey, error)
        journeys.finish(self._deps, journey)
        return response

    def silent_error(self, journey: Journey, account: Account | None) -> str | None:
        """What prevents an answer without any page (OIDC Core section 3.1.2.6), or None."""
        if journey.proof and account:
            journey = self.purposes[journey.purpose].prepare(journey, account)
        return {
            "done": None,
            "password": "login_required",
            "refused": "login_required",
            "choose": "account_selection_required",
            "consent": "consent_required",
            "unmet": "unmet_authentication_requirements",
        }.get(self.step(journey, account)[0], "interaction_required")
