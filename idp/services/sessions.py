"""Single sign-on sessions: server-side, opaque to the browser, with idle and absolute limits.

The browser holds `sid.secret`. Portals know the `sid`; the secret changes with every proof, so an old cookie is dead.
"""

import hmac
import json
from dataclasses import dataclass, replace

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import device_of
from idp.domain.journey import Proof
from idp.domain.kept import read_as
from idp.services import limits, logouts
from idp.tables import sessions as table
from idp.vault import fingerprint

TOUCH_EVERY = 60


@dataclass(frozen=True)
class Session:
    """`sid` is stable for portals (back-channel logout); `secret` is the fingerprint of the cookie's other half."""

    sid: str
    secret: str
    subject: str
    epoch: int
    auth_time: int
    methods: tuple[str, ...]
    created: int
    seen: int
    trusted: bool = False


def _put(deps: Deps, session: Session, staff: bool) -> None:
    rule = deps.policy.sessions
    idle = rule.staff_idle if staff else rule.idle
    left = session.created + rule.absolute - session.seen
    data = json.dumps(vars(session), separators=(",", ":")).encode()
    deps.ephemeral.put("session:" + session.sid, data, max(1, min(idle, left)))


def start(deps: Deps, account: Account, proof: Proof, old_cookie: str | None) -> tuple[str, Session]:
    """A session under a new cookie value; the old one dies (requirement LG-10). The same member proving
    themselves again keeps the `sid`; another member never does (AZ-11). A session whose password still counts keeps its age, too, so
    that codes alone never carry it over its absolute limit (SE-02)."""
    now = deps.now()
    old = find(deps, old_cookie) if old_cookie else None
    same = old is not None and old.subject == account.id  # also if what they have changed ended it just now
    kept = same and old is not None and old.epoch == account.epoch
    secret = vault.random_token()
    session = Session(
        sid=old.sid if kept and old else vault.random_id(),
        secret=fingerprint(secret),
        subject=account.id,
        epoch=account.epoch,
        auth_time=proof.auth_time,
        methods=proof.methods,
        created=old.created if same and old and not proof.entered_here else now,
        seen=now,
        trusted=proof.trusted,
    )
    _put(deps, session, account.staff)
    if old and not kept:
        sign_out(deps, old.sid)
    return f"{session.sid}.{secret}", session


def by_sid(deps: Deps, sid: str) -> Session | None:
    """The live session that portals know by this `sid`. The caller compares subject and epoch with the account."""
    data = deps.ephemeral.get("session:" + sid)
    if data is None:
        return None
    session = read_as(Session, json.loads(data))
    return session if deps.now() - session.created <= deps.policy.sessions.absolute else None


def stands(deps: Deps, proof: Proof) -> bool:
    """Whether the session that a proof comes from is alive, or it comes from none."""
    if proof.sid is None:
        return True
    session = by_sid(deps, proof.sid)
    return session is not None and (session.subject, session.epoch) == (proof.subject, proof.epoch)


def find(deps: Deps, cookie: str) -> Session | None:
    """The live session of this cookie value. The caller compares subject and epoch with the account."""
    sid, _, secret = cookie.partition(".")
    session = by_sid(deps, sid) if 20 <= len(secret) <= 64 and len(sid) <= 64 else None
    return session if session and hmac.compare_digest(session.secret, fingerprint(secret)) else None


def touch(deps: Deps, session: Session, staff: bool) -> None:
    """Note that the member is still there; written at most once a minute."""
    if (now := deps.now()) - session.seen >= TOUCH_EVERY:
        _put(deps, replace(session, seen=now), staff)
        if deps.ephemeral.get("ended:" + session.sid):  # meanwhile, from another browser
            deps.ephemeral.drop("session:" + session.sid)


def end(deps: Deps, sid: str) -> None:
    """The session is gone at once, in every process."""
    deps.ephemeral.put("ended:" + sid, b"1", deps.policy.sessions.absolute)
    deps.ephemeral.drop("session:" + sid)


def sign_out(deps: Deps, sid: str) -> None:
    """The same, and the portals of the session hear of it: they first, so that whoever meets an `Unavailable` signs out once
    more and nothing is left undone."""
    with deps.database.write() as connection:
        logouts.ended(connection, deps, sid)
    end(deps, sid)


def reached(deps: Deps, sid: str, account_id: str, client_id: str | None, user_agent: str, address: str) -> None:
    """Put on record that the session has reached this portal (None: a page of ours), and from where it began. Members see
    it, and a portal hears of what ends it."""
    with deps.database.read() as connection:
        known = table.knows(connection, sid, client_id or "")
    if not known:
        network, device = limits.network_of(address), device_of(user_agent)
        with deps.database.write() as connection:
            table.add(connection, table.Signed(sid, account_id, deps.now(), device, network), client_id or "")
