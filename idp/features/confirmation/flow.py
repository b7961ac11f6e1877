"""A registration becomes an account: with its link and its password, once (requirements RG-06 and RG-07)."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.journey import Journey, Proof
from idp.domain.policy import Backoff
from idp.services import accounts as account_service, records
from idp.services import drafts, letters, limits, notices, registering, throttles
from idp.services import links as letter_links
from idp.services.passwords import Busy, Hasher
from idp.tables import accounts, failures, links, registrations
from idp.tables.database import Connection
from idp.tables.registrations import Registration

_DONE, _FINISHED = "registration-done", "registration-finished"

CONFIRMED = "registration_confirmed"


@dataclass(frozen=True)
class Finished:
    """What came of one try. `dead`: the link is not good, whyever; `taken` and `exists`: the login ID or the contract has got
    an account meanwhile; `wait_until`: Unix time before which no try counts."""

    result: Literal["ok", "wrong", "locked", "limited", "dead", "taken", "exists"]
    account: Account | None = None
    registration: Registration | None = None
    wait_until: int = 0


def opened(deps: Deps, fingerprint: str | None) -> Registration | None:
    """The registration that the link belongs to, if both are good to the second. Looking changes nothing."""
    link = letter_links.find(deps, "registration", fingerprint) if fingerprint else None
    if link is None:
        return None
    with deps.database.read() as connection:
        found = registrations.find(connection, link.owner)
        return found if found and deps.now() < registering.link_ends_at(connection, deps, found, link) else None


def waits(deps: Deps) -> Backoff:
    """Waits after wrong passwords at one registration: as at sign-in, after as many tries as the policy gives here."""
    rule, tries = deps.policy.waits, deps.policy.registration.password_tries
    return Backoff(tries, rule.first, max(rule.long_after, tries + 1), rule.long, rule.longest)


def finish(deps: Deps, hasher: Hasher, fingerprint: str | None, password: str, address: str) -> Finished:
    """One try with the password. It is counted before it is looked at, so that many at once stop at the limit; the link
    lives on. Raises `Busy` and `Unavailable`; then nothing was decided."""
    if not limits.sign_in_allowed(deps, address):
        throttles.note(deps, "confirmations", address)
        return Finished("limited")
    registration = opened(deps, fingerprint)
    if registration is None or fingerprint is None:
        return Finished("dead")
    bucket = "registration:" + registration.id
    with deps.database.write() as connection:
        reserved = failures.reserve(connection, bucket, waits(deps), deps.now())
    if not reserved.allowed:
        return Finished("locked", wait_until=reserved.wait_until)
    try:
        right = hasher.verify(registration.password_hash, password).ok
    except Busy:
        with deps.database.write() as connection:
            failures.give_back(connection, bucket, reserved)
        raise
    if not right:
        limits.sign_in_failed(deps)
        with deps.database.write() as connection:
            records.add(connection, deps, CONFIRMED, "wrong", client_id=registration.client_id, address=address)
        return Finished("locked" if reserved.wait_until > deps.now() else "wrong", wait_until=reserved.wait_until)
    return _made(deps, fingerprint, registration, bucket, address)


class _Lost(Exception):
    """Takes the transaction back: somebody else was first."""


def _made(deps: Deps, fingerprint: str, registration: Registration, bucket: str, address: str) -> Finished:
    account = _account(deps, registration)
    try:
        with deps.database.write() as connection:
            link = links.claim(connection, fingerprint, "registration", deps.now())
            if link is None or link.owner != registration.id or not registrations.drop(connection, registration.id):
                raise _Lost
            links.drop(connection, registration.id)
            failures.clear(connection, bucket)
            if accounts.by_contract(connection, registration.contract_key, registration.contractor_id):
                raise accounts.Taken
            account_service.store(connection, deps, account, None, "registration")
            records.add(connection, deps, CONFIRMED, account_id=account.id, client_id=registration.client_id, address=address)
            _tell(connection, deps, account)
    except _Lost:
        return Finished("dead")
    except accounts.Taken:
        return _taken(deps, registration)
    return Finished("ok", account, registration)


def _account(deps: Deps, registration: Registration) -> Account:
    now, subject = deps.now(), vault.random_id()
    return Account(
        id=subject,
        login_id=registration.login_id,
        login_id_key=registration.login_id_key,
        nickname=registration.nickname,
        locale=registration.locale,
        password_hash=registration.password_hash,
        password_state="current",
        password_at=now,
        contractor_id=registration.contractor_id,
        contract_type=registration.contract_type,
        contract_key=registration.contract_key,
        created_at=now,
        updated_at=now,
        destinations=(Destination(vault.random_id(), subject, "email", registration.email, now),),
    )


def _tell(connection: Connection, deps: Deps, account: Account) -> None:
    letters.write(
        connection,
        deps,
        account_id=account.id,
        channel="mail",
        to=account.destinations[0].address,
        template="mail.registered",
        locale=account.locale,
        facts={"nickname": account.nickname, "login_id": account.login_id},
        expires_at=deps.now() + notices.LIFE,
    )


def _taken(deps: Deps, registration: Registration) -> Finished:
    with deps.database.read() as connection:
        other = accounts.by_contract(connection, registration.contract_key, registration.contractor_id)
    return Finished("exists" if other else "taken")


def keep_done(deps: Deps, journey: Journey, fingerprint: str, finished: Finished) -> None:
    """Let this journey sign in without the password once, and this browser know that its link has been used. Raises
    `Unavailable`."""
    account, registration = finished.account, finished.registration
    assert account and registration
    done = {"subject": account.id, "epoch": account.epoch, "at": deps.now(), "registration": registration.id, "login_id": account.login_id}
    drafts.put(deps, _DONE, journey.id, done, int(deps.policy.sessions.page))
    drafts.put(deps, _FINISHED, f"{journey.browser}:{fingerprint}", {}, registering.longest(deps))


def is_done(deps: Deps, journey: Journey) -> bool:
    """Whether this journey has finished a registration and not signed in since."""
    return login_id_of(deps, journey) is not None


def login_id_of(deps: Deps, journey: Journey) -> str | None:
    """The login ID that this journey has registered and not signed in with since."""
    done = drafts.get(deps, _DONE, journey.id)
    return str(done.get("login_id", "")) if done else None


def leads_back(deps: Deps, journey: Journey) -> bool:
    """Whether `go_on` will go on with a portal's request that this browser came with."""
    done = drafts.get(deps, _DONE, journey.id)
    begun = registering.begun_here(deps, journey.browser, done["registration"]) if done else None
    return begun is not None and begun.purpose in ("authorize", "device")


def finished_here(deps: Deps, browser: str, fingerprint: str | None) -> bool:
    """Whether it was this browser that finished the registration of this link."""
    return fingerprint is not None and drafts.get(deps, _FINISHED, f"{browser}:{fingerprint}") is not None


def go_on(deps: Deps, journey: Journey) -> Journey | None:
    """The journey that signs the new member in: the one that the registration was begun on, where that was in this browser,
    or else this one. Of many parallel callers one gets it. The password was typed when the registration was finished, and
    that is what the portal is told. Raises `Unavailable`."""
    done: dict[str, Any] | None = drafts.take(deps, _DONE, journey.id)
    if done is None:
        return None
    proof = Proof(done["subject"], done["epoch"], done["at"], ("pwd",), entered_here=True)
    begun = registering.begun_here(deps, journey.browser, done["registration"])
    return replace(begun or journey, proof=proof, code={}, notice={}, enrolling=False)
