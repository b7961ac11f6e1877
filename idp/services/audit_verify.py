"""Verifies the audit record block by block, in constant memory, and keeps what the courier found when it did so last."""

import json
import threading
from dataclasses import asdict, dataclass, replace
from typing import Any, Iterator

import structlog
from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain import audit_chain
from idp.domain.audit_chain import MOST, Block, Finding
from idp.services import audit_chain as chain
from idp.tables import audit_blocks, leases
from idp.vault import VaultError

log = structlog.get_logger("idp.audit")
PAGE = 20  # blocks read at a time
KEPT = 20  # findings that are kept of a round
ROUND = 200  # blocks that the courier verifies at a time: a few seconds
DAY = 86_400
LEASE, LEASE_SECONDS = "audit-verify", 600
_STATE, _STATE_SECONDS = "audit-verified", 400 * DAY


@dataclass(frozen=True)
class Place:
    """Where a walk stands: behind block `seq` of this digest, and behind this row."""

    seq: int = 0
    digest: str = ""
    last_id: int = audit_blocks.BEGINNING


def walk(deps: Deps, place: Place = Place()) -> Iterator[tuple[Block, list[Finding]]]:
    """Every block behind this place, with what is not as it was sealed. Raises `Unavailable`."""
    while True:
        with deps.database.read() as connection:
            blocks = audit_blocks.after(connection, place.seq, PAGE)
        if not blocks:
            return
        for block in blocks:
            yield block, checked(deps, place, block)
            place = behind(block)


def behind(block: Block) -> Place:
    """The place behind a block."""
    return Place(block.seq, block.digest, block.last_id)


def checked(deps: Deps, place: Place, block: Block) -> list[Finding]:
    """What of a block is not as it was sealed behind this place. Raises `Unavailable`."""
    found, start = [], place.last_id
    if block.seq != place.seq + 1:
        found.append(Finding("missing", place.seq + 1, until=block.seq - 1))
        start = block.first_id - 1  # the rows of the missing ones are named by their blocks' numbers only
    elif problem := _mac_problem(deps, block, place.digest):
        return [problem]  # what such a block says of its rows is worth nothing
    with deps.database.read() as connection:
        rows = _rows(connection, block, start)
        if not _as_sealed(block, rows):  # unless it was purged while we looked
            block = audit_blocks.find(connection, block.seq) or block
    if problem := _thinning_problem(deps, block):
        return [*found, problem]
    if block.purged_at:
        return found + _purged(deps, block, rows if not _as_sealed(block, rows) else [])
    if not _as_sealed(block, rows):
        found += audit_chain.differences(block, rows) or [Finding("edited", block.seq)]
    elif block.marks != audit_chain.marks_from(block.first_id, rows):
        found.append(Finding("edited", block.seq))
    return found


def _rows(connection: Connection, block: Block, start: int) -> list[tuple[Any, ...]]:
    """The rows in the place of a block: those that somebody has put there too, as far as one finding would name them."""
    return audit_blocks.rows(connection, start, block.last_id, MOST + audit_chain.NAMED)


def _as_sealed(block: Block, rows: list[tuple[Any, ...]]) -> bool:
    count, digest = (block.left_count, block.left_digest) if block.thinned_at else (block.count, block.rows_digest)
    return len(rows) == count and audit_chain.digest_of(rows) == digest


def _thinning_problem(deps: Deps, block: Block) -> Finding | None:
    """What the block says of the rows that are left is the courier's word, or worth nothing."""
    if not block.thinned_at:
        return None
    try:
        return None if vault.equal(chain.thinned_mac(deps, block), block.thinned_mac) else Finding("unpurged", block.seq)
    except VaultError:
        return Finding("key", block.seq)


def _mac_problem(deps: Deps, block: Block, previous: str) -> Finding | None:
    try:
        expected = chain.digest_of(deps, previous, block)
    except VaultError:
        return Finding("key", block.seq)
    return None if vault.equal(expected, block.digest) else Finding("edited", block.seq)


def _purged(deps: Deps, block: Block, rows: list[tuple[Any, ...]]) -> list[Finding]:
    try:
        proven = vault.equal(chain.purge_mac(deps, block), block.purge_mac)
    except VaultError:
        return [Finding("key", block.seq)]
    there = [Finding("inserted", block.seq, tuple(row[0] for row in rows[: audit_chain.NAMED]))] if rows else []
    return there + ([] if proven else [Finding("unpurged", block.seq)])


@dataclass(frozen=True)
class State:
    """How far the courier's present round has come, what it has found, and when it last finished one and what that one found.
    Times are Unix seconds; 0: never."""

    place: Place = Place()
    began: int = 0
    finished: int = 0
    blocks: int = 0
    found: tuple[Finding, ...] = ()
    last_found: tuple[Finding, ...] = ()


def state(deps: Deps) -> State:
    """What the courier knows. Raises `Unavailable`."""
    kept = deps.ephemeral.get(_STATE)
    if kept is None:
        return State()
    try:
        data: dict[str, Any] = json.loads(deps.vault.open(kept.decode(), _STATE))
    except VaultError:  # the operator has changed the keys
        return State()
    for name in ("found", "last_found"):
        data[name] = tuple(Finding(**{**one, "ids": tuple(one["ids"])}) for one in data[name])
    return State(**{**data, "place": Place(**data["place"])})


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """Verify some blocks more, by one courier at a time; a day after everything was verified it begins again. What is wrong is
    logged at once. Raises `Unavailable`."""
    now, holder = deps.now(), vault.random_id()
    with deps.database.write() as connection:
        if not leases.claim(connection, LEASE, holder, now, LEASE_SECONDS):
            return
    try:
        known = state(deps)
        if known.began or now >= known.finished + DAY:
            _put(deps, _round(deps, known if known.began else replace(known, place=Place(), began=now, blocks=0, found=()), stop))
    finally:
        with deps.database.write() as connection:
            leases.release(connection, LEASE, holder)


def _round(deps: Deps, known: State, stop: threading.Event) -> State:
    place, found, blocks, head = known.place, list(known.found), 0, chain.head(deps)
    for block, problems in walk(deps, place):
        found += _told(problems)
        place, blocks = behind(block), blocks + 1
        if blocks == ROUND or stop.is_set():
            return replace(known, place=place, blocks=known.blocks + blocks, found=tuple(found[:KEPT]))
    found += _told(ends(deps, place, head))
    return State(finished=deps.now(), blocks=known.blocks + blocks, last_found=tuple(found[:KEPT]))


def _told(problems: list[Finding]) -> list[Finding]:
    for problem in problems:
        log.error("audit record broken", kind=problem.kind, block=problem.seq, rows=problem.ids)
    return problems


def _put(deps: Deps, known: State) -> None:
    sealed = deps.vault.seal(json.dumps(asdict(known)).encode(), _STATE)
    deps.ephemeral.put(_STATE, sealed.encode(), _STATE_SECONDS)


def ends(deps: Deps, walked: Place, known: tuple[int, str] | None) -> list[Finding]:
    """Whether the record, walked to this place, ends before a block that is known to have been sealed, or that block is
    another now. `known`: its number and digest."""
    if known is None or known[0] < 1:
        return []
    with deps.database.read() as connection:
        block = audit_blocks.find(connection, known[0])
    if block is None:
        return [Finding("shorter", walked.seq + 1, until=known[0])] if known[0] > walked.seq else [Finding("missing", known[0], until=known[0])]
    return [] if vault.equal(block.digest, known[1]) else [Finding("edited", known[0])]
