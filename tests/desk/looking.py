"""What the stores hold after the desk has acted."""

import json
from typing import Any

from sqlalchemy import select

from idp.deps import Deps
from idp.tables.schema import audit, outbox
from tests.desk.conftest import Desk


def records(deps: Deps, event: str) -> list[dict[str, Any]]:
    """The audit rows of an event, their detail read."""
    with deps.database.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.event == event).order_by(audit.c.id)).mappings()
        return [{**row, "detail": json.loads(row["detail"])} for row in rows]


def sent(desk: Desk) -> list[tuple[str, str]]:
    """(recipient, template) of every mail and SMS to the member."""
    with desk.deps.database.read() as connection:
        query = select(outbox.c.recipient, outbox.c.template).where(outbox.c.account_id == desk.member.id, outbox.c.channel.in_(("mail", "sms")))
        return [(row.recipient, row.template) for row in connection.execute(query.order_by(outbox.c.id))]
