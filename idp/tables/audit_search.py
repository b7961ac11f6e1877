"""The audit record by who acted, on whom, what, how it ended and through which portal: always along an index, a bounded way at
a time, and never counted (interface.md, Admin console)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from idp.tables.schema import audit

SCAN = 5_000  # rows of an index that one page looks through at most
SHOWN = ("id", "at", "event", "result", "account_id", "client_id", "actor", "address", "request_id", "policy_version", "detail")


@dataclass(frozen=True)
class Filter:
    """What rows are wanted; None: whatever. `since` and `until` (not included): Unix seconds; `above` and `below`: bounds of the
    ids, neither included."""

    actor: str | None = None
    account_id: str | None = None
    client_id: str | None = None
    event: str | None = None
    result: str | None = None
    since: int | None = None
    until: int | None = None
    above: int = -(2**62)
    below: int = 2**62


@dataclass(frozen=True)
class Page:
    """Rows, the newest first. `reached`: the id above which everything has been looked through, if there may be more below."""

    rows: list[Any]
    reached: int | None


# the columns that an index leads along, the one that finds the fewest rows first
_LEADING = ("actor", "account_id", "client_id", "result", "event")


def statement(wanted: Filter, limit: int) -> tuple[Select[Any], Select[Any]]:
    """The rows of a page; and how far the way went that they were looked for on: how many rows, and the lowest id."""
    said = {name: value for name in _LEADING if (value := getattr(wanted, name)) is not None}
    # most rows are ok: no index is worth it
    leads = next((name for name in said if (name, said[name]) != ("result", "ok")), None)
    way: list[ColumnElement[bool]] = [audit.c.id > wanted.above, audit.c.id < wanted.below]
    if leads:
        way.append(audit.c[leads] == said.pop(leads))
    if leads == "result":
        way.append(audit.c.result != "ok")  # what the index says of itself
    some = select(*(audit.c[name] for name in SHOWN)).where(*way).order_by(audit.c.id.desc()).limit(SCAN).subquery()
    rest = [some.c[name] == value for name, value in said.items()]
    if wanted.since is not None:
        rest.append(some.c.at >= wanted.since)
    if wanted.until is not None:
        rest.append(some.c.at < wanted.until)
    ids = select(audit.c.id).where(*way).order_by(audit.c.id.desc()).limit(SCAN).subquery()
    # no order of its own: both engines hand on what is ordered below, and to sort it again would read the whole way
    return select(some).where(*rest).limit(limit), select(func.count(), func.min(ids.c.id))


def page(connection: Connection, wanted: Filter, limit: int) -> Page:
    """Up to `limit` rows. A page may hold fewer, or none, and still not be the last: then `reached` says how far it went."""
    rows, way = statement(wanted, limit)
    found = list(connection.execute(rows))
    if len(found) == limit:
        return Page(found, found[-1].id)
    count, lowest = connection.execute(way).one()
    return Page(found, lowest if count == SCAN else None)
