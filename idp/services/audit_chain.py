"""Seals the audit record: finished rows become blocks, each keyed over the one before, by the courier and off every hot path
(requirement AD-06).

Who can write to the database and holds none of the operator's secret keys can not change, remove, insert or reorder a sealed
row or block, nor mark one as purged, without `idp audit verify` saying which. They can forge rows that are not sealed yet,
the last minute's or while no courier runs; they can destroy everything, which is seen; and they can cut off the newest
blocks with their rows, which is seen by whoever knows a later block: the ephemeral store keeps the last one, and each stands
in the courier's log when it is sealed (give it to `idp audit verify --head`). So send the log to another host.
"""

import json
import threading
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain import audit_chain
from idp.domain.audit_chain import Block
from idp.services import audit_lines
from idp.tables import audit_blocks

log = structlog.get_logger("idp.audit")
PURPOSE = "audit"
WAIT = 60  # seconds that rows wait for more to fill their block
SETTLE_EVERY, SETTLE_TIMES = 0.05, 40  # seconds, and looks
HEAD, HEAD_SECONDS = "audit-head", 400 * 86_400
ROUNDS = 200  # blocks sealed at a time


def seal(deps: Deps, stop: threading.Event) -> int:
    """Seal what is finished; returns how many blocks. Raises `Unavailable`."""
    done = 0
    while done < ROUNDS and not stop.is_set() and seal_next(deps, stop):
        done += 1
    return done


def seal_next(deps: Deps, stop: threading.Event) -> Block | None:
    """Seal one more block, if there are rows enough or one of them has waited for a minute; None if not, or if another courier
    was faster. Raises `Unavailable`.

    Only rows that can have no late neighbours are sealed. On PostgreSQL a transaction may commit an id that is lower than
    one already visible; but whoever is about to holds a lock on the table from before the id was given until after the
    commit. So once every transaction that held it when the highest id was read has let go, all ids up to that one are
    either visible or will never be. This needs no clock and waits for nobody else.
    """
    with deps.database.read() as connection:
        before, last = audit_blocks.newest(connection), audit_blocks.last_id(connection)
        if last is None or (before and last <= before.last_id) or not _due(deps, connection, before, last):
            return None
        busy = audit_blocks.writing(connection)
        for _ in range(SETTLE_TIMES):
            if not busy:
                break
            stop.wait(SETTLE_EVERY)
            busy &= audit_blocks.writing(connection)
        if busy:
            return None
        rows = audit_blocks.rows(connection, before.last_id if before else audit_blocks.BEGINNING, last, audit_chain.MOST)
    block = _made(deps, before, rows)
    with deps.database.write() as connection:
        if not audit_blocks.add(connection, block):
            return None
    _tell(deps, block, rows)
    return block


def _due(deps: Deps, connection: Connection, before: Block | None, last: int) -> bool:
    after = before.last_id if before else audit_blocks.BEGINNING
    waiting = audit_blocks.rows(connection, after, last, audit_chain.MOST)
    # by the rows' own times, which the clocks of several hosts wrote: the latest may be a little ahead
    return len(waiting) == audit_chain.MOST or any(row[1] <= deps.now() - WAIT for row in waiting)


def _made(deps: Deps, before: Block | None, rows: list[tuple[int, ...]]) -> Block:
    block = Block(
        seq=before.seq + 1 if before else 1,
        first_id=rows[0][0],
        last_id=rows[-1][0],
        count=len(rows),
        newest_at=max(row[1] for row in rows),
        rows_digest=audit_chain.digest_of(rows),
        marks=audit_chain.marks(rows),
        digest="",
        key_id=deps.vault.current_id,
        sealed_at=deps.now(),
    )
    return replace(block, digest=digest_of(deps, before.digest if before else "", block))


def digest_of(deps: Deps, previous: str, block: Block) -> str:
    """The keyed digest of a block behind one of digest `previous`. Raises `VaultError` if its key is gone."""
    return deps.vault.keyed_hash(PURPOSE, audit_chain.sealed_text(previous, block), block.key_id)


def purge_mac(deps: Deps, block: Block) -> str:
    """What proves that the courier purged this block at `purged_at`. Raises `VaultError` if its key is gone."""
    return deps.vault.keyed_hash(PURPOSE, audit_chain.purged_text(block), block.key_id)


def thinned_mac(deps: Deps, block: Block) -> str:
    """What proves which rows the courier left of this block at `thinned_at`. Raises `VaultError` if its key is gone."""
    return deps.vault.keyed_hash(PURPOSE, audit_chain.thinned_text(block), block.key_id)


def _tell(deps: Deps, block: Block, rows: list[tuple[int, ...]]) -> None:
    """After the commit, by the one courier that sealed it: the rows as log lines, and where the record is known to reach."""
    audit_lines.write(rows)
    log.info("audit block sealed", block=block.seq, rows=block.count, first=block.first_id, last=block.last_id, digest=block.digest)
    deps.ephemeral.put(HEAD, json.dumps([block.seq, block.digest]).encode(), HEAD_SECONDS)


def head(deps: Deps) -> tuple[int, str] | None:
    """Number and digest of the block that was sealed last, as the ephemeral store remembers it. Raises `Unavailable`."""
    kept = deps.ephemeral.get(HEAD)
    return tuple(json.loads(kept)) if kept else None  # type: ignore[return-value]
