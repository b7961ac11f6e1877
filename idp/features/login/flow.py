"""Signing in with a password: who is meant, whether they must wait, whether the password is right."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.identifiers import fold_email, fold_login_id
from idp.domain.journey import Proof
from idp.services import letters, limits, metrics
from idp.services.ghosts import Ghosts
from idp.services.passwords import Busy, Hasher
from idp.tables import accounts, audit, failures

NOTICE_LIFE = 86_400
Result = Literal["ok", "wrong", "locked", "limited", "suspended", "letter_expired"]


@dataclass(frozen=True)
class SignIn:
    """What came of one try. `wait_until`: Unix time before which no try counts; `left`: tries until the next wait
    of `wait_seconds`, known and unknown names alike."""

    result: Result
    account: Account | None = None
    proof: Proof | None = None
    wait_until: int = 0
    left: int | None = None
    wait_seconds: int = 0


def find_account(connection: Connection, typed: str) -> Account | None:
    """The account meant by a login ID, or by an address that its owner switched on (requirement LG-01)."""
    login_id, email = fold_login_id(typed), fold_email(typed)
    found = accounts.by_login_id(connection, login_id) if login_id else None
    if found is None and email:
        found = accounts.by_email_login(connection, email)
    return None if found is None or found.status == "closed" else found


def bucket_of(deps: Deps, account: Account | None, typed: str) -> str:
    """Failures are counted for the account, however its name was spelled; unknown names count alike (LG-04)."""
    if account:
        return "password:" + account.id
    return "password:" + deps.vault.keyed_hash("name", fold_login_id(typed) or fold_email(typed) or typed[:256])


def sign_in(deps: Deps, hasher: Hasher, ghosts: Ghosts, typed: str, password: str, address: str, client_id: str | None) -> SignIn:
    """One try. The attempt is counted before the password is checked, so that many at once stop at the limit;
    the same work is done for unknown names (LG-03). Raises `Unavailable` or `Busy`; then nothing was decided."""
    if not limits.sign_in_allowed(deps, address):
        if limits.first_refusal(deps, address):
            _note(deps, None, "limited", address, client_id)
        else:
            metrics.sign_in("limited")
        return SignIn("limited")
    with deps.database.write() as connection:
        account = find_account(connection, typed)
        bucket = bucket_of(deps, account, typed)
        reserved = failures.reserve(connection, bucket, deps.policy.waits, deps.now())
    if not reserved.allowed:
        _note(deps, account, "locked", address, client_id)
        return SignIn("locked", wait_until=reserved.wait_until)
    try:
        if account and account.password_hash:
            checked = hasher.verify(account.password_hash, password)
        else:
            checked = hasher.verify(None, password, ghosts.hash_for(bucket))
        fresh = hasher.hash(password) if checked.ok and checked.stale else None
    except Busy:
        with deps.database.write() as connection:
            failures.give_back(connection, bucket, reserved)
        raise
    if account is None or not checked.ok:
        return _failed(deps, account, reserved, address, client_id)
    return _passed(deps, account, fresh, bucket, address, client_id)


def _passed(
    deps: Deps, account: Account, fresh: str | None, bucket: str, address: str, client_id: str | None
) -> SignIn:
    now, result = deps.now(), "ok"
    if account.status == "suspended":
        result = "suspended"
    elif account.password_state == "letter" and now > account.password_at + deps.policy.letters.valid:
        result = "letter_expired"
    with deps.database.write() as connection:
        failures.clear(connection, bucket)
        if fresh and account.password_hash:
            # the old hash is compared, so that a password changed meanwhile is not set back
            accounts.replace_password(connection, account.id, account.password_hash, fresh, account.password_state, now)
        _record(connection, deps, account, result, address, client_id)
    metrics.sign_in(result)
    if result != "ok":
        return SignIn(result, account)  # type: ignore[arg-type]
    return SignIn("ok", account, Proof(account.id, account.epoch, now, ("pwd",), entered_here=True))


def _failed(
    deps: Deps, account: Account | None, reserved: failures.Reserved, address: str, client_id: str | None
) -> SignIn:
    if limits.sign_in_failed(deps):
        _note(deps, None, "friction", address, client_id)
    with deps.database.write() as connection:
        _record(connection, deps, account, "wrong", address, client_id)
        if account and reserved.count == deps.policy.waits.long_after:
            _tell_locked(connection, deps, account, reserved.wait_until)
    metrics.sign_in("wrong")
    waits = deps.policy.waits
    if reserved.wait_until > deps.now():
        return SignIn("locked", wait_until=reserved.wait_until)
    step, wait = (waits.first_after, waits.first) if reserved.count < waits.first_after else (waits.long_after, waits.long)
    left = step - reserved.count
    return SignIn("wrong", left=left if 0 < left <= waits.warn_from else None, wait_seconds=wait)


def _tell_locked(connection: Connection, deps: Deps, account: Account, wait_until: int) -> None:
    """A notice to every proven mail address of the member (flows.md, limits)."""
    known = accounts.by_id(connection, account.id, with_destinations=True)
    for item in known.destinations if known else ():
        if item.kind == "email" and item.verified_at:
            letters.write(
                connection,
                deps,
                account_id=account.id,
                channel="mail",
                to=item.address,
                template="mail.notice.lock",
                locale=account.locale,
                facts={"time": wait_until},
                expires_at=deps.now() + NOTICE_LIFE,
            )


def _note(deps: Deps, account: Account | None, result: str, address: str, client_id: str | None) -> None:
    metrics.sign_in(result)
    with deps.database.write() as connection:
        _record(connection, deps, account, result, address, client_id)


def _record(
    connection: Connection, deps: Deps, account: Account | None, result: str, address: str, client_id: str | None
) -> None:
    audit.record(
        connection,
        at=deps.now(),
        event="sign_in",
        result=result,
        account_id=account.id if account else None,
        client_id=client_id,
        address=limits.network_of(address),
        policy_version=deps.policy.version,
    )
