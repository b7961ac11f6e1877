"""Keeps journeys in the ephemeral store, and seals a request so that a page left open too long can go on."""

import json
from dataclasses import replace
from typing import Any, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain import journey as rules
from idp.domain.journey import Journey
from idp.services import limits, sessions
from idp.vault import VaultError, fingerprint

KEEP_FINISHED = 600
RENEWABLE = 7 * 86_400
# what somebody has done in a journey: not the request's, and not to be brought back with it
_OF_A_MEMBER = frozenset("proof notice chosen consented letter_password consent code offered enrolling adding challenge able".split())


def _key(journey_id: str) -> str:
    return "journey:" + fingerprint(journey_id)


def new(deps: Deps, browser: str, **values: Any) -> Journey:
    """A fresh journey bound to the browser (fingerprint of its cookie); not stored yet."""
    return Journey(id=vault.random_token(), browser=browser, started=deps.now(), challenge=vault.random_token(), **values)


def challenged(journey: Journey) -> Journey:
    """The journey with another challenge for passkeys: the one before has been answered."""
    return replace(journey, challenge=vault.random_token())


def save(deps: Deps, journey: Journey) -> None:
    """Store the journey for as long as its page may stay open (in a flood of strangers: theirs for less), and whether this browser's
    sign-in waits for a code, so that a closed page can be gone on with (flows.md M1)."""
    data = json.dumps(rules.to_dict(journey), separators=(",", ":")).encode()
    left = journey.code.get("until", 0) - deps.now()
    waits = [("pending:" + journey.browser, journey.id.encode(), left)] if left > 0 else []
    life = deps.policy.sessions.page if journey.proof else limits.page_life(deps)
    deps.ephemeral.put(_key(journey.id), data, life, *waits)


def find(deps: Deps, journey_id: str, browser: str) -> Journey | None:
    """The journey, if this is the browser that started it (requirement AZ-19). Where a session stood in for the sign-in and has ended
    since, nothing is proven any more (SE-05)."""
    data = deps.ephemeral.get(_key(journey_id)) if 20 <= len(journey_id) <= 64 else None
    if data is None:
        return None
    journey = rules.from_dict(json.loads(data))
    if journey.browser != browser:
        return None
    return journey if journey.proof is None or sessions.stands(deps, journey.proof) else replace(journey, proof=None, code={}, notice={})


def finish(deps: Deps, journey: Journey) -> None:
    """Keep only that it is done, so that Back and reload find a friendly page and nothing to repeat."""
    done = Journey(journey.id, journey.browser, journey.started, journey.purpose, journey.client_id, locale=journey.locale, finished=True)
    data = json.dumps(rules.to_dict(done), separators=(",", ":")).encode()
    deps.ephemeral.put(_key(journey.id), data, KEEP_FINISHED)


def resume(deps: Deps, journey: Journey) -> Journey:
    """A journey that begins, with the proof and the codes of the one that waits in this browser if they still count."""
    waiting = deps.ephemeral.get("pending:" + journey.browser)
    old = find(deps, waiting.decode(), journey.browser) if waiting else None
    if old is None or old.proof is None or old.finished or old.proof.sid:
        return journey
    alive = any(code["until"] > deps.now() for code in old.code.get("sent", ()))
    if not alive or not rules.accepts_session(journey, old.proof.subject, old.proof.auth_time, deps.now()):
        return journey
    return replace(journey, proof=replace(old.proof, entered_here=False), code=old.code)


def leave(deps: Deps, journey: Journey) -> None:
    """Somebody else wants to sign in: forget who was about to on this journey, and that this browser's sign-in waits for a
    code. Sessions of this browser do not stand in either. Raises `Unavailable`."""
    deps.ephemeral.drop("pending:" + journey.browser)
    save(deps, replace(journey, proof=None, code={}, notice={}, reauthenticate=True, chosen=True))


def seal(deps: Deps, journey: Journey) -> str:
    """The request of the journey, encrypted for this browser, for the hidden field of its pages."""
    kept = {name: value for name, value in rules.to_dict(journey).items() if name not in _OF_A_MEMBER}
    plain = json.dumps(kept, separators=(",", ":")).encode()
    return deps.vault.seal(plain, "journey:" + journey.browser)


def reopen(deps: Deps, sealed: str, browser: str) -> Mapping[str, Any] | None:
    """What `seal` kept, if it is this browser's and not too old."""
    try:
        data: Mapping[str, Any] = json.loads(deps.vault.open(sealed, "journey:" + browser))
    except (VaultError, ValueError):
        return None
    return data if deps.now() - data["started"] <= RENEWABLE else None


def renew(deps: Deps, kept: Mapping[str, Any]) -> Journey:
    """A new journey with the request that `reopen` gave back."""
    return replace(rules.from_dict(kept), id=vault.random_token(), started=deps.now(), challenge=vault.random_token())
