"""Who holds a grant, asked in one statement with whether anything has ended it: for the endpoints that portals call most."""

from sqlalchemy import Connection, and_, bindparam, or_, select

from idp.domain.account import Account
from idp.tables import grants
from idp.tables.accounts import OF_DESTINATION, made
from idp.tables.hot import Hot
from idp.tables.schema import accounts, destinations, revoked_grants

_WITHDRAWN = and_(revoked_grants.c.id == bindparam("withdrawn_id"), revoked_grants.c.until >= bindparam("dies_at"))
_ENDED = or_(revoked_grants.c.id.in_((bindparam("grant_id"), bindparam("token_id"), bindparam("session_id"))), _WITHDRAWN)
_GOES_ON = ~select(revoked_grants.c.id).where(_ENDED).exists()
_HELD = (accounts.c.id == bindparam("value"), _GOES_ON)
_ACCOUNT = Hot(
    select(accounts, *OF_DESTINATION)
    .select_from(accounts.outerjoin(destinations, destinations.c.account_id == accounts.c.id))
    .where(*_HELD)
    .order_by(destinations.c.created_at, destinations.c.id)
)
_STATE = Hot(select(accounts.c.status, accounts.c.epoch).where(*_HELD))
_WIDTH = len(accounts.c)


def account(
    connection: Connection, account_id: str, grant_id: str | None, token_id: str | None, session_id: str | None, client_id: str, dies_at: int
) -> Account | None:
    """The account with its destinations, or None if there is none, the grant or this access token of it was revoked, the session
    has ended that it ends with (`grants.session_id`), or the consent to it was withdrawn. None for a thing that does not matter;
    `dies_at`: when an access token of the grant would die at the latest (Unix seconds)."""
    rows = _ACCOUNT.rows(connection, _values(account_id, grant_id, token_id, session_id, client_id, dies_at))
    return made(rows[0], (row[_WIDTH:] for row in rows if row[_WIDTH] is not None)) if rows else None


def state(
    connection: Connection, account_id: str, grant_id: str, token_id: str, session_id: str | None, client_id: str, dies_at: int
) -> tuple[str, int] | None:
    """The status and the epoch of the account that `account` would find."""
    rows = _STATE.rows(connection, _values(account_id, grant_id, token_id, session_id, client_id, dies_at))
    return (rows[0][0], rows[0][1]) if rows else None


def _values(
    account_id: str, grant_id: str | None, token_id: str | None, session_id: str | None, client_id: str, dies_at: int
) -> dict[str, str | int | None]:
    ended = {"grant_id": grant_id, "token_id": token_id, "session_id": session_id, "withdrawn_id": grants.withdrawn_id(account_id, client_id)}
    return {"value": account_id, "dies_at": dies_at, **ended}
