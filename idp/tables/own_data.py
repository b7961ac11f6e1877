"""What the tables hold about one member, as the member may see it: no hash, no secret, nothing that opens anything."""

from typing import Any

from sqlalchemy import Connection, ScalarSelect, Table, bindparam, func, select

from idp.tables.hot import Hot
from idp.tables.schema import (
    accounts, agreements, audit, consents, desk_callers, desk_requests, destinations, letter_requests, login_ids, outbox, passkeys, recovery_codes,
    refresh_families, session_clients, sessions, totp, trusted_browsers,
)  # fmt: skip

COUNTED_TO = 1_000
MOST = 10_000  # rows of one kind; more than 20 a day in all the time that they are kept
# the columns of each table, the newest rows first by the last one named
SHOWN: dict[Table, tuple[str, ...]] = {
    accounts: (
        "id", "login_id", "email_login", "nickname", "status", "role", "locale", "password_state", "password_at", "contractor_id",
        "contract_type", "profile", "second_factor", "mailbox", "login_id_at", "held_until", "frozen_until", "closes_at", "updated_at",
        "created_at",
    ),
    login_ids: ("login_id_key", "since"),
    destinations: ("kind", "address", "verified_at", "usual", "created_at"),
    totp: ("created_at",),
    passkeys: ("name", "device", "transports", "eligible", "backed_up", "used_at", "created_at"),
    recovery_codes: ("created_at",),
    trusted_browsers: ("device", "address", "used_at", "expires_at", "created_at"),
    sessions: ("sid", "device", "address", "started_at"),
    session_clients: ("sid", "client_id", "at"),
    consents: ("client_id", "scope", "granted_at"),
    refresh_families: ("client_id", "expires_at", "used_at"),
    agreements: ("kind", "version", "address", "at"),
    desk_requests: ("operation", "state", "decided_at", "created_at"),
    desk_callers: ("relation", "at"),
    letter_requests: ("at",),
    outbox: ("channel", "recipient", "template", "locale", "outcome", "outcome_at", "created_at"),
    audit: ("event", "result", "client_id", "address", "at"),
}  # fmt: skip


_COUNTED = (sessions, trusted_browsers, agreements, outbox, audit)
_OLDER_IDS = Hot(select(login_ids.c.login_id_key).where(login_ids.c.account_id == bindparam("account")).order_by(login_ids.c.since.desc()))


def _some(table: Table) -> ScalarSelect[int]:
    mine = select(table.c.account_id).where(table.c.account_id == bindparam("account")).limit(COUNTED_TO + 1).subquery()
    return select(func.count()).select_from(mine).scalar_subquery()


_COUNTS = Hot(select(*(_some(table) for table in _COUNTED)))


def counts(connection: Connection, account_id: str) -> dict[str, int]:
    """How many rows some of the tables hold of this member, by the table's name; `COUNTED_TO` + 1: more than that."""
    found = _COUNTS.rows(connection, {"account": account_id})[0]
    return {table.name: count for table, count in zip(_COUNTED, found)}


def known_login_ids(connection: Connection, account_id: str) -> list[str]:
    """Every login ID that the member ever had, folded, the newest first."""
    return [row[0] for row in _OLDER_IDS.rows(connection, {"account": account_id})]


def rows(connection: Connection, account_id: str) -> dict[str, list[dict[str, Any]]]:
    """The member's rows by the table's name, of each table the newest `MOST`. Times are Unix seconds."""
    found = {}
    for table, names in SHOWN.items():
        mine = (table.c.id if table is accounts else table.c.account_id) == account_id
        query = select(*(table.c[name] for name in names)).where(mine).order_by(table.c[names[-1]].desc()).limit(MOST)
        found[table.name] = [dict(row) for row in connection.execute(query).mappings()]
    return found
