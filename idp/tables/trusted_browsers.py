"""Browsers that skip the code: found by a series that stays, proven by a secret that changes with each use."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from idp.tables.hot import Hot
from idp.tables.schema import trusted_browsers as table


@dataclass(frozen=True)
class TrustedBrowser:
    """One remembered browser of one account; times in Unix seconds. `device` is `system.browser` in codes, `address`
    the network address of the first use."""

    id: str
    account_id: str
    series_hash: str
    secret_hash: str
    previous_hash: str | None
    rotated_at: int
    epoch: int
    device: str
    address: str
    created_at: int
    used_at: int
    expires_at: int


_COLUMNS = tuple(table.c[name] for name in TrustedBrowser.__dataclass_fields__)
_BY_SERIES = Hot(select(*_COLUMNS).where(table.c.series_hash == bindparam("series")))
_LIVE = (table.c.account_id == bindparam("account"), table.c.epoch == bindparam("epoch"), table.c.expires_at > bindparam("now"))
_OF_ACCOUNT = Hot(select(*_COLUMNS).where(*_LIVE).order_by(table.c.used_at.desc(), table.c.id))
_COUNT = Hot(select(func.count()).select_from(table).where(*_LIVE))
_ROTATE = Hot(
    update(table)
    .where(table.c.id == bindparam("which"), table.c.secret_hash == bindparam("old"))
    .values(secret_hash=bindparam("new"), previous_hash=bindparam("old"), rotated_at=bindparam("at"), used_at=bindparam("at"))
    .returning(table.c.id)
)


def by_series(connection: Connection, series_hash: str) -> TrustedBrowser | None:
    """The browser with this series, dead or alive."""
    rows = _BY_SERIES.rows(connection, {"series": series_hash})
    return TrustedBrowser(*rows[0]) if rows else None


def of_account(connection: Connection, account_id: str, epoch: int, now: int) -> list[TrustedBrowser]:
    """The account's live browsers, the one used last first."""
    return [TrustedBrowser(*row) for row in _OF_ACCOUNT.rows(connection, {"account": account_id, "epoch": epoch, "now": now})]


def add(connection: Connection, browser: TrustedBrowser, most: int) -> None:
    """Insert; of more than `most` of the account the ones used longest ago go."""
    values: dict[str, Any] = {column.name: getattr(browser, column.name) for column in table.c}
    connection.execute(table.insert(), values)
    kept = select(table.c.id).where(table.c.account_id == browser.account_id)
    kept = kept.order_by(table.c.used_at.desc(), table.c.created_at.desc(), table.c.id).limit(most)
    connection.execute(delete(table).where(table.c.account_id == browser.account_id, table.c.id.not_in(kept)))


def rotate(connection: Connection, browser_id: str, old_hash: str, new_hash: str, now: int) -> bool:
    """Replace the secret if it is still the old one: of two parallel uses one wins."""
    return bool(_ROTATE.rows(connection, {"which": browser_id, "old": old_hash, "new": new_hash, "at": now}))


def remove(connection: Connection, account_id: str, browser_id: str | None = None) -> int:
    """Forget one browser of the account, or all; returns how many there were."""
    which = [table.c.account_id == account_id] + ([table.c.id == browser_id] if browser_id else [])
    return connection.execute(delete(table).where(*which)).rowcount


def count(connection: Connection, account_id: str, epoch: int, now: int) -> int:
    """How many browsers the account is remembered by."""
    found: int = _COUNT.rows(connection, {"account": account_id, "epoch": epoch, "now": now})[0][0]
    return found
