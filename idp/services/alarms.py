"""When something was not the member: everything that is open ends, keys cannot be changed for a day, the desk is told."""

from idp import texts
from idp.deps import Deps
from idp.domain.account import Account
from idp.services import letters, logouts, portal_events, records
from idp.tables import accounts, links, trusted_browsers
from idp.tables.database import Connection

DAY = 86_400


def raise_alarm(connection: Connection, deps: Deps, account: Account, what: str, address: str) -> None:
    """End every session, token, remembered browser and link of the account and freeze its keys, in the caller's transaction;
    `what`: the event for the audit record and a code of letter.summary.…, as the desk reads it."""
    now = deps.now()
    accounts.raise_epoch(connection, account.id, now)
    accounts.change(connection, account.id, now, frozen_until=now + deps.policy.alarm.freeze)
    trusted_browsers.remove(connection, account.id)
    links.drop(connection, account.id)
    records.add(connection, deps, what, account_id=account.id, address=address)
    portal_events.tell(connection, deps, account.id, "sessions_revoked")
    logouts.all_ended(connection, deps, account.id)
    if desk := deps.settings.mail.desk:
        facts = {"login_id": account.login_id, "subject": account.id, "summary": what, "datetime": now}
        letters.write(
            connection, deps, account_id=account.id, channel="mail", to=desk, template="mail.desk.alarm",
            locale=texts.LOCALES[0], facts=facts, expires_at=now + 7 * DAY,
        )  # fmt: skip
