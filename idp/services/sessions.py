"""Single sign-on sessions: server-side, opaque to the browser, with idle and absolute limits."""

import json
from dataclasses import dataclass, replace

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.journey import Proof
from idp.vault import fingerprint

TOUCH_EVERY = 60


@dataclass(frozen=True)
class Session:
    """`sid` is stable for portals (back-channel logout); the cookie value changes with every proof."""

    sid: str
    subject: str
    epoch: int
    auth_time: int
    methods: tuple[str, ...]
    created: int
    seen: int
    trusted: bool = False


def _key(cookie: str) -> str:
    return "session:" + fingerprint(cookie)


def _put(deps: Deps, cookie: str, session: Session, staff: bool) -> None:
    rule = deps.policy.sessions
    idle = rule.staff_idle if staff else rule.idle
    left = session.created + rule.absolute - session.seen
    data = json.dumps(vars(session), separators=(",", ":")).encode()
    deps.ephemeral.put(_key(cookie), data, max(1, min(idle, left)))


def start(deps: Deps, account: Account, proof: Proof, old_cookie: str | None) -> tuple[str, Session]:
    """A session under a new cookie value; the old one dies (requirement LG-10). The same member proving
    themselves again keeps the `sid`; another member never does (AZ-11)."""
    now = deps.now()
    old = find(deps, old_cookie) if old_cookie else None
    kept = old is not None and old.subject == account.id and old.epoch == account.epoch
    session = Session(
        sid=old.sid if kept and old else vault.random_id(),
        subject=account.id,
        epoch=account.epoch,
        auth_time=proof.auth_time,
        methods=proof.methods,
        created=now,
        seen=now,
        trusted=proof.trusted,
    )
    cookie = vault.random_token()
    _put(deps, cookie, session, account.staff)
    if old_cookie:
        deps.ephemeral.drop(_key(old_cookie))
    return cookie, session


def find(deps: Deps, cookie: str) -> Session | None:
    """The live session of this cookie value. The caller compares subject and epoch with the account."""
    data = deps.ephemeral.get(_key(cookie)) if 20 <= len(cookie) <= 64 else None
    if data is None:
        return None
    values = json.loads(data)
    session = Session(**{**values, "methods": tuple(values["methods"])})
    return session if deps.now() - session.created <= deps.policy.sessions.absolute else None


def touch(deps: Deps, cookie: str, session: Session, staff: bool) -> None:
    """Note that the member is still there; written at most once a minute."""
    if (now := deps.now()) - session.seen >= TOUCH_EVERY:
        _put(deps, cookie, replace(session, seen=now), staff)


def end(deps: Deps, cookie: str) -> None:
    """The session is gone at once, in every process."""
    deps.ephemeral.drop(_key(cookie))
