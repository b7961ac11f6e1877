"""Deletes rows that have served their time, a few at a time so that nobody waits for it."""

from sqlalchemy import Connection, delete, select

from idp.domain.rollup import KEEP as KEEP_ROLLUPS
from idp.tables import rollups, sessions
from idp.tables.schema import (
    client_invitations, desk_callers, desk_requests, failures, links, outbox, print_batches, quotas, received_events, refresh_families, registrations, revoked_grants,
    spent_assertions, trusted_browsers, undos,
)  # fmt: skip

DAY = 86_400
KEEP_SESSIONS = 90 * DAY  # as long as members see what happened
KEEP_EVENTS = 90 * DAY  # until then an event of a portal is known again
KEEP_LETTERS = 90 * DAY  # delivery records (japan.md, Law and logs)
KEEP_REQUESTS = 90 * DAY  # the audit record keeps what came of them
KEEP_CALLERS = 90 * DAY


def sweep(connection: Connection, now: int, limit: int) -> int:
    """Delete up to `limit` dead rows of each kind; returns the most that one kind gave (`limit`: call again).

    Dead are failure counters untouched and without a wait for a day (dropped at the end of a wait, they would give
    a guesser a fresh start), revoked grants past their end, letters, requests and callers of the desk 90 days old, limits whose window is
    over, remembered browsers, refresh tokens, client assertions, initial access tokens, links and codes to undo a change that
    have expired, sessions and events of portals of 90 days ago, counts of 13 months ago, and registrations that nobody finished,
    a day after their end: until then their link says so.
    """
    rules = (
        (failures.c.bucket, failures.c.updated_at, (failures.c.updated_at <= now - DAY, failures.c.wait_until <= now - DAY)),
        (revoked_grants.c.id, revoked_grants.c.until, (revoked_grants.c.until <= now,)),
        (quotas.c.name, quotas.c.ends_at, (quotas.c.ends_at <= now,)),
        (trusted_browsers.c.id, trusted_browsers.c.expires_at, (trusted_browsers.c.expires_at <= now,)),
        (refresh_families.c.series_hash, refresh_families.c.expires_at, (refresh_families.c.expires_at <= now,)),
        (spent_assertions.c.fingerprint, spent_assertions.c.expires_at, (spent_assertions.c.expires_at <= now,)),
        (client_invitations.c.fingerprint, client_invitations.c.expires_at, (client_invitations.c.expires_at <= now,)),
        (undos.c.code_hash, undos.c.expires_at, (undos.c.expires_at <= now,)),
        (links.c.fingerprint, links.c.expires_at, (links.c.expires_at <= now,)),
        (registrations.c.id, registrations.c.expires_at, (registrations.c.expires_at <= now - DAY,)),
        (print_batches.c.id, print_batches.c.created_at, (print_batches.c.created_at <= now - KEEP_LETTERS,)),
        (received_events.c.fingerprint, received_events.c.at, (received_events.c.at <= now - KEEP_EVENTS,)),
        (desk_requests.c.id, desk_requests.c.created_at, (desk_requests.c.created_at <= now - KEEP_REQUESTS,)),
        (desk_callers.c.id, desk_callers.c.at, (desk_callers.c.at <= now - KEEP_CALLERS,)),
        (outbox.c.id, outbox.c.created_at, (outbox.c.created_at <= now - KEEP_LETTERS, outbox.c.outcome != "queued")),
    )
    most = max(sessions.forget(connection, now - KEEP_SESSIONS, limit), rollups.forget(connection, now - KEEP_ROLLUPS, limit))
    for key, order, dead in rules:
        some = select(key).where(*dead).order_by(order).limit(limit).with_for_update(skip_locked=True).cte("some")
        # returned and counted: sqlite3 has no row count for a statement that begins with WITH
        gone = connection.execute(delete(key.table).where(key.in_(select(some.c[key.name]))).returning(key)).all()
        most = max(most, len(gone))
    return most
