"""Gathers what the service holds about a member (Act on the Protection of Personal Information, article 33)."""

import json
from datetime import UTC, datetime
from typing import Any, Mapping

import structlog

from idp.deps import Deps
from idp.domain.account import Account
from idp.tables import own_data

log = structlog.get_logger("idp.own_data")
# columns in Unix seconds, 0 or nothing: never
TIMES = frozenset(
    "at password_at login_id_at held_until frozen_until closes_at updated_at created_at since verified_at used_at expires_at "
    "started_at granted_at outcome_at".split()
)
TRUTHS = frozenset({"usual", "second_factor"})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(row)
    for name, value in row.items():
        if name in TIMES:
            found[name] = datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z") if value else None
        elif name in TRUTHS:
            found[name] = bool(value)
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


def download(deps: Deps, account: Account) -> bytes:
    """The same as a JSON file. It is only looked at, so nothing is stored, but the log says so. Raises `Unavailable`."""
    log.info("own data downloaded", account=account.id)
    return json.dumps(gather(deps, account), ensure_ascii=False, indent=2).encode()
