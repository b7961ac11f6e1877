"""What is counted per hour for the dashboard: the names and labels of the counts, and the steps of their histograms."""

from typing import Any, Iterator, Mapping, NamedTuple

HOUR, DAY = 3_600, 86_400
KEEP = 396 * DAY  # 13 months, so that a month can be held against the same one of last year
YOUNG = 60  # seconds: a row of audit that is younger may have a neighbour with a lower id that is not committed yet
SETTLED = 600  # seconds: whatever a letter's outcome is by then is counted; a code that comes later helps nobody

# events by "event:result"; letters by "template:outcome"; codes by "channel:carrier", with seconds; paid SMS by gateway
EVENT, LETTER, DELIVERY, SMS = "event", "letter", "delivery", "sms"
CODES = frozenset({"mail.otp", "sms.otp", "sms.reset.code", "mail.test", "sms.test"})
ARRIVED = frozenset({"accepted", "delivered"})
PAID = ARRIVED | {"unreachable", "unknown"}  # what a gateway has taken, it bills
CARRIERS = {
    "docomo.ne.jp": "docomo.ne.jp",
    "au.com": "au.com",
    "ezweb.ne.jp": "au.com",
    "softbank.ne.jp": "softbank.ne.jp",
    "i.softbank.jp": "softbank.ne.jp",
    "gmail.com": "gmail.com",
}
OTHERS = "others"
# seconds; a count stands under the first step that its value does not exceed
STEPS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
LOST = 0  # the step of what did not arrive


class Count(NamedTuple):
    """Add one here: `hour` is the Unix time at which it begins, `step` one of `STEPS`, or 0 where nothing is measured."""

    name: str
    hour: int
    label: str
    step: int


def hour_of(at: int) -> int:
    """The Unix time at which the hour of this Unix time begins; in Japan's time it is a whole hour, too."""
    return at - at % HOUR


# details that make a label of their own: what a request of recovery asked for, and how a password came to be changed
_DETAILS = {"recovery_requested": ("kind", ("id", "pw")), "password_changed": ("how", ("reset",))}


def of_event(at: int, event: str, result: str, detail: Mapping[str, Any]) -> Count:
    """What one audit row counts as: "sign_in:ok", "recovery_requested:ok:pw"."""
    name, known = _DETAILS.get(event, ("", ()))
    more = detail.get(name) if known else None
    return Count(EVENT, hour_of(at), f"{event}:{result}" + (f":{more}" if more in known else ""), 0)


def carrier(address: str) -> str:
    """The group of mail domains that an address belongs to."""
    domain = address.rpartition("@")[2].lower()
    mine = next((name for ending, name in CARRIERS.items() if domain == ending), OTHERS)
    return "softbank.ne.jp" if mine == OTHERS and domain.endswith(".vodafone.ne.jp") else mine


def step_of(seconds: int) -> int:
    """The step of a duration; the last one also for what is longer."""
    return next((step for step in STEPS if seconds <= step), STEPS[-1])


def of_letter(channel: str, to: str, template: str, outcome: str, created_at: int, outcome_at: int | None, gateway: str | None) -> Iterator[Count]:
    """What one letter counts as, `SETTLED` seconds after it was written."""
    hour = hour_of(created_at)
    arrived = outcome in ARRIVED
    yield Count(LETTER, hour, f"{template}:{'late' if outcome == 'queued' else outcome}", 0)
    if template in CODES:
        where = f"mail:{carrier(to)}" if channel == "mail" else channel
        yield Count(DELIVERY, hour, where, step_of((outcome_at or created_at) - created_at) if arrived else LOST)
    if channel == "sms" and outcome in PAID:
        yield Count(SMS, hour, gateway or "folder", 0)


def within(steps: Mapping[int, int], share: float) -> int | None:
    """The step by which this share of what arrived had arrived: the quantile's upper end. None if nothing has."""
    total = sum(count for step, count in steps.items() if step != LOST)
    seen = 0
    for step in STEPS:
        seen += steps.get(step, 0)
        if total and seen >= share * total:
            return step
    return None
