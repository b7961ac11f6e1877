"""Codes in letters that wait in the outbox, for tests without a courier."""

import re

from sqlalchemy import select

from idp.deps import Deps
from idp.domain.letter import Letter
from idp.services import letters
from idp.tables.schema import outbox
from tests.outgoing import CODE


def code_of(deps: Deps, account_id: str) -> str:
    """The digits in the newest letter to this account that holds any."""
    names = [outbox.c[name] for name in Letter.__dataclass_fields__]
    query = select(*names).where(outbox.c.account_id == account_id, outbox.c.facts.is_not(None), outbox.c.channel.in_(("mail", "sms")))
    with deps.database.read() as connection:
        row = connection.execute(query.order_by(outbox.c.id.desc()).limit(1)).mappings().one()
    subject, body = letters.render(deps, Letter(**row))
    found: str = re.findall(CODE, f"{subject} {body}")[0]
    return found
