"""What has happened to a member, audit events and letters in one line of time, each with how it ended."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal, Mapping

from idp import texts
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.desk import OPERATIONS
from idp.domain.masks import mask_address
from idp.tables import accounts, audit, outbox

PAGE = 20
Kind = Literal["sign_in", "sent", "change", "desk"]
SIGN_INS = ("sign_in", "second_factor", "reset_second_factor", "recovery_requested", "session_ended", "signed_out_everywhere")
DESK = (*OPERATIONS, "desk_identity", "desk_proposed", "desk_decided", "member_revealed", "account_shown", "account_locked",
        "account_unlocked", "account_reopened", "letter_password_made", "console_refused")  # fmt: skip
CHANGES = (
    "password_changed", "second_factor_changed", "login_id_changed", "nickname_changed", "email_sign_in_changed", "language_changed",
    "consent_given", "consent_withdrawn", "browser_remembered", "browser_forgotten", "browser_copied", "account_added",
    "account_closing", "contract_ended", "mailbox_renamed", "mailbox_deleted", "not_me", "change_undone", "registration_confirmed",
)  # fmt: skip
EVENTS: Mapping[str, tuple[str, ...]] = {"sign_in": SIGN_INS, "change": CHANGES, "desk": DESK}
# events that the member's own history has no words for
OWN_WORDS = (
    *OPERATIONS, "desk_identity", "desk_proposed", "desk_decided", "member_revealed", "account_shown", "letter_password_made",
    "console_refused", "recovery_requested", "reset_second_factor", "account_added", "registration_confirmed", "other",
)  # fmt: skip
OUTCOMES = ("queued", "accepted", "delivered", "unreachable", "rejected", "failed", "unknown", "expired", "parked", "cancelled", "other")
TIMED = ("accepted", "delivered")
DONE = ("ok", "sent", "approved")  # results of what went as it was meant to
DECIDED = ("approved", "rejected", "withdrawn", "void", "taken")
LETTERS = (
    "otp", "test", "username", "provisional", "registered", "reset.link", "reset.code", "closed", "closed.contract", "desk.code",
    "notice", "other",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing that happened at `at` (Unix seconds); `key`: its words; `good`: whether it ended well, None if that says nothing;
    `seconds`: how long a letter took. Of an event: the client, network and device that it came from, who acted, and `detail`; of
    a letter: its channel, what it is, and where it went, masked."""

    at: int
    kind: Kind
    key: str
    good: bool | None
    client_id: str | None = None
    address: str | None = None
    actor: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    channel: str = ""
    what: str = ""
    to: str = ""
    outcome: str = ""
    seconds: int = 0


@dataclass(frozen=True)
class Lines:
    """A page of them, the newest first, and where the next one begins: empty after the last."""

    lines: tuple[Line, ...]
    further: str


def read(deps: Deps, account: Account, kind: str = "", at: str = "") -> Lines:
    """A page. `kind`: only these; `at`: `further` of the page before. Raises `Unavailable`."""
    events_before, letters_before = (int(part) for part in at.split(".")) if at else (None, None)
    with deps.database.read() as connection:
        events = [] if kind == "sent" else audit.timeline(connection, account.id, EVENTS.get(kind, ()), events_before, PAGE + 1)
        letters = outbox.of_account(connection, account.id, letters_before, PAGE + 1) if kind in ("", "sent") else []
    merged = sorted([(row.at, 1, row) for row in events] + [(row.created_at, 0, row) for row in letters], key=lambda one: one[:2], reverse=True)
    page = merged[:PAGE]
    last = {which: min((row.id for _, one, row in page if one == which), default=before) for which, before in ((1, events_before), (0, letters_before))}
    further = f"{last[1] or 2**59}.{last[0] or 2**59}" if len(merged) > PAGE else ""
    return Lines(tuple(_event(row) if which else _letter(row) for _, which, row in page), further)


def _event(row: Any) -> Line:
    key, known = f"acct.hist.{row.event}.{row.result}", texts.catalog(texts.LOCALES[0])
    if key not in known or row.event in OWN_WORDS:
        key = f"con.member.event.{row.event if row.event in OWN_WORDS else 'other'}"
    if row.event == "desk_decided" and row.result in DECIDED:
        key = f"con.decided.{row.result}"
    detail = json.loads(row.detail)
    kind: Kind = next((name for name, events in EVENTS.items() if row.event in events), "change")  # type: ignore[arg-type]
    good = None if row.result in DONE and kind != "sign_in" else row.result in DONE
    return Line(row.at, kind, key, good, row.client_id, row.address, row.actor, {"event": row.event, "result": row.result, **detail})


def _letter(row: Any) -> Line:
    name = row.template.partition(".")[2]
    what = name if name in LETTERS else "notice" if name.startswith("notice.") else "other"
    outcome = row.outcome if row.outcome in OUTCOMES else "other"
    seconds = max(0, row.outcome_at - row.created_at) if row.outcome_at else 0
    bad = outcome in ("unreachable", "rejected", "failed", "expired", "parked")
    kind = "sms" if row.channel == "sms" else "email"
    return Line(
        row.created_at, "sent", f"con.member.outcome.{outcome}", False if bad else True if outcome in TIMED else None,
        channel=row.channel, what=what, to=mask_address(kind, row.recipient), outcome=outcome, seconds=seconds,
    )  # fmt: skip


def names(deps: Deps, lines: Lines) -> dict[str, str]:
    """What to call whoever acted, by their id. Raises `Unavailable`."""
    found: dict[str, str] = {}
    with deps.database.read() as connection:
        for actor in {line.actor for line in lines.lines if line.actor}:
            account = accounts.by_id(connection, actor)
            found[actor] = account.nickname if account and account.nickname else actor
    return found
