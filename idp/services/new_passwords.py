"""A member's new password: whether it will do, and what ends once it is set (requirements PW-02, PW-07, RC-11)."""

from typing import Callable

from sqlalchemy import Connection

from idp import common_passwords
from idp.deps import Deps
from idp.domain import password as rules
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.services import logouts, notices, passkeys, portal_events, records
from idp.services.passwords import Hasher
from idp.tables import accounts, failures, links, trusted_browsers


NAMES = ("name", "family_name", "given_name", "middle_name")  # claims of the profile


def words_of(account: Account) -> tuple[str, ...]:
    """Words of the person that a password must not be made of."""
    mails = [d.address for d in account.destinations if d.kind == "email"]
    phones = [d.address for d in account.destinations if d.kind == "sms"]
    return tuple(
        rules.personal_words(
            login_id=account.login_id,
            emails=[*mails, account.email_login or ""],
            nickname=account.nickname,
            names=[str(account.profile[name]) for name in NAMES if name in account.profile],
            birth_date=str(account.profile.get("birthdate", "")),
            phones=phones,
            customer_number=account.contractor_id or "",
        )
    )


def verdicts(deps: Deps, words: tuple[str, ...], typed: str, again: str) -> tuple[str, ...]:
    """Codes of everything that is wrong with a new password; none if it will do. `again`: what the second box holds, which is
    looked at once the first will do. Of an empty box only that is said."""
    rule = deps.policy.password
    if not typed:
        return ("password.empty",)
    found = rules.verdicts(typed, rule, words, common_passwords.rank)
    if found or not rule.ask_twice or typed == again:
        return found
    return ("password.mismatch",) if again else ("password.again",)


def verdicts_for(deps: Deps, hasher: Hasher, account: Account, typed: str, again: str) -> tuple[str, ...]:
    """The same for the password of an account, which must not be the one it has. `account` comes with its destinations.
    Raises `Busy`."""
    found = verdicts(deps, words_of(account), typed, again)
    if not found and account.password_hash and hasher.verify(account.password_hash, typed).ok:
        found = ("password.same",)
    return found


def replace(
    deps: Deps, hasher: Hasher, account: Account, typed: str, who: Caller, how: str,
    claim: Callable[[Connection], bool] = lambda connection: True, hold: int = 0,
) -> Account | None:  # fmt: skip
    """Set the new password. With it end every session, token, remembered browser and link of the account, and its waits after
    wrong passwords; every destination is told. `account`: as the page saw it, with its destinations; `how`: a code of
    letter.method.…; `claim`: what must be ours first, in the same transaction; `hold`: seconds for which codes are no second
    factor for portals. None, and nothing is done, if the claim fails or the account was changed meanwhile. Raises `Busy`."""
    hashed = hasher.hash(typed)
    # a reset ends no passkey, the member's or a thief's: so it says which there are
    known = passkeys.listed(account.locale, passkeys.of_account(deps, account.id)) if how == "reset" else ""
    try:
        with deps.database.write() as connection:
            if not claim(connection) or not accounts.raise_epoch_from(connection, account.id, account.epoch, deps.now()):
                raise _Lost  # rolled back: the claim is not spent
            return _set(connection, deps, account, hashed, who, how, hold, known)
    except _Lost:
        return None


class _Lost(Exception):
    """Somebody else was first."""


def _set(
    connection: Connection, deps: Deps, account: Account, hashed: str, who: Caller, how: str, hold: int, known: str
) -> Account | None:
    now = deps.now()
    changes = {"password_hash": hashed, "password_state": "current", "password_at": now}
    accounts.change(connection, account.id, now, **changes, **({"held_until": now + hold} if hold else {}))
    trusted_browsers.remove(connection, account.id)
    links.drop(connection, account.id)
    for bucket in (f"password:{account.id}", f"password:{account.id}:session"):  # outside, and at a change of the password
        failures.clear(connection, bucket)
    records.add(connection, deps, "password_changed", account_id=account.id, address=who.address, detail={"how": how})
    facts = {"datetime": now, "method": how, **who.device}
    if known:
        notices.tell(connection, deps, account, "notice.pw_passkeys", facts | {"passkeys": known}, kinds=("email",))
    notices.tell(connection, deps, account, "notice.pw", facts, kinds=("sms",) if known else ("email", "sms"))
    portal_events.tell(connection, deps, account.id, "credential_changed", credential_type="password", change_type="update")
    logouts.all_ended(connection, deps, account.id)
    if how == "reset":  # whoever changes it stays signed in
        portal_events.tell(connection, deps, account.id, "sessions_revoked")
    return accounts.by_id(connection, account.id, with_destinations=True)
