"""Counts per hour for the dashboard, each row of audit and outbox counted once by whichever courier comes first."""

from importlib import import_module
from typing import Any, Mapping

from sqlalchemy import Connection, delete, func, select, update

from idp.domain.rollup import Count
from idp.tables.schema import audit, outbox, rollup_cursors, rollups

AUDIT, OUTBOX = "audit", "outbox"
_EVENTS = (audit.c.id, audit.c.at, audit.c.event, audit.c.result, audit.c.detail)
_LETTERS = (
    outbox.c.id, outbox.c.created_at, outbox.c.channel, outbox.c.recipient, outbox.c.template, outbox.c.outcome, outbox.c.outcome_at,
    outbox.c.gateway,
)  # fmt: skip


def counted_to(connection: Connection, source: str) -> int:
    """The id up to which rows of this source were counted."""
    found = connection.execute(select(rollup_cursors.c.last_id).where(rollup_cursors.c.source == source)).scalar()
    return found or 0


def rows_after(connection: Connection, source: str, last_id: int, limit: int) -> list[Mapping[str, Any]]:
    """Up to `limit` rows of the source with higher ids, in their order."""
    columns = _EVENTS if source == AUDIT else _LETTERS
    query = select(*columns).where(columns[0] > last_id).order_by(columns[0]).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def add(connection: Connection, source: str, old: int, new: int, counts: Mapping[Count, int]) -> bool:
    """Count, and move the cursor from `old` to `new`: one conditional statement, so that of several couriers with the same
    rows one counts them. False, and nothing is counted, for the others."""
    insert = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    connection.execute(insert(rollup_cursors).on_conflict_do_nothing(), {"source": source, "last_id": 0})
    claim = update(rollup_cursors).where(rollup_cursors.c.source == source, rollup_cursors.c.last_id == old)
    if connection.execute(claim.values(last_id=new)).rowcount != 1:
        return False
    fresh = insert(rollups)
    upsert = fresh.on_conflict_do_update(
        index_elements=list(rollups.primary_key.columns), set_={"count": rollups.c.count + fresh.excluded["count"]}
    )
    if counts:
        connection.execute(upsert, [{**one._asdict(), "count": count} for one, count in sorted(counts.items())])
    return True


def by_label(connection: Connection, name: str, since: int, until: int) -> dict[str, dict[int, int]]:
    """Counts of the hours from `since` up to and without `until` (Unix seconds), by label and step."""
    span = (rollups.c.name == name, rollups.c.hour >= since, rollups.c.hour < until)
    query = select(rollups.c.label, rollups.c.step, func.sum(rollups.c.count)).where(*span).group_by(rollups.c.label, rollups.c.step)
    found: dict[str, dict[int, int]] = {}
    for label, step, count in connection.execute(query):
        found.setdefault(label, {})[step] = int(count)
    return found


def by_hour(connection: Connection, name: str, before_label: str, after_label: str, since: int, until: int) -> list[tuple[int, str, int]]:
    """(hour, label, count) of every label from `before_label` up to and without `after_label`, in these hours."""
    labels = (rollups.c.label >= before_label, rollups.c.label < after_label)
    span = (rollups.c.name == name, rollups.c.hour >= since, rollups.c.hour < until)
    query = select(rollups.c.hour, rollups.c.label, func.sum(rollups.c.count)).where(*span, *labels)
    found = connection.execute(query.group_by(rollups.c.hour, rollups.c.label))
    return [(hour, label, int(count)) for hour, label, count in found]


def last_hour(connection: Connection) -> int | None:
    """The latest hour for which anything was counted."""
    return connection.execute(select(func.max(rollups.c.hour)).where(rollups.c.name == "event")).scalar()


def forget(connection: Connection, before: int, limit: int) -> int:
    """Delete the counts of the oldest hour before this Unix time; returns `limit` if there may be more, else 0."""
    hour = connection.execute(select(func.min(rollups.c.hour)).where(rollups.c.hour < before)).scalar()
    if hour is None:
        return 0
    connection.execute(delete(rollups).where(rollups.c.hour == hour))
    return limit
