"""Where the signing keys stand, and changing them: publishing a next one, or signing with new ones at once by two people."""

import json
from dataclasses import dataclass
from typing import Sequence

from idp.deps import Deps
from idp.domain import keys as rules
from idp.domain.account import Account
from idp.domain.client import ID_TOKEN_ALGS
from idp.domain.keys import Span, StoredKey
from idp.services import desk, keyring, members, second_person
from idp.services.second_person import Asked
from idp.tables import keys as table

ROTATE = "keys"
DAY = 86_400


@dataclass(frozen=True)
class Bar:
    """One key in the calendar: where it is published and where it signs, in pixels from the left; its lane from above."""

    span: Span
    lane: int
    published: tuple[int, int]
    signs: tuple[int, int]


@dataclass(frozen=True)
class Calendar:
    """All keys over time. `marks`: (pixels, Unix seconds); `algs`: (lane, name); sizes in pixels."""

    width: int
    height: int
    left: int
    now: int
    bars: Sequence[Bar]
    marks: Sequence[tuple[int, int]]
    algs: Sequence[tuple[int, str]]


def stored(deps: Deps) -> tuple[StoredKey, ...]:
    """Every key."""
    with deps.database.read() as connection:
        return table.rows(connection)


def spans(deps: Deps) -> list[Span]:
    """Every published key in time."""
    return rules.spans(stored(deps), deps.policy.keys, deps.now())


def warnings(deps: Deps) -> dict[str, rules.Warning]:
    """Algorithms for which the schedule is not kept."""
    return rules.warnings(stored(deps), ID_TOKEN_ALGS, deps.policy.keys, deps.now())


def jwks(found: Sequence[Span]) -> str:
    """What portals read, for people: the public halves only."""
    return json.dumps({"keys": [json.loads(span.key.public_jwk) for span in found]}, indent=2, sort_keys=True)


def calendar(found: Sequence[Span], now: int) -> Calendar:
    """The keys as bars from a week ago, or the first one's beginning if that is later, to the last one's end."""
    width, left, lane, top = 960, 80, 44, 28
    begins = max(min((span.published for span in found), default=now), now - 7 * DAY)
    ends = max([span.gone for span in found] + [now + DAY])

    def at(moment: int) -> int:
        return left + (min(max(moment, begins), ends) - begins) * (width - left) // max(1, ends - begins)

    lanes = {alg: top + index * lane for index, alg in enumerate(dict.fromkeys(span.key.alg for span in found))}
    bars = [
        Bar(span, lanes[span.key.alg] + (14 if span.state == "next" else 0), (at(span.published), at(span.gone)), (at(span.signs), at(span.ends)))
        for span in found
    ]
    step = max(DAY, (ends - begins) // 6)
    marks = [(at(moment), moment) for moment in range(begins + step // 2, ends, step)]
    return Calendar(width, top + lane * max(1, len(lanes)), left, at(now), bars, marks, [(y, alg) for alg, y in lanes.items()])


def publish(deps: Deps, actor: Account, address: str | None, reason: str, ticket: str) -> int:
    """Publish a next key for every algorithm that has none; returns for how many. Raises `Unavailable`."""
    made = keyring.ensure(deps, rotate=True)
    _note(deps, actor, address, made, reason, ticket, at_once=False)
    return len(made)


def asked(deps: Deps) -> tuple[Asked, str] | None:
    """The request to sign with new keys at once that waits for somebody else, and the login ID of who asked."""
    found = second_person.asked(deps, ROTATE)
    account = members.find(deps, found.actor) if found else None
    return (found, account.login_id) if found and account else None


def ask(deps: Deps, actor: Account, address: str | None, reason: str, ticket: str) -> None:
    """Ask another administrator to let new keys sign at once."""
    second_person.ask(deps, ROTATE, actor, reason, ticket)
    desk.note(deps, actor, "keys_rotation_asked", address=address, detail={"reason": reason, "ticket": ticket})


def withdraw(deps: Deps, actor: Account, address: str | None) -> None:
    """It is not to be done."""
    second_person.withdraw(deps, ROTATE)
    desk.note(deps, actor, "keys_rotation_withdrawn", address=address)


def rotate(deps: Deps, actor: Account, address: str | None) -> bool:
    """Sign with new keys in a moment, as another administrator has asked; false if nobody else has. Raises `Unavailable`."""
    found = second_person.take(deps, ROTATE, actor)
    if found is None:
        return False
    made = keyring.ensure(deps, rotate=True, lead=keyring.AT_ONCE)
    _note(deps, actor, address, made, found.reason, found.ticket, at_once=True, asked_by=found.actor)
    return True


def _note(deps: Deps, actor: Account, address: str | None, made: Sequence[StoredKey], reason: str, ticket: str, **more: object) -> None:
    kids = " ".join(key.kid for key in made)
    desk.note(deps, actor, "keys_rotated", address=address, detail={"kids": kids, "reason": reason, "ticket": ticket, **more})
