"""Replacing the password of the registration letter at the first sign-in (flows.md L3)."""

from idp import common_passwords
from idp.deps import Deps
from idp.domain import password as rules
from idp.domain.account import Account
from idp.services import notices
from idp.services.passwords import Hasher
from idp.tables import accounts, audit


def words_of(account: Account) -> tuple[str, ...]:
    """Words of the person that a password must not be made of."""
    mails = [d.address for d in account.destinations if d.kind == "email"]
    phones = [d.address for d in account.destinations if d.kind == "sms"]
    return tuple(
        rules.personal_words(
            login_id=account.login_id,
            emails=[*mails, account.email_login or ""],
            nickname=account.nickname,
            birth_date=str(account.profile.get("birthdate", "")),
            phones=phones,
            customer_number=account.contractor_id or "",
        )
    )


def verdicts(deps: Deps, hasher: Hasher, account: Account, typed: str, again: str) -> tuple[str, ...]:
    """Codes of everything that is wrong with the new password; none if it will do."""
    rule = deps.policy.password
    found = list(rules.verdicts(typed, rule, words_of(account), common_passwords.rank))
    if rule.ask_twice and typed != again:
        found.append("password.mismatch")
    if not found and hasher.verify(account.password_hash, typed).ok:
        found.append("password.same")
    return tuple(found)


def replace(deps: Deps, hasher: Hasher, account: Account, typed: str, address: str) -> Account | None:
    """Set the new password and end whatever else was open; None if it was changed elsewhere meanwhile."""
    hashed, now = hasher.hash(typed), deps.now()
    with deps.database.write() as connection:
        if not accounts.replace_password(connection, account.id, account.password_hash or "", hashed, "current", now):
            return None
        accounts.raise_epoch(connection, account.id, now)
        audit.record(
            connection,
            at=now,
            event="password_changed",
            result="ok",
            account_id=account.id,
            address=address,
            policy_version=deps.policy.version,
            detail={"how": "first_sign_in"},
        )
        notices.tell(connection, deps, account, "notice.pw", {"datetime": now, "method": "first"})
        return accounts.by_id(connection, account.id)
