"""Everything that a page about one member shows, gathered in a few indexed reads."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import one_time_codes, open_sessions
from idp.services.open_sessions import Open
from idp.tables import accounts, agreements, audit, desk_requests, failures, grants, letter_requests, trusted_browsers
from idp.tables.desk_requests import Request
from idp.tables.grants import Consent
from idp.tables.trusted_browsers import TrustedBrowser

KINDS = ("privacy",)
Code = Literal[
    "closing", "suspended", "suspended_why", "waits", "code_waits", "letter_late", "letter", "no_password", "contract_ended", "frozen",
    "held", "active",
]  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """The account's state in one sentence: `code` names it, `at` is the time that it speaks of (Unix seconds), `why` a reason of
    `domain.desk.WHYS`; `failures`: wrong passwords in a row."""

    code: Code
    at: int = 0
    why: str = ""
    failures: int = 0

    @property
    def good(self) -> bool:
        """Whether the member can sign in as always."""
        return self.code in ("active", "held", "contract_ended")


@dataclass(frozen=True)
class Detail:
    """A member as the desk sees them; `lines` of the history come apart."""

    standing: Standing
    methods: frozenset[str]
    sessions: tuple[Open, ...]
    browsers: tuple[TrustedBrowser, ...]
    consents: tuple[Consent, ...]
    agreed: tuple[tuple[str, str, int], ...]
    letter_at: int | None
    requests: tuple[Request, ...]


def standing(account: Account, now: int, letters_valid: int, waits: tuple[int, int] = (0, 0), code_waits: int = 0) -> Standing:
    """The one state that matters first to whoever answers the call. `waits`: until when wrong passwords make the member wait, and
    how many there were; `code_waits`: until when wrong codes do; since when and why one is suspended is added by `read`."""
    until, count = waits
    letter = account.password_state == "letter"
    late = account.password_at + letters_valid
    rules: tuple[tuple[bool, Code, int], ...] = (
        (account.status == "closing", "closing", account.erase_at),
        (account.status == "suspended", "suspended", 0),
        (until > now, "waits", until),
        (code_waits > now, "code_waits", code_waits),
        (letter and late <= now, "letter_late", late),
        (letter, "letter", late),
        (account.password_state == "none", "no_password", 0),
        (account.frozen_until > now, "frozen", account.frozen_until),
        (account.closes_at > 0, "contract_ended", account.closes_at),
        (account.held_until > now, "held", account.held_until),
    )
    code, at = next(((code, at) for applies, code, at in rules if applies), ("active", 0))
    return Standing(code, at, failures=count)  # type: ignore[arg-type]


def read(deps: Deps, account: Account) -> Detail:
    """All of it. `account`: with its destinations. Raises `Unavailable`."""
    now, sessions = deps.now(), tuple(open_sessions.alive(deps, account))
    with deps.database.read() as connection:
        waits = failures.read(connection, f"password:{account.id}", now)
        codes = failures.read(connection, one_time_codes.bucket_of(account.id), now)
        found = accounts.with_factors(connection, account.id)
        state = standing(account, now, deps.policy.letters.valid, (waits.wait_until, waits.count), codes.wait_until)
        if state.code == "suspended":
            state = _since(audit.timeline(connection, account.id, ("account_locked", "desk_suspend"), None, 2))
        return Detail(
            standing=state,
            methods=found[1].methods if found else frozenset(),
            sessions=sessions,
            browsers=tuple(trusted_browsers.of_account(connection, account.id, account.epoch, now)),
            consents=tuple(grants.consents_of(connection, account.id)),
            agreed=tuple(agreements.of_account(connection, account.id, KINDS)),
            letter_at=letter_requests.at(connection, account.id),
            requests=tuple(desk_requests.of_account(connection, account.id, now)),
        )


def _since(rows: list[Any]) -> Standing:
    why = next((json.loads(row.detail).get("why", "") for row in rows if row.event == "desk_suspend"), "")
    at = rows[0].at if rows else 0
    return Standing("suspended_why" if why else "suspended", at, why)
