"""The audit record by who acted, on whom, what, how it ended and through which portal: always along an index, a bounded way at
a time, and never counted (interface.md, Admin console)."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from idp.tables.schema import audit

SCAN = 1_000  # rows of an index that one page looks through at most
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


# the columns that an index leads along; where two lead equally far, the first of these
_LEADING = ("actor", "account_id", "client_id", "result", "event")


def ways(wanted: Filter) -> list[str]:
    """The columns whose indexes lead to the wanted rows; none: only the order of the record itself does."""
    # most rows are ok: no index is worth it
    return [name for name in _LEADING if (value := getattr(wanted, name)) is not None and (name, value) != ("result", "ok")]


def _along(wanted: Filter, lead: str | None) -> list[ColumnElement[bool]]:
    way: list[ColumnElement[bool]] = [audit.c.id > wanted.above, audit.c.id < wanted.below]
    if lead:
        way.append(audit.c[lead] == getattr(wanted, lead))
    if lead == "result":
        way.append(audit.c.result != "ok")  # what the index says of itself
    return way


def _besides(columns: Any, wanted: Filter, lead: str | None) -> list[ColumnElement[bool]]:
    rest = [columns[name] == value for name in _LEADING if name != lead and (value := getattr(wanted, name)) is not None]
    if wanted.since is not None:
        rest.append(columns.at >= wanted.since)
    if wanted.until is not None:
        rest.append(columns.at < wanted.until)
    return rest


def end(wanted: Filter, lead: str | None) -> Select[tuple[int]]:
    """The id that a page's way along this column's index ends at, unless there are fewer: read from the index alone."""
    return select(audit.c.id).where(*_along(wanted, lead)).order_by(audit.c.id.desc()).offset(SCAN - 1).limit(1)


def statement(wanted: Filter, lead: str | None, limit: int) -> Select[Any]:
    """The rows of a page, looked for along this column's index; if there are other conditions, among twice as many as the way
    that `end` has measured at most: new rows may have come since."""
    along = select(*(audit.c[name] for name in SHOWN)).where(*_along(wanted, lead)).order_by(audit.c.id.desc())
    if not _besides(audit.c, wanted, lead):
        return along.limit(limit)
    some = along.limit(2 * SCAN).subquery()
    # no order of its own: both engines hand on what is ordered below, and to sort it again would read the whole way
    return select(some).where(*_besides(some.c, wanted, lead)).limit(limit)


def page(connection: Connection, wanted: Filter, limit: int) -> Page:
    """Up to `limit` rows. A page may hold fewer, or none, and still not be the last: then `reached` says how far it went.

    Of several conditions the one leads whose rows lie the furthest apart, which is seen by how far down its index as many of
    them lead: a mixture with a rare one is looked through in few pages.
    """
    names: list[str | None] = [*ways(wanted)] or [None]
    lead, reached = names[0], None
    if _besides(audit.c, wanted, lead):
        ends = {name: connection.execute(end(wanted, name)).scalar() for name in names}
        lead = min(names, key=lambda name: wanted.above if ends[name] is None else ends[name])
        if (reached := ends[lead]) is not None:
            wanted = replace(wanted, above=reached - 1)
    found = list(connection.execute(statement(wanted, lead, limit)))
    return Page(found, found[-1].id if len(found) == limit else reached)
