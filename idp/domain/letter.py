"""A letter in the outbox, how long it waits after a failed attempt, and which outcome a later report may replace."""

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Literal

Channel = Literal["mail", "sms", "request", "event"]

# what staff see of the outbox: channels with a far side, and what may have become of a letter
LISTED: tuple[Channel, ...] = ("mail", "sms", "event")
OUTCOMES = ("queued", "accepted", "delivered", "unreachable", "rejected", "failed", "unknown", "parked", "expired", "cancelled")

JST = timezone(timedelta(hours=9), "JST")

# one-time codes overtake notices
URGENT, ORDINARY = 0, 1

_WAITS = (10, 30, 120, 600, 1_800, 3_600)
# the far side is away: about 18 hours of attempts
PARK_AFTER_AWAY = 24
# the letter itself breaks rendering or sending: about 13 minutes, enough to mend a setting
PARK_AFTER_FAULT = 5


@dataclass(frozen=True)
class Letter:
    """One mail or SMS to be sent, an event for a portal, or a request to be worked on unseen. Times are Unix seconds.

    `key` is random and never reused: it seals the facts to this letter and lets the far side recognise a repetition.
    `facts` is sealed, and None once the letter has gone. `attempts` counts every claim, the present one included.
    """

    key: str
    account_id: str | None
    channel: Channel
    recipient: str
    template: str
    locale: str
    facts: str | None
    priority: int
    due_at: int
    expires_at: int
    attempts: int = 0
    id: int = 0


def wait_after(attempts: int) -> int:
    """Seconds until the next attempt, after `attempts` (1 or more) have failed."""
    return _WAITS[min(attempts, len(_WAITS)) - 1]


# what a gateway may say of a message, now or later, each the more final the higher its rank
REPORTED = {"accepted": 0, "unknown": 1, "unreachable": 2, "rejected": 3, "failed": 3, "delivered": 4}


def earlier(outcome: str) -> tuple[str, ...]:
    """The outcomes that a report of this one replaces.

    Reports come late, repeated and in any order: one that says nothing more final changes nothing, a phone that was out of
    reach may still be reached, and what has been delivered stays delivered. Raises KeyError for an outcome of another kind.
    """
    return tuple(name for name, rank in REPORTED.items() if rank < REPORTED[outcome])
