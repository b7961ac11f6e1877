"""The outbox as staff see it: listed without bodies, and the few things that may be done to a letter by hand."""

import heapq
from itertools import islice
from typing import Any, Sequence

from sqlalchemy import Connection, func, null, select, update

from idp.domain.letter import LISTED, ORDINARY, OUTCOMES, URGENT
from idp.tables.schema import outbox

_LAST = 2**62
_COLUMNS = tuple(
    outbox.c[name]
    for name in (
        "id", "account_id", "channel", "recipient", "template", "locale", "created_at", "due_at", "expires_at", "attempts", "outcome",
        "outcome_at", "reason", "gateway", "lease_until",
    )
)  # fmt: skip


def listed(connection: Connection, channel: str, outcome: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` letters, the newest first; `channel` and `outcome`: "" for any. `before`: only lower ids.

    One short walk down an index for each channel and outcome that is asked for, so that ten million rows take no longer.
    """
    known = outbox.c.id < (_LAST if before is None else before)
    ways: Sequence[Any]
    if channel or outcome:
        ways = [
            (known, outbox.c.channel == one, outbox.c.outcome == other)
            for one in ([channel] if channel else LISTED)
            for other in ([outcome] if outcome else OUTCOMES)
        ]
    else:
        ways = [(known, outbox.c.channel.in_(LISTED))]
    found = [
        [dict(row) for row in connection.execute(select(*_COLUMNS).where(*way).order_by(outbox.c.id.desc()).limit(limit)).mappings()]
        for way in ways
    ]
    return list(islice(heapq.merge(*found, key=lambda row: -row["id"]), limit))


def find(connection: Connection, letter_id: int) -> dict[str, Any] | None:
    """One letter, without its facts; `facts`: whether there still are any."""
    query = select(*_COLUMNS, outbox.c.facts.is_not(None).label("facts"))
    row = connection.execute(query.where(outbox.c.id == letter_id, outbox.c.channel.in_(LISTED))).mappings().first()
    return dict(row) if row else None


def waiting(connection: Connection, now: int, most: int) -> dict[str, tuple[int, int]]:
    """By channel: how many letters wait, counted up to `most`, and for how many seconds the oldest of them has been due."""
    found = {}
    for channel in LISTED:
        alive = (outbox.c.outcome == "queued", outbox.c.channel == channel, outbox.c.expires_at > now)
        # the first of each priority: only among those is an index in the order of the times
        firsts = [select(outbox.c.due_at).where(*alive, outbox.c.priority == one).order_by(outbox.c.due_at).limit(1) for one in (URGENT, ORDINARY)]
        due = [at for query in firsts if (at := connection.execute(query).scalar()) is not None]
        found[channel] = (_counted(connection, alive, most), max(0, now - min(due, default=now)))
    return found


def parked(connection: Connection, channel: str, now: int, most: int) -> int:
    """How many letters of this channel are parked and could still go, counted up to `most`."""
    rule = (outbox.c.outcome == "parked", outbox.c.channel == channel, outbox.c.expires_at > now, outbox.c.facts.is_not(None))
    return _counted(connection, rule, most)


def _counted(connection: Connection, rule: Sequence[Any], most: int) -> int:
    some = select(outbox.c.id).where(*rule).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def release(connection: Connection, now: int, *, letter_id: int | None = None, channel: str | None = None) -> int:
    """Let parked letters that have not expired be tried again from the first attempt on: one, or all of a channel. Returns how
    many; of several at once each is released by one."""
    which = outbox.c.id == letter_id if letter_id is not None else outbox.c.channel == channel
    rule = (outbox.c.outcome == "parked", outbox.c.facts.is_not(None), outbox.c.expires_at > now, which)
    fresh = {"outcome": "queued", "outcome_at": null(), "attempts": 0, "due_at": now, "reason": null(), "lease": null(), "lease_until": 0}
    return connection.execute(update(outbox).where(*rule).values(**fresh)).rowcount


def cancel(connection: Connection, letter_id: int, now: int) -> bool:
    """Give up a letter that waits, wiping its facts; false if it does not wait any more or a courier has it in hand."""
    rule = (outbox.c.id == letter_id, outbox.c.outcome.in_(("queued", "parked")), outbox.c.lease_until <= now)
    gone = {"outcome": "cancelled", "outcome_at": now, "facts": null(), "lease": null(), "lease_until": 0}
    return connection.execute(update(outbox).where(*rule).values(**gone)).rowcount == 1
