"""A member who has left a trace in every table, and what is found of it."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.services import accounts as service
from idp.services import client_registration, factors, letters, links, portal_events, records, trust
from idp.services.passwords import Hasher
from idp.tables import accounts, agreements, failures, grants, outbox, quotas, sessions, undos
from idp.tables.schema import audit, login_ids, metadata
from idp.tables.undos import Undo

WISH = service.NewAccount(
    login_id="Hanako.01",
    nickname="花子はなこ",
    password="Kawa7Sumire",
    email="Hanako.Yamada@Home.example",
    phone="09012345678",
    verified=True,
    email_login=True,
    usual="email",
    mailbox="hanako@isp.example",
    contractor_id="1234567",
    contract_type="individual",
    profile={"name": "山田 花子", "birthdate": "1958-04-01"},
)
# what must not be found anywhere, in whatever case
TRACES = ("花子", "山田", "yamada", "hanako@", "9012345678", "1234567", "1958-04-01", "argon2")
SPELLINGS = ("19580401", "1958/04/01", "1958年", "s33", "昭和33")  # of the date, beside the one that is stored


def register(deps: Deps, name: str, **metadata: Any) -> str:
    """A portal; returns its client_id."""
    wish = {"client_id": name, "redirect_uris": ["https://portal.example/cb"], **metadata}
    return str(client_registration.register(deps, json.dumps(wish))["client_id"])


def add(deps: Deps, hasher: Hasher, **changes: Any) -> Account:
    """A member as stored, with destinations."""
    account = service.new_account(deps, hasher, replace(WISH, **changes))
    with deps.database.write() as connection:
        service.store(connection, deps, account, None, "test")
    return read(deps, account.id)


def read(deps: Deps, account_id: str) -> Account:
    """The account as it is now."""
    with deps.database.read() as connection:
        found = accounts.by_id(connection, account_id, with_destinations=True)
    assert found
    return found


def use(deps: Deps, account: Account, client_id: str, sid: str = "sid") -> None:
    """The member has signed in to this portal."""
    with deps.database.write() as connection:
        signed = sessions.Signed(sid + account.id[:8], account.id, deps.now(), "ios.safari", "203.0.113.0")
        sessions.add(connection, signed, client_id)


def leave_traces(deps: Deps, account: Account, client_id: str) -> None:
    """Rows of every kind that a member's life leaves."""
    use(deps, account, client_id)
    now = deps.now()
    with deps.database.write() as connection:
        connection.execute(login_ids.insert(), {"login_id_key": "before.01", "account_id": account.id, "since": now})
        factors.set_app(connection, deps, account.id, factors.new_secret(), 0)
        factors.new_codes(connection, deps, account.id)
        trust.remember(connection, deps, account, Caller("203.0.113.9", "Mozilla/5.0 (iPhone)"))
        agreements.add(connection, account.id, "privacy", "v1", now, "203.0.113.0")
        grants.consent(connection, account.id, client_id, frozenset({"openid", "profile"}), now)
        links.issue(connection, deps, "reset", account.id, 600, "mail", account.epoch)
        failures.reserve(connection, f"password:{account.id}", deps.policy.waits, now)
        undos.add(connection, Undo("undo-hash", account.id, "sealed", now, now + 600))
        quotas.spend(connection, [(f"account-day:{account.id}", 5, 600)], now)
        portal_events.tell(connection, deps, account.id, "disabled")
        records.add(connection, deps, "sign_in", account_id=account.id, address="203.0.113.9")
        for to, owner in ((account.destinations[0].address, None), (account.destinations[0].address, account.id)):
            letters.write(
                connection, deps, account_id=owner, channel="mail", to=to, template="mail.username", locale="ja",
                facts={"login_id": account.login_id}, expires_at=now + 600,
            )  # fmt: skip


def rows(deps: Deps, *without: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by the table's name."""
    with deps.database.read() as connection:
        tables = [table for table in metadata.sorted_tables if table.name not in without]
        return {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}


def found(deps: Deps, traces: tuple[str, ...] = TRACES) -> list[str]:
    """The traces that stand in any column of any table."""
    text = json.dumps(rows(deps), ensure_ascii=False).lower()
    return [word for word in traces if word in text]


def naming(deps: Deps, account_id: str) -> set[str]:
    """Names of the tables that name the account."""
    return {name for name, held in rows(deps).items() if account_id in json.dumps(held, ensure_ascii=False)}


def events(deps: Deps, account_id: str) -> list[str]:
    """What the audit record holds of it."""
    with deps.database.read() as connection:
        return list(connection.scalars(select(audit.c.event).where(audit.c.account_id == account_id).order_by(audit.c.id)))


def queued(deps: Deps, channel: Any) -> list[tuple[str, str]]:
    """(recipient, template) of what waits in the outbox."""
    with deps.database.write() as connection:
        held = outbox.claim(connection, f"look-{channel}", deps.now(), 1, 100, channel)
    return [(one.recipient, one.template) for one in held]
