"""What staff see of the outbox and may do to it: no body, no code, and no address but masked (interface.md, Admin console)."""

import re
from dataclasses import dataclass
from typing import Any, Literal, Mapping

from idp.deps import Deps
from idp.domain import rollup
from idp.domain.account import Account
from idp.domain.identifiers import mask_email, mask_phone
from idp.domain.letter import LISTED
from idp.services import console_client, letters, records, switches
from idp.tables import outbox_desk

PAGE, COUNTED_TO = 50, 1_000
SOURCE = "courier"


@dataclass(frozen=True)
class Row:
    """A letter as it is shown. `seconds`: how long it took, or has been waiting; `live`: whether it still can be sent."""

    id: int
    at: int
    template: str
    channel: str
    to: str
    by: str
    outcome: str
    attempts: int
    seconds: int
    reason: str
    due_at: int
    expires_at: int
    live: bool
    held: bool = False


@dataclass(frozen=True)
class Sending:
    """A channel: `state` is "paused", "down" or "works"; so many letters wait, the oldest for `age` seconds; so many are
    `parked` and could still go. Both are counted up to `COUNTED_TO`."""

    name: str
    state: str
    waiting: int
    age: int
    parked: int


def masked(said: str) -> str:
    """The far side's own words without addresses and numbers of members."""
    return re.sub(r"\+?[0-9][0-9-]{6,}[0-9]", "****", re.sub(r"[^\s<>@]{1,64}@", "****@", said[:200]))


def _row(found: Mapping[str, Any], now: int) -> Row:
    channel, to = found["channel"], found["recipient"]
    shown = {"mail": mask_email, "sms": mask_phone}.get(channel, lambda it: it)(to)
    by = found["gateway"] or (rollup.carrier(to) if channel == "mail" else "")
    live = found["outcome"] in ("queued", "parked") and found["expires_at"] > now
    return Row(
        found["id"], found["created_at"], found["template"], channel, shown, by, found["outcome"], found["attempts"],
        (found["outcome_at"] or now) - found["created_at"], masked(found["reason"] or ""), found["due_at"], found["expires_at"], live,
        found["lease_until"] > now,
    )  # fmt: skip


def listed(deps: Deps, channel: str, outcome: str, before: int | None) -> tuple[list[Row], int | None]:
    """A page of letters, and the id before which the next one begins. Raises `Unavailable`."""
    with deps.database.read() as connection:
        found = outbox_desk.listed(connection, channel, outcome, before, PAGE + 1)
    return [_row(one, deps.now()) for one in found[:PAGE]], found[PAGE - 1]["id"] if len(found) > PAGE else None


def find(deps: Deps, letter_id: str) -> Row | None:
    """The letter of this id, as typed in an address. Raises `Unavailable`."""
    if not re.fullmatch("[1-9][0-9]{0,17}", letter_id):
        return None
    with deps.database.read() as connection:
        found = outbox_desk.find(connection, int(letter_id))
    return _row(found, deps.now()) if found else None


def channels(deps: Deps) -> list[Sending]:
    """The state of each channel. Raises `Unavailable`."""
    paused, now = switches.state(deps)[0], deps.now()
    with deps.database.read() as connection:
        waiting = outbox_desk.waiting(connection, now, COUNTED_TO)
        parked = {name: outbox_desk.parked(connection, name, now, COUNTED_TO) for name in LISTED}
    found = []
    for name in LISTED:
        state = "paused" if name in paused else "down" if letters.channel_down(deps, name) else "works"
        found.append(Sending(name, state, *waiting[name], parked[name]))
    return found


def _put(connection: Any, deps: Deps, actor: Account, what: str, address: str, detail: Mapping[str, Any]) -> None:
    records.add(
        connection, deps, "courier_changed", actor=actor.id, client_id=console_client.CLIENT_ID, address=address, detail={"what": what, **detail}
    )


Done = Literal["retry", "cancel", "gone"]


def act(deps: Deps, actor: Account, letter_id: int, what: str, why: Mapping[str, str], address: str) -> Done:
    """Let a parked letter go again ("retry"), or give up one that waits ("cancel"); "gone" if that is not possible any more.
    Raises `Unavailable`."""
    with deps.database.write() as connection:
        if what == "retry":
            done = outbox_desk.release(connection, deps.now(), letter_id=letter_id) == 1
        else:
            done = outbox_desk.cancel(connection, letter_id, deps.now())
        if done:
            _put(connection, deps, actor, f"letter_{what}", address, {"letter": letter_id, **why})
    return what if done else "gone"  # type: ignore[return-value]


def ways(deps: Deps) -> list[str]:
    """What can be switched now, as `switch` takes it. Raises `Unavailable`."""
    (paused, swapped), found = switches.state(deps), []
    for one in channels(deps):
        found.append(f"resume:{one.name}" if one.name in paused else f"pause:{one.name}")
        found += [f"release:{one.name}"] if one.parked else []
    if deps.settings.sms.fallback.url:
        found.append("gateway:first" if swapped else "gateway:second")
    return found


def switch(deps: Deps, actor: Account, what: str, why: Mapping[str, str], address: str) -> int | None:
    """Do one of `ways`; how many letters it let go, or None if it cannot be done. Raises `Unavailable`."""
    if what not in ways(deps):
        return None
    verb, _, name = what.partition(":")
    channel = next((one for one in LISTED if one == name), LISTED[0])
    released = 0
    with deps.database.write() as connection:
        if verb == "pause":
            switches.pause(connection, deps, channel, actor.id)
        elif verb == "resume":
            switches.resume(connection, channel)
        elif verb == "release":
            released = outbox_desk.release(connection, deps.now(), channel=channel)
        else:
            switches.put_second_first(connection, deps, name == "second", actor.id)
        _put(connection, deps, actor, what, address, {**why, **({"count": released} if verb == "release" else {})})
    if verb in ("pause", "resume"):  # so that pages of members know at once
        letters.channel_works(deps, channel, verb == "resume")
    return released
