"""Signing in with a password: who is meant, whether they must wait, whether the password is right."""

from dataclasses import dataclass, replace
from typing import Callable, Literal

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller, device_of
from idp.domain.identifiers import fold_email, fold_login_id
from idp.domain.journey import NO_FACTORS, Factors, Proof
from idp.services import limits, metrics, notices, records, trust
from idp.services.ghosts import Ghosts
from idp.services.passwords import Busy, Hasher
from idp.tables import accounts, failures

Result = Literal["ok", "wrong", "locked", "limited", "suspended", "letter_expired"]


@dataclass(frozen=True)
class SignIn:
    """What came of one try. `wait_until`: Unix time before which no try counts; `left`: tries until the next wait
    of `wait_seconds`, known and unknown names alike; `trust`: the remembered browser's new cookie. The account comes with
    its destinations, and with what it could be proven by beside the password."""

    result: Result
    account: Account | None = None
    factors: Factors = NO_FACTORS
    proof: Proof | None = None
    wait_until: int = 0
    left: int | None = None
    wait_seconds: int = 0
    trust: str | None = None


@dataclass(frozen=True)
class Visitor:
    """Whoever tries: network address, the portal they come from, the cookie by which this browser is remembered for an
    account (a function of the account's id), and what the browser calls itself."""

    address: str
    client_id: str | None = None
    remembered: Callable[[str], str | None] = lambda account_id: None
    user_agent: str = ""


def find_account(connection: Connection, typed: str) -> tuple[Account | None, Factors]:
    """The account meant by a login ID, or by an address that its owner switched on (requirement LG-01), with its
    destinations, and its factors."""
    login_id, email = fold_login_id(typed), fold_email(typed)
    found = accounts.with_factors(connection, login_id, "login_id") if login_id else None
    if found is None and email:
        found = accounts.with_factors(connection, email, "email_login")
    return (None, NO_FACTORS) if found is None or found[0].status == "closed" else found


def bucket_of(deps: Deps, account: Account | None, typed: str, known: trust.Recognised = trust.NOBODY) -> str:
    """Failures are counted for the account, however its name was spelled; unknown names count alike (LG-04). A remembered
    browser has a count of its own, so that nobody can keep its member out (LG-07)."""
    if account:
        return "password:" + account.id + (f":{known.browser.id}" if known.browser and known.state in ("live", "grace") else "")
    return "password:" + deps.vault.keyed_hash("name", fold_login_id(typed) or fold_email(typed) or typed[:256])


def sign_in(deps: Deps, hasher: Hasher, ghosts: Ghosts, typed: str, password: str, who: Visitor) -> SignIn:
    """One try. The attempt is counted before the password is checked, so that many at once stop at the limit;
    the same work is done for unknown names (LG-03). Raises `Unavailable` or `Busy`; then nothing was decided."""
    if not limits.sign_in_allowed(deps, who.address):
        if limits.first_refusal(deps, who.address):
            _note(deps, None, "limited", who)
        else:
            metrics.sign_in("limited")
        return SignIn("limited")
    with deps.database.each() as connection:
        account, factors = find_account(connection, typed)
        cookie = who.remembered(account.id) if account else None
        known = trust.recognise(connection, deps, account, cookie) if account and cookie else trust.NOBODY
        bucket = bucket_of(deps, account, typed, known)
        reserved = failures.reserve(connection, bucket, deps.policy.waits, deps.now())
    if not reserved.allowed:
        _note(deps, account, "locked", who)
        return SignIn("locked", wait_until=reserved.wait_until)
    try:
        if account and account.password_hash:
            checked = hasher.verify(account.password_hash, password)
        else:
            checked = hasher.verify(None, password, ghosts.hash_for(bucket))
        result = _verdict(deps, account) if account and checked.ok else "wrong"
        # only for whoever comes in: a suspended member, or one with an expired letter, has no use for a new hash
        fresh = hasher.hash(password) if result == "ok" and checked.stale else None
    except Busy:
        with deps.database.write() as connection:
            failures.give_back(connection, bucket, reserved)
        raise
    if account is None or not checked.ok:
        return _failed(deps, account, reserved, who)
    return replace(_passed(deps, account, result, fresh, bucket, known, who), factors=factors)


def _verdict(deps: Deps, account: Account) -> Result:
    """Whether whoever has the right password may come in with it."""
    if account.status != "active":  # closing too: the desk can give either back
        return "suspended"
    if account.password_state == "letter" and deps.now() > account.password_at + deps.policy.letters.valid:
        return "letter_expired"
    return "ok"


def _passed(
    deps: Deps, account: Account, result: Result, fresh: str | None, bucket: str, known: trust.Recognised, who: Visitor
) -> SignIn:  # fmt: skip
    now, cookie = deps.now(), None
    with deps.database.write() as connection:
        failures.clear(connection, bucket)
        if fresh and account.password_hash:
            # the old hash is compared, so that a password changed meanwhile is not set back
            accounts.rehash(connection, account.id, account.password_hash, fresh)
        if known.state == "stolen":
            trust.end_stolen(connection, deps, account, known, Caller(who.address, who.user_agent))
        elif result == "ok" and not account.staff:
            cookie = trust.use(connection, deps, known, who.remembered(account.id) or "")
        _record(connection, deps, account, result, who)
    metrics.sign_in(result)
    if result != "ok":
        return SignIn(result, account)
    trusted = known.state == "grace" or cookie is not None
    proof = Proof(account.id, account.epoch, now, ("pwd",), entered_here=True, trusted=trusted)
    return SignIn("ok", account, proof=proof, trust=cookie)


def _failed(deps: Deps, account: Account | None, reserved: failures.Reserved, who: Visitor) -> SignIn:
    if limits.sign_in_failed(deps):
        _note(deps, None, "friction", who)
    with deps.database.write() as connection:
        _record(connection, deps, account, "wrong", who)
        if account and reserved.count == deps.policy.waits.long_after:
            # by mail only: an attacker must not be able to spend the operator's money (flows.md, limits)
            full = accounts.by_id(connection, account.id, with_destinations=True) or account
            notices.tell(connection, deps, full, "notice.lock", {"time": reserved.wait_until}, kinds=("email",))
    metrics.sign_in("wrong")
    waits = deps.policy.waits
    if reserved.wait_until > deps.now():
        return SignIn("locked", wait_until=reserved.wait_until)
    step, wait = (waits.first_after, waits.first) if reserved.count < waits.first_after else (waits.long_after, waits.long)
    left = step - reserved.count
    return SignIn("wrong", left=left if 0 < left <= waits.warn_from else None, wait_seconds=wait)


def _note(deps: Deps, account: Account | None, result: str, who: Visitor) -> None:
    metrics.sign_in(result)
    with deps.database.write() as connection:
        _record(connection, deps, account, result, who)


def _record(connection: Connection, deps: Deps, account: Account | None, result: str, who: Visitor) -> None:
    who_is = account.id if account else None
    detail = {"device": device_of(who.user_agent)}
    records.add(connection, deps, "sign_in", result, account_id=who_is, client_id=who.client_id, address=who.address, detail=detail)
