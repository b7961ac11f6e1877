"""Sessions of staff in the console, which are the console's own: the provider's session only led to them (requirement AD-01)."""

import json
from dataclasses import dataclass, replace

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.kept import read_as
from idp.services import members
from idp.vault import fingerprint

TOUCH_EVERY = 30  # seconds


@dataclass(frozen=True)
class ConsoleSession:
    """`key` is the fingerprint of its cookie, `sid` the provider's session that it came from, `id_token` what proves that
    session when it is to be ended; `epoch` the account's. Times in Unix seconds; `auth_time` is the ID token's."""

    key: str
    subject: str
    epoch: int
    sid: str
    auth_time: int
    id_token: str
    started: int
    seen: int


def _put(deps: Deps, session: ConsoleSession) -> None:
    rule = deps.policy.sessions
    left = session.started + rule.absolute - session.seen
    deps.ephemeral.put("console:" + session.key, json.dumps(vars(session)).encode(), max(1, min(rule.staff_idle, left)))


def start(deps: Deps, account: Account, sid: str, auth_time: int, id_token: str, old_cookie: str | None = None) -> str:
    """A session; returns the value of its cookie. The session of the cookie that it takes the place of ends (requirement LG-10).
    Raises `Unavailable`."""
    cookie, now = vault.random_token(), deps.now()
    _put(deps, ConsoleSession(fingerprint(cookie), account.id, account.epoch, sid, auth_time, id_token, now, now))
    if old_cookie:
        deps.ephemeral.drop("console:" + fingerprint(old_cookie))
    return cookie


def find(deps: Deps, cookie: str) -> tuple[ConsoleSession, Account] | None:
    """The live session of this cookie and its account as it is now: its role, too, is read each time (requirement AD-02).
    Raises `Unavailable`."""
    data = deps.ephemeral.get("console:" + fingerprint(cookie))
    if data is None:
        return None
    session, now = read_as(ConsoleSession, json.loads(data)), deps.now()
    rule = deps.policy.sessions
    if now - session.seen >= rule.staff_idle or now - session.started >= rule.absolute or _ended(deps, session):
        return None
    account = members.find(deps, session.subject)
    if account is None or account.status != "active" or account.epoch != session.epoch or not account.staff:
        return None
    if now - session.seen >= TOUCH_EVERY:
        session = replace(session, seen=now)
        _put(deps, session)
    return session, account


def end(deps: Deps, session: ConsoleSession) -> None:
    """It is gone at once, in every process, and so is every other one so far that came from the same session of the provider's.
    Raises `Unavailable`."""
    _out(deps, f"console-out:{session.sid}", deps.now())
    deps.ephemeral.drop("console:" + session.key)


def told_out(deps: Deps, subject: str | None, sid: str | None) -> None:
    """The provider says that this session of its own has ended, or every one of the subject that there has been so far
    (Back-Channel Logout 1.0 section 2.6). Raises `Unavailable`."""
    if sid:  # nothing that came from it lives again, not even what is on its way now
        _out(deps, f"console-out:{sid}", deps.now() + deps.policy.sessions.absolute)
    else:
        _out(deps, f"console-out-all:{subject}", deps.now())


def _out(deps: Deps, name: str, until: int) -> None:
    """What was started until then has ended."""
    deps.ephemeral.put(name, str(until).encode(), deps.policy.sessions.absolute)


def _ended(deps: Deps, session: ConsoleSession) -> bool:
    for name in (f"console-out:{session.sid}", f"console-out-all:{session.subject}"):
        until = deps.ephemeral.get(name)
        if until is not None and session.started <= int(until):
            return True
    return False
