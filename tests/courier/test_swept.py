"""Every table is swept, emptied by its own rule, or kept for a reason that stands here; what is swept goes when it is dead and not
before, a few rows at a time."""

from typing import Any

import pytest
from sqlalchemy import Column, Table, delete, func, insert, select

from idp.tables import housekeeping, schema
from idp.tables.database import Connection, Database
from tests.courier.house import NOW

FAR = 10**8  # longer than anything is kept

SWEPT = {
    "failures": "a day after the last failure and the last wait",
    "revoked_grants": "when what was revoked has died anyway",
    "quotas": "when the window is over",
    "trusted_browsers": "when they have expired",
    "refresh_families": "when they have expired",
    "spent_assertions": "when they have expired",
    "client_invitations": "when they have expired",
    "undos": "when they have expired",
    "links": "when they have expired",
    "registrations": "a day after their end",
    "received_events": "after 90 days",
    "desk_requests": "after 90 days",
    "desk_callers": "after 90 days",
    "print_batches": "after 90 days, with their rows",
    "outbox": "after 90 days, unless it still waits",
    "sessions": "after 90 days",
    "rollups": "after 13 months",
    "session_clients": "after 90 days, the newest of each portal excepted",
}
# who else empties them
OTHERWISE = {
    "ending_mailboxes": "services.mailboxes, when the address has ended",
    "signing_keys": "services.keyring, when nothing signed by them is alive",
    "audit": "services.audit_purge, by whole blocks, [audit] keep_days",
    "contract_imports": "services.contract_work keeps what was done; parts, problems and what was before go by their times",
    "contract_import_parts": "services.contract_work, when the import is over",
    "contract_import_problems": "services.contract_work",
    "contract_import_before": "services.contract_work, when it can be taken back no more",
    "print_rows": "services, when the file is fetched; at the latest with their batch",
    "letter_requests": "services.letter_export, when the letter is printed",
    "leases": "whoever holds one; a row for each kind of work",
    "recovery_codes": "the member, by using them or printing new ones",
    "passkeys": "the member, by removing them; with the account otherwise",
}
KEPT = {
    "accounts": "while they are; an erased one keeps its subject and login ID, which nobody gets again",
    "login_ids": "for good: none is given out twice",
    "search_names": "as long as the account",
    "destinations": "as long as the account",
    "totp": "as long as the account",
    "agreements": "as long as the account: the record of what was agreed to",
    "consents": "as long as the account, unless withdrawn",
    "clients": "until the operator removes them",
    "stamps": "a row for each register",
    "rollup_cursors": "a row for each source",
    "switches": "a row for each switch",
    "lasting_keys": "for good",
    "audit_blocks": "for good: they prove what was purged",
    "contractors": "the operator's records, as imported",
    "contractor_facts": "with their contract",
}


def test_every_table_is_named_once() -> None:
    named = [*SWEPT, *OTHERWISE, *KEPT]
    assert len(named) == len(set(named))
    assert set(named) == set(schema.metadata.tables), "a new table: say who deletes what has died in it, or why it stays"


def value(column: Column[Any], name: str, at: int) -> Any:
    """Something to put into the column; numbers are times."""
    if column.foreign_keys:
        return "a"
    return at if column.type.python_type is int else name[: getattr(column.type, "length", None) or 64]


def put(connection: Connection, table: Table, name: str, at: int, **changes: Any) -> None:
    """A row in which every time is `at`."""
    values = {c.name: value(c, name, at) for c in table.c if not c.nullable and c.autoincrement is not True}
    connection.execute(insert(table), {**values, **changes})


@pytest.mark.parametrize("name", SWEPT)
def test_the_dead_go_in_small_batches_and_the_living_stay(database: Database, name: str) -> None:
    table = schema.metadata.tables[name]
    with database.write() as connection:
        if not connection.execute(select(schema.accounts.c.id)).first():
            put(connection, schema.accounts, "a", 0)
        for number in range(5):
            put(connection, table, f"dead{number}", NOW - FAR - number, **({"client_id": "c", "account_id": "a"} if name == "session_clients" else {}))
        put(connection, table, "living", NOW + FAR, **({"client_id": "c", "account_id": "a"} if name == "session_clients" else {}))
    rounds = []
    while not rounds or rounds[-1]:
        with database.write() as connection:
            rounds.append(housekeeping.sweep(connection, NOW, 2))
        assert len(rounds) < 9
    assert rounds[-1] == 0 and set(rounds) <= {0, 1, 2} and len(rounds) >= 4
    with database.write() as connection:
        first = next(iter(table.primary_key.columns)) if name != "outbox" else table.c.key
        assert connection.execute(select(first)).scalars().all() == ["living"]
        connection.execute(delete(table))


@pytest.mark.parametrize("name", [*OTHERWISE, *KEPT])
def test_what_is_kept_is_not_swept(database: Database, name: str) -> None:
    table = schema.metadata.tables[name]
    with database.write() as connection:
        if name != "accounts":
            put(connection, schema.accounts, "a", 0)
        if name == "contractor_facts":
            put(connection, schema.contractors, "a", 0)
        if name == "print_rows":
            put(connection, schema.print_batches, "a", NOW)
        put(connection, table, "a" if name in ("accounts", "contractors") else "old", NOW - FAR)
        housekeeping.sweep(connection, NOW, 9)
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1
