"""An audit record with rows of every kind, and its couriers."""

import threading
from typing import Any

from sqlalchemy import select, text

from idp.deps import Deps
from idp.domain.audit_chain import Finding
from idp.services import audit_chain, audit_verify, records
from idp.tables.schema import audit

GO = threading.Event()  # never set: nobody is told to stop


def fill(deps: Deps, count: int, **changes: Any) -> None:
    """So many rows more, no two alike."""
    with deps.database.write() as connection:
        for number in range(count):
            given = {"account_id": f"account{number}", "address": "192.0.2.1", "detail": {"n": number, "text": "花子"}, **changes}
            records.add(connection, deps, "sign_in", "wrong" if number % 3 else "ok", **given)


def sealed(deps: Deps, *counts: int) -> None:
    """A block of each of these numbers of rows."""
    for count in counts:
        fill(deps, count)
        later(deps)
        while audit_chain.seal_next(deps, GO):
            pass


def later(deps: Deps, seconds: int = audit_chain.WAIT) -> None:
    """So much later."""
    deps.clock.now += seconds  # type: ignore[attr-defined]


def found(deps: Deps) -> list[Finding]:
    """Everything that is wrong with the record."""
    return [problem for _, problems in audit_verify.walk(deps) for problem in problems]


def do(deps: Deps, statement: str, **values: Any) -> None:
    """What somebody with access to the database does."""
    with deps.database.write() as connection:
        connection.execute(text(statement), values)


def ids(deps: Deps) -> list[int]:
    """Ids of the rows that are there."""
    with deps.database.read() as connection:
        return list(connection.scalars(select(audit.c.id).order_by(audit.c.id)))
