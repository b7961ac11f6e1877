"""What a member sees of the account, and changes of its names and its password."""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal, Sequence

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.assurance import PASSKEY
from idp.domain.device import Caller
from idp.domain.identifiers import fold_login_id, login_id_parameters, login_id_verdicts
from idp.domain.nickname import fold_nickname, nickname_verdicts
from idp.services import new_passwords, notices, portal_events, records, registering
from idp.services.accounts import reserved_words
from idp.services.passwords import Busy, Hasher
from idp.tables import accounts, audit, failures, login_ids

DAY = 86_400
KEPT = 90 * DAY
PAGE, LATEST = 20, 3
# what the history tells: events of the audit record and how they end
EVENTS = {
    "sign_in": ("ok", "wrong", "locked", "suspended", "letter_expired"),
    "second_factor": ("ok", "wrong", "expired", "locked", "format"),
    "passkey": ("ok", "wrong", "locked", "suspended", "copied"),  # either of these, by a passkey
    **dict.fromkeys(("password_changed", "second_factor_changed", "login_id_changed", "nickname_changed"), ("ok",)),
    **dict.fromkeys(("email_sign_in_changed", "passkey_renamed", "language_changed", "consent_given", "consent_withdrawn"), ("ok",)),
    **dict.fromkeys(("browser_remembered", "browser_forgotten", "browser_copied"), ("ok",)),
    **dict.fromkeys(("account_closing", "account_reopened", "mailbox_renamed", "mailbox_deleted", "contract_ended", "contract_returned"), ("ok",)),
    **dict.fromkeys(("account_locked", "account_unlocked", "signed_out_everywhere", "session_ended", "not_me", "change_undone"), ("ok",)),
    **dict.fromkeys(("device_connected", "device_refused", "connection_ended"), ("ok",)),
}
CHECKS_PER_HOUR = 20

Problem = tuple[str, str, dict[str, Any]]  # field, key of the sentence, its values


@dataclass(frozen=True)
class Entry:
    """One line of the history; `at` in Unix seconds, `address` the network it came from, `device` codes of system and
    browser (`domain.device`) where they are known."""

    id: int
    at: int
    event: str
    result: str
    client_id: str | None
    address: str | None
    device: str | None


def history(deps: Deps, account_id: str, before: int | None = None, limit: int = PAGE) -> list[Entry]:
    """What has happened in the last 90 days, the newest first; `before`: the id of the last entry of the page before."""
    with deps.database.read() as connection:
        rows = audit.of_account(connection, account_id, tuple(EVENTS), deps.now() - KEPT, before, limit)
    return [_entry(row[:-1], json.loads(row[-1])) for row in rows]


def _entry(row: Sequence[Any], detail: dict[str, Any]) -> Entry:
    found = Entry(*row, device=detail.get("device"))
    return replace(found, event=PASSKEY) if detail.get("method") == PASSKEY else found


@dataclass(frozen=True)
class Change:
    """What came of a change: the account as it is now, or what is wrong with the form."""

    account: Account | None = None
    wrong: tuple[Problem, ...] = ()


def change_password(deps: Deps, hasher: Hasher, account: Account, current: str, typed: str, again: str, who: Caller) -> Change:
    """Set a new password; everything else that was open ends. A wrong current one counts as a failed sign-in (requirements
    LG-05, PW-07); those of others, who need no session for them, do not keep the member from this page (LG-07). `account` comes
    with its destinations. Raises `Busy`; then nothing was counted."""
    outside = "password:" + account.id
    bucket = outside + ":session"
    with deps.database.write() as connection:
        reserved = failures.reserve(connection, bucket, deps.policy.waits, deps.now())
    if not reserved.allowed:
        return Change(wrong=(("current_password", "login.err.locked", {"time": reserved.wait_until}),))
    try:
        right = hasher.verify(account.password_hash, current).ok
        found = new_passwords.verdicts_for(deps, hasher, account, typed, again) if right else ()
    except Busy:
        with deps.database.write() as connection:
            failures.give_back(connection, bucket, reserved)
        raise
    if not right:
        with deps.database.write() as connection:
            failures.reserve(connection, outside, deps.policy.waits, deps.now())
        waits = reserved.wait_until > deps.now()
        return Change(wrong=(("current_password", "login.err.locked" if waits else "pw.err.current", {"time": reserved.wait_until} if waits else {}),))
    with deps.database.write() as connection:
        failures.clear(connection, bucket)
    if found:
        return Change(wrong=tuple(("", code, {}) for code in found))
    return Change(new_passwords.replace(deps, hasher, account, typed, who, "change"))


def may_change_from(deps: Deps, account: Account) -> int:
    """Unix time from which the login ID can be changed; in the past if it can be now."""
    return account.login_id_at + deps.policy.login_id.change_every if account.login_id_at else 0


Free = Literal["free", "same", "taken"]


def login_id_state(deps: Deps, account: Account, typed: str) -> tuple[Free | None, tuple[Problem, ...]]:
    """Whether this can be the account's new login ID, or what is wrong with its form. IDs that somebody had, that a registration
    under way holds, or that an office is called by are taken too."""
    if found := login_id_verdicts(typed, deps.policy.login_id):
        values = login_id_parameters(deps.policy.login_id)
        return None, tuple(("login_id", f"verdict.{code}", values) for code in found)
    key = fold_login_id(typed) or ""
    if key == account.login_id_key:
        return ("same" if typed == account.login_id else "free"), ()
    with deps.database.read() as connection:
        return ("taken" if _taken(connection, deps, account, typed) else "free"), ()


def _taken(connection: Connection, deps: Deps, account: Account, typed: str) -> bool:
    return registering.login_id_taken(connection, deps, typed, account.contract_key or "", account.staff)


def check_allowed(deps: Deps, account: Account) -> bool:
    """Count one look at whether an ID is free: nobody lists the IDs of others by it. Raises `Unavailable`."""
    return deps.ephemeral.hit("id-checks:" + account.id, 3_600) <= CHECKS_PER_HOUR


def change_login_id(deps: Deps, account: Account, typed: str, who: Caller) -> bool:
    """Give the account its new login ID; every destination is told, the subject stays (requirements AC-01, AZ-25). False if
    somebody was first, or if it was changed too lately."""
    now, key = deps.now(), fold_login_id(typed) or ""
    not_after = now - deps.policy.login_id.change_every
    try:
        with deps.database.write() as connection:
            if key != account.login_id_key and _taken(connection, deps, account, typed):
                return False
            if not login_ids.change_login_id(connection, account, typed, key, now, max(0, not_after)):
                return False
            records.add(connection, deps, "login_id_changed", account_id=account.id, address=who.address)
            notices.tell(connection, deps, account, "notice.id", {"datetime": now, "login_id": typed, **who.device})
            portal_events.tell(connection, deps, account.id, "identifier_changed")
            return True
    except accounts.Taken:
        return False


def change_nickname(deps: Deps, account: Account, typed: str, address: str) -> tuple[Problem, ...]:
    """Set the name that portals show; returns what is wrong with it (requirement AC-03)."""
    if found := nickname_verdicts(typed, () if account.staff else reserved_words(deps)):
        return tuple(("nickname", f"verdict.{code}", {}) for code in found)
    with deps.database.write() as connection:
        accounts.change(connection, account.id, deps.now(), nickname=fold_nickname(typed))
        records.add(connection, deps, "nickname_changed", account_id=account.id, address=address)
    return ()
