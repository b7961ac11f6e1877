"""Gathers what the service holds about a member (Act on the Protection of Personal Information, article 33)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Mapping

import structlog

from idp.deps import Deps
from idp.domain.account import Account
from idp.tables import own_data, sessions

log = structlog.get_logger("idp.own_data")
# columns in Unix seconds, 0 or nothing: never
TIMES = frozenset(
    "at password_at login_id_at held_until frozen_until closes_at updated_at created_at since verified_at used_at expires_at "
    "started_at granted_at outcome_at".split()
)
COUNTED_TO = own_data.COUNTED_TO  # more than so many are not counted
TRUTHS = frozenset({"usual", "second_factor", "eligible", "backed_up"})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(row)
    for name, value in row.items():
        if name in TIMES:
            found[name] = datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z") if value else None
        elif name in TRUTHS:
            found[name] = None if value is None else bool(value)
        elif name == "profile":
            found[name] = json.loads(value)
    return found


def gather(deps: Deps, account: Account) -> dict[str, Any]:
    """Everything, by the kind of thing; times as in RFC 3339. `account` under its JSON names is one object, the rest are
    lists with the newest first. Raises `Unavailable`."""
    with deps.database.read() as connection:
        held = own_data.rows(connection, account.id)
    plain = {name: [_plain(row) for row in rows] for name, rows in held.items()}
    return {"made_at": _plain({"at": deps.now()})["at"], "account": plain.pop("accounts")[0], **plain}


@dataclass(frozen=True)
class Summary:
    """What the page says beside the account itself: earlier login IDs, folded; clients that the member has signed in to;
    how many rows there are of some things."""

    earlier: tuple[str, ...]
    clients: tuple[str, ...]
    counts: Mapping[str, int]


def summary(deps: Deps, account: Account) -> Summary:
    """The page's share of it, without reading ten thousand rows. Raises `Unavailable`."""
    with deps.database.read() as connection:
        earlier = [one for one in own_data.known_login_ids(connection, account.id) if one != account.login_id_key]
        clients, counts = sessions.clients_of(connection, account.id), own_data.counts(connection, account.id)
    return Summary(tuple(earlier), tuple(clients), counts)


def download(deps: Deps, account: Account) -> bytes:
    """The same as a JSON file. It is only looked at, so nothing is stored, but the log says so. Raises `Unavailable`."""
    log.info("own data downloaded", account=account.id)
    return json.dumps(gather(deps, account), ensure_ascii=False, indent=2).encode()
