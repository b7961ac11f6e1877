"""Links in letters: made, looked at as often as anybody likes, and spent once (requirements RC-06 to RC-08)."""

from typing import Literal

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.tables import links
from idp.tables.links import Link
from idp.vault import fingerprint

Purpose = Literal["registration", "reset", "invite"]
Channel = Literal["mail", "mailbox", "sms"]
LONGEST, SHORT = 64, 26


def issue(
    connection: Connection, deps: Deps, purpose: Purpose, owner: str, seconds: int, channel: Channel,
    epoch: int = 0, place: int = 0,
) -> str:  # fmt: skip
    """Make the link of this owner for `seconds`, in the transaction that sends it; the older one of the same `place` is void
    from then on. Returns the token that stands in the link: 256 bits, by SMS 130, which lives for minutes and has to go
    into 70 letters with its sentence. Only its fingerprint is kept."""
    token, now = vault.random_id(SHORT) if channel == "sms" else vault.random_token(), deps.now()
    links.put(connection, Link(fingerprint(token), purpose, owner, place, epoch, channel, now, now + seconds))
    return token


def find(deps: Deps, purpose: Purpose, token_fingerprint: str) -> Link | None:
    """The live link for this purpose; looking changes nothing."""
    with deps.database.read() as connection:
        return links.find(connection, token_fingerprint, purpose, deps.now())
