"""Looking through the audit record, exporting it, and proving its newest part."""

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Iterator, Mapping

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.audit_chain import Block, Finding
from idp.domain.identifiers import fold_login_id, mask_email
from idp.domain.letter import JST
from idp.services import audit_chain, audit_export, audit_verify, console_client, drafts, records
from idp.services.audit_export import Format
from idp.services.audit_verify import Place, State
from idp.tables import accounts, audit, audit_blocks, audit_search, login_ids
from idp.tables.audit_search import Filter

PAGE = 50
DAYS = 31  # of an export: more is for the command line
LOOKED_AT = 50  # blocks that the button verifies
TAIL = 100_000
CHECKED = "audit-checked"
_NAME = re.compile(r"[A-Za-z0-9:_.-]{1,64}")
_LONGEST = 200


@dataclass(frozen=True)
class Entry:
    """A row as the console shows it: `who` acted and on `whom`, as (name, id); `detail` by name, made inert and masked;
    `change`: what was and what is, where the row tells that; `changed`: the same of metadata, by name, both None if only that they
    changed is on record."""

    id: int
    at: int
    event: str
    result: str
    who: tuple[str, str] | None
    whom: tuple[str, str] | None
    client_id: str | None
    address: str | None
    request_id: str | None
    policy_version: str | None
    change: tuple[str, str] | None
    changed: tuple[tuple[str, str | None, str | None], ...]
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """A page of them. `further`: the id to go on below, if there may be more; `reached`: when the way there ended (Unix
    seconds), if the page is not full."""

    entries: tuple[Entry, ...]
    further: int | None


def named(deps: Deps, typed: str) -> str | None:
    """The id that rows know somebody by, from a login ID, or from a name such as "courier" or "cli:0". None: it is nobody's.
    Raises `Unavailable`."""
    key = fold_login_id(typed)
    with deps.database.read() as connection:
        account = accounts.by_login_id(connection, key) if key else None
    return account.id if account else typed if _NAME.fullmatch(typed) else None


def called(deps: Deps, *ids: str | None) -> dict[str, str]:
    """What to call whoever has these ids: their login ID, or the id itself. Raises `Unavailable`."""
    wanted = sorted({id for id in ids if id})
    if not wanted:
        return {}
    with deps.database.read() as connection:
        found = login_ids.called(connection, wanted)
    return {one: found.get(one, one) for one in wanted}


def day(text: str) -> int:
    """The beginning of a day in Japan, written 2026-11-22, in Unix seconds. Raises ValueError."""
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=JST).timestamp())


def day_after(text: str) -> int:
    """The beginning of the day behind it. Raises ValueError."""
    return int((datetime.strptime(text, "%Y-%m-%d") + timedelta(days=1)).replace(tzinfo=JST).timestamp())


def look(deps: Deps, wanted: Filter, before: int | None) -> Found:
    """A page below this id. Raises `Unavailable`."""
    with deps.database.read() as connection:
        if wanted.since is not None or wanted.until is not None:
            above, below = audit.ids_of_time(connection, wanted.since, wanted.until)
            wanted = replace(wanted, above=above, below=below)
        if before is not None:
            wanted = replace(wanted, below=min(wanted.below, before))
        page = audit_search.page(connection, wanted, PAGE)
    names = called(deps, *(one for row in page.rows for one in (row.actor, row.account_id)))
    return Found(tuple(_entry(row, names) for row in page.rows), page.reached)


def _entry(row: Any, names: Mapping[str, str]) -> Entry:
    found = json.loads(row.detail)
    # a client's metadata by name, each with what it was and is; other events say otherwise what has changed
    fields = found.pop("changed") if isinstance(found.get("changed"), dict) else {}
    changed = [(_said(name), *(map(_said, pair) if pair else (None, None))) for name, pair in fields.items()]
    detail = {name: _said(value) for name, value in found.items()}
    change = (detail.pop("from"), detail.pop("to")) if "from" in detail and "to" in detail else None
    pair = lambda id: (names[id], id) if id else None  # noqa: E731
    return Entry(
        row.id, row.at, row.event, row.result, pair(row.actor), pair(row.account_id), row.client_id, row.address, row.request_id,
        row.policy_version, change, tuple(changed), tuple(detail.items()),
    )  # fmt: skip


def _said(value: Any) -> str:
    """A value of a row's detail: addresses masked, in case one got there, and nothing that turns the line around."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = mask_email(text) if re.fullmatch(r"[^@\s]+@[^@\s]+", text) else text
    return audit_export.seen(text[:_LONGEST])


@dataclass(frozen=True)
class Chain:
    """How the record stands: its last block, how many rows wait to be sealed (at most `TAIL`), since when (Unix seconds) the
    oldest waits too long (0: it does not), and what the courier knows."""

    last: Block | None
    waiting: int
    late: int
    courier: State


def chain(deps: Deps) -> Chain:
    """Raises `Unavailable`."""
    with deps.database.read() as connection:
        last = audit_blocks.newest(connection)
        waiting, oldest = audit_blocks.tail(connection, last.last_id if last else audit_blocks.BEGINNING, TAIL)
    late = oldest if oldest is not None and oldest < deps.now() - 10 * audit_chain.WAIT else 0
    return Chain(last, waiting, late, audit_verify.state(deps))


def verify(deps: Deps, actor: Account, owner: str, address: str) -> None:
    """Prove the newest blocks, a bounded number of them, and keep for `owner` what came of it. Raises `Unavailable`."""
    head, found, blocks, rows = audit_chain.head(deps), list[Finding](), 0, 0
    with deps.database.read() as connection:
        before = audit_blocks.newest(connection, LOOKED_AT)
    place = audit_verify.behind(before) if before else Place()
    for block, problems in audit_verify.walk(deps, place):
        found, blocks, rows, place = found + problems, blocks + 1, rows + block.count, audit_verify.behind(block)
        if blocks == 2 * LOOKED_AT:
            break
    found += audit_verify.ends(deps, place, head)
    with deps.database.write() as connection:
        records.add(
            connection, deps, "audit_verified", "wrong" if found else "ok", actor=actor.id, client_id=console_client.CLIENT_ID,
            address=address, detail={"blocks": blocks, "problems": len(found)},
        )  # fmt: skip
    kept = {"at": deps.now(), "blocks": blocks, "rows": rows, "found": [asdict(one) for one in found[: audit_verify.KEPT]]}
    drafts.put(deps, CHECKED, owner, kept)


def checked(deps: Deps, owner: str) -> dict[str, Any] | None:
    """What came of the last time. Raises `Unavailable`."""
    return drafts.get(deps, CHECKED, owner)


def export(
    deps: Deps, actor: Account, form: Format, since: int, until: int, why: Mapping[str, str], address: str
) -> Iterator[bytes]:
    """Put the export on record, and then its bytes. Raises `Unavailable`."""
    with deps.database.write() as connection:
        records.add(
            connection, deps, "audit_exported", actor=actor.id, client_id=console_client.CLIENT_ID, address=address,
            detail={"since": audit_export.iso(since), "until": audit_export.iso(until), "format": form, **why},
        )  # fmt: skip
    return audit_export.lines(deps, form, since, until)
