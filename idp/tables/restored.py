"""What a restored database must not give a second time: whatever may happen once may have happened after the backup, so it
ends, and so does every session, token and trust (requirement OP-05). One rule for each table."""

from typing import Iterable, Sequence

from sqlalchemy import Connection, Executable, Table, delete, func, insert, null, select, update

from idp.tables import schema, spent_assertions
from idp.tables.schema import accounts, clients, login_ids, metadata, outbox, sessions, stamps, totp

EPOCHS = 1_000_000  # more than an account can have been signed out everywhere since the backup
VERSIONS = 1_000_000  # likewise: workers must not take what they hold for what is stored now
TOTP_SECONDS, TOTP_AHEAD = 30, 1  # RFC 6238 section 4.1, and how many steps ahead a code is taken
ASSERTION_SECONDS = 320  # until a client assertion that was made before the restore has expired, clocks apart included
CHUNK = 500

# emptied, with what it may cost to keep
GONE: dict[Table, str] = {
    schema.trusted_browsers: "a secret that was replaced since would be good again",
    schema.recovery_codes: "a printed code that was used since would be good again",
    schema.links: "a link that was used since would be good again",
    schema.registrations: "a registration that was finished since could be finished again",
    schema.undos: "a code that was used since would be good again",
    schema.refresh_families: "a token that was replaced since would be good again",
    schema.client_invitations: "one that was used up since would be good again; make new ones",
    schema.consents: "one that was withdrawn since would be there again; the member is asked once more",
    schema.print_rows: "letters that were fetched since could be fetched again",
    schema.print_batches: "a file that was fetched since could be fetched again; make another",
    schema.leases: "their holders are not there",
}
CHANGED: dict[Table, str] = {
    accounts: "every epoch is raised: sessions, tokens, codes and links of before are dead in every store",
    totp: "codes of this minute count as used",
    stamps: "workers read every register anew",
    outbox: "letters that waited have been sent, or are late: none is sent again; portals know events by their jti",
    schema.spent_assertions: "what was signed before the restore is refused until it has expired",
    schema.desk_requests: "what was open may have been decided since: it is void",
    sessions: "those that may have been alive are told to their portals, then they go",
    login_ids: "those given out since, if the database that is replaced can be read, belong to closed accounts",
}
KEPT: dict[Table, str] = {
    schema.destinations: "what members have set up",
    schema.passkeys: "the same; one that was removed since is there again, as an app is, and members see it in their list",
    schema.agreements: "the record of what members agreed to",
    schema.search_names: "what the desk finds accounts by",
    schema.letter_requests: "a letter printed since holds a password that is lost: another is printed",
    schema.desk_callers: "the record of calls, up to the backup",
    schema.quotas: "limits of a window that is over mean nothing",
    schema.received_events: "an event since the backup has lost its effect, and counts again",
    schema.ending_mailboxes: "an address still has its end",
    schema.session_clients: "portals hear of closed accounts",
    schema.failures: "waits go on",
    clients: "portals are registered as they were",
    schema.revoked_grants: "they stay revoked",
    schema.signing_keys: "portals have them in their caches; what was withdrawn since is named in the runbook",
    schema.contract_imports: "what had been done by then; one under way goes on",
    schema.contract_import_parts: "the file of one under way",
    schema.contract_import_problems: "with their import",
    schema.contract_import_before: "with their import",
    schema.rollups: "counts, up to the backup",
    schema.rollup_cursors: "they count on from there",
    schema.switches: "what staff had switched by then",
    schema.lasting_keys: "the same for good",
    schema.audit: "the record, up to the backup",
    schema.audit_blocks: "the seals of the record, up to the backup",
    schema.contractors: "import the records again",
    schema.contractor_facts: "import the records again",
}


def end_what_is_older(connection: Connection, now: int, absolute: int) -> None:
    """End whatever was begun before `now` (Unix seconds). Sessions that began less than `absolute` seconds ago stay on the
    record for their portals to be told."""
    for table in GONE:
        connection.execute(delete(table))
    changes: Sequence[Executable] = (
        update(accounts).values(epoch=accounts.c.epoch + EPOCHS),
        update(totp).values(last_step=now // TOTP_SECONDS + TOTP_AHEAD).where(totp.c.last_step < now // TOTP_SECONDS + TOTP_AHEAD),
        update(stamps).values(version=stamps.c.version + VERSIONS),
        update(outbox)
        .where(outbox.c.outcome.in_(("queued", "parked")), outbox.c.channel != "event")
        .values(outcome="unknown", outcome_at=now, reason="restored", facts=null(), lease=null(), lease_until=0),
        update(schema.desk_requests)
        .where(schema.desk_requests.c.state == "open")
        .values(state="void", decided_at=now),
        delete(sessions).where(sessions.c.started_at < now - absolute),
    )
    for statement in changes:
        connection.execute(statement)
    spent_assertions.spend_until(connection, now + ASSERTION_SECONDS)


def occupied(connection: Connection, own_client: str) -> tuple[int, int]:
    """How many accounts, and how many clients beside `own_client`, a database holds; its tables are there."""
    members = connection.execute(select(func.count()).select_from(accounts)).scalar_one()
    portals = connection.execute(select(func.count()).select_from(clients).where(clients.c.id != own_client)).scalar_one()
    return members, portals


Given = tuple[str, str, int, str, str, int]  # login_id_key, account_id, since, and of the account: its key, role, created_at


def given_out(connection: Connection) -> list[Given]:
    """Every login ID there ever was, with what is kept of its account for good."""
    of = accounts.c
    query = select(login_ids, of.login_id_key.label("now"), of.role, of.created_at).join(accounts, of.id == login_ids.c.account_id)
    return [tuple(row) for row in connection.execute(query.order_by(login_ids.c.login_id_key))]  # type: ignore[misc]


def reserve(connection: Connection, given: Iterable[Given], now: int) -> int:
    """Let nobody have these login IDs again: those that the restored database does not know become IDs of their accounts, and
    accounts that it does not know become closed ones, with their subject. Returns how many."""
    given, added = list(given), 0
    for start in range(0, len(given), CHUNK):
        part = given[start : start + CHUNK]
        known = set(connection.scalars(select(login_ids.c.login_id_key).where(login_ids.c.login_id_key.in_([row[0] for row in part]))))
        new = [row for row in part if row[0] not in known]
        there = set(connection.scalars(select(accounts.c.id).where(accounts.c.id.in_([row[1] for row in new]))))
        closed = {row[1]: _closed(row, now) for row in new if row[1] not in there}
        if closed:
            connection.execute(insert(accounts), list(closed.values()))
        if new:
            connection.execute(insert(login_ids), [dict(zip(("login_id_key", "account_id", "since"), row)) for row in new])
        added += len(new)
    return added


def _closed(row: Given, now: int) -> dict[str, object]:
    """As an account is after it was erased."""
    _, account_id, _, login_id_key, role, created_at = row
    values: dict[str, object] = {column.name: None if column.nullable else 0 for column in accounts.c}
    texts = {"login_id": "", "nickname": "", "profile": "{}", "locale": "ja", "password_state": "none", "status": "closed"}
    own = {"id": account_id, "login_id_key": login_id_key, "role": role, "created_at": created_at}
    return {**values, **texts, **own, "updated_at": now, "epoch": EPOCHS}


def accounts_with_sessions(connection: Connection, limit: int) -> list[str]:
    """Ids of accounts that still have a session on record."""
    return list(connection.scalars(select(sessions.c.account_id).distinct().limit(limit)))


def ruled() -> dict[str, str]:
    """What happens to each table, by name."""
    return {table.name: words for rules in (GONE, CHANGED, KEPT) for table, words in rules.items()}


def tables() -> list[Table]:
    """Every table of ours, those that others point at first."""
    return list(metadata.sorted_tables)
