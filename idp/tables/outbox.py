"""Letters waiting to be sent: queued by flows, claimed with a lease by couriers, wiped once they have gone."""

from typing import Any, Mapping

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, null, select, update

from idp.domain.letter import Channel, Letter, earlier
from idp.tables.hot import Hot
from idp.tables.schema import outbox

_LETTER = tuple(getattr(outbox.c, name) for name in Letter.__dataclass_fields__)
_QUEUED = tuple(column.name for column in _LETTER if column.name != "id")
_QUEUE = Hot(outbox.insert().inline(), (*_QUEUED, "created_at", "lease_until", "outcome"))
_OUTCOME = Hot(select(outbox.c.outcome, outbox.c.attempts).where(outbox.c.key == bindparam("name")))
_REMARK_MAX = 200
_LAST = 2**62  # before this id: every row


def queue(connection: Connection, letter: Letter, now: int) -> None:
    """Add the letter in the caller's transaction; its `id` and `attempts` are given by the table."""
    values = {name: getattr(letter, name) for name in _QUEUED}
    _QUEUE.rows(connection, {**values, "created_at": now, "lease_until": 0, "outcome": "queued"})


def _waiting(now: int, channel: Channel | None) -> list[ColumnElement[bool]]:
    rules = [outbox.c.outcome == "queued", outbox.c.due_at <= now, outbox.c.lease_until <= now, outbox.c.expires_at > now]
    return rules if channel is None else [*rules, outbox.c.channel == channel]


def waits(connection: Connection, now: int, channel: Channel | None = None) -> bool:
    """Whether a claim now would find something: a look that takes no lock."""
    return connection.execute(select(outbox.c.id).where(*_waiting(now, channel)).limit(1)).first() is not None


def claim(
    connection: Connection, lease: str, now: int, lease_seconds: int, limit: int, channel: Channel | None = None
) -> list[Letter]:
    """Up to `limit` due letters, the urgent first, held under `lease` (unique for each call) for `lease_seconds`.

    One statement, so that no two couriers hold the same letter. The attempt is counted here and not at the end:
    a letter that kills its courier counts too. Letters of a lease that has run out are claimed again.
    """
    due = (
        select(outbox.c.id)
        .where(*_waiting(now, channel))
        .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has the write lock already
        .cte("due")
    )
    claimed = connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(select(due.c.id)))
        .values(lease=lease, lease_until=now + lease_seconds, attempts=outbox.c.attempts + 1)
        .returning(*_LETTER)
    )
    return sorted((Letter(**row) for row in claimed.mappings()), key=lambda it: (it.priority, it.due_at, it.id))


def _while_ours(connection: Connection, letter_id: int, lease: str, values: Mapping[str, Any]) -> bool:
    ours = (outbox.c.id == letter_id, outbox.c.lease == lease, outbox.c.outcome == "queued")
    return connection.execute(update(outbox).where(*ours).values(**values)).rowcount == 1


def _remark(said: str) -> str | None:
    # the far side's own words: PostgreSQL refuses NUL and lone surrogates, and a letter that cannot be marked is sent again
    return "".join(c if c.isprintable() else " " for c in said[:_REMARK_MAX]) or None


def finish(
    connection: Connection,
    letter_id: int,
    lease: str,
    outcome: str,
    now: int,
    provider_id: str = "",
    reason: str = "",
    gateway: str = "",
) -> bool:
    """Set the outcome and wipe the facts; false if the lease has passed to another courier.

    `gateway` and `provider_id` are how a later report finds the letter. "parked" keeps the sealed facts until the letter expires, so that an operator may release it.
    """
    values: dict[str, Any] = {"outcome": outcome, "outcome_at": now, "lease": None, "lease_until": 0}
    values |= {"provider_id": _remark(provider_id), "reason": _remark(reason), "gateway": gateway or None}
    if outcome != "parked":
        values["facts"] = None
    return _while_ours(connection, letter_id, lease, values)


def report(connection: Connection, gateway: str, provider_id: str, outcome: str, said: str, now: int) -> bool:
    """Replace the outcome of the SMS that this gateway knows by this id; `said` is its own word, kept as the reason.

    False, and nothing changes, for an id that is not ours and for an outcome that stands already or is followed by a more
    final one (`idp.domain.letter.earlier`). One statement, so reports at the same time cannot undo each other.
    """
    stored = _remark(provider_id)
    if stored is None:  # what has no id is nobody's
        return False
    known = (outbox.c.provider_id == stored, outbox.c.gateway == gateway, outbox.c.channel == "sms")
    values = {"outcome": outcome, "outcome_at": now, "reason": _remark(said)}
    replaced = update(outbox).where(*known, outbox.c.outcome.in_(earlier(outcome))).values(**values)
    return connection.execute(replaced).rowcount > 0


def retry(connection: Connection, letter_id: int, lease: str, due_at: int, reason: str) -> bool:
    """Give the letter back until `due_at`; false if the lease has passed to another courier."""
    values = {"due_at": due_at, "reason": _remark(reason), "lease": None, "lease_until": 0}
    return _while_ours(connection, letter_id, lease, values)


def abandon_expired(connection: Connection, now: int) -> int:
    """Give up letters past their time that nobody holds, wiping their facts; returns how many.

    One whose courier vanished while holding it may have been sent: its outcome is "unknown".
    """
    late = (outbox.c.expires_at <= now, outbox.c.lease_until <= now, outbox.c.facts.is_not(None))
    outcome = case((outbox.c.lease.is_not(None), "unknown"), else_="expired")
    given_up = connection.execute(
        update(outbox)
        .where(outbox.c.outcome == "queued", *late)
        .values(outcome=outcome, outcome_at=now, facts=null(), lease=null(), lease_until=0)
    ).rowcount
    connection.execute(update(outbox).where(outbox.c.outcome == "parked", *late).values(facts=null()))
    return given_up


def outcome_of(connection: Connection, key: str) -> tuple[str, int] | None:
    """Outcome and attempts so far of the letter with this key, or None."""
    rows = _OUTCOME.rows(connection, {"name": key})
    return (rows[0][0], rows[0][1]) if rows else None


def depth_and_age(connection: Connection, now: int) -> tuple[int, int]:
    """How many letters are queued, and for how many seconds the oldest of them has been due (0 if none is)."""
    row = connection.execute(
        select(func.count(), func.min(outbox.c.due_at)).where(outbox.c.outcome == "queued", outbox.c.expires_at > now)
    ).one()
    return row[0], max(0, now - row[1]) if row[0] else 0


def of_account(connection: Connection, account_id: str, before: int | None, limit: int) -> list[Any]:
    """Up to `limit` mails and SMS to a member, the newest first: id, key, channel, recipient, template, outcome, created_at and
    outcome_at. `before`: only rows with a lower id, for the next page."""
    columns = (outbox.c[name] for name in ("id", "key", "channel", "recipient", "template", "outcome", "created_at", "outcome_at"))
    mine = (outbox.c.account_id == account_id, outbox.c.channel.in_(("mail", "sms")), outbox.c.id < (_LAST if before is None else before))
    return list(connection.execute(select(*columns).where(*mine).order_by(outbox.c.id.desc()).limit(limit)))
