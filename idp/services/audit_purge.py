"""Deletes audit rows that have served their time, by whole blocks, so that the chain of what is left can still be proven
(requirement LGN-03)."""

import threading
from dataclasses import replace
from itertools import takewhile

import structlog

from idp.deps import Deps
from idp.domain.audit_chain import Block
from idp.services import audit_chain, audit_verify, records
from idp.services.audit_verify import Place
from idp.tables import audit_blocks

log = structlog.get_logger("idp.audit")
DAY = 86_400
AT_ONCE, ROWS_AT_ONCE, ROUNDS = 50, 5_000, 40


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """Delete the rows of blocks whose newest row is older than `[audit] keep_days`, in small transactions. Each block stays,
    with the proof that it was purged here and when. A block that is not as it was sealed is left, and everything behind
    it: it is evidence. Raises `Unavailable`."""
    for _ in range(ROUNDS):
        if stop.is_set() or not _some(deps):
            return


def _some(deps: Deps) -> bool:
    before = deps.now() - deps.settings.audit.keep_days * DAY
    with deps.database.read() as connection:
        old = list(takewhile(lambda block: block.newest_at < before, audit_blocks.unpurged(connection, AT_ONCE)))
        first = audit_blocks.find(connection, old[0].seq - 1) if old else None
    place, marked, rows = (audit_verify.behind(first) if first else Place()), list[tuple[Block, int]](), 0
    for block in old:
        if problems := audit_verify.checked(deps, place, block):
            log.error("audit record broken, nothing purged from here", kind=problems[0].kind, block=block.seq, rows=problems[0].ids)
            break
        if rows + block.count > ROWS_AT_ONCE:
            break
        marked.append((_marked(deps, block), place.last_id))
        place, rows = audit_verify.behind(block), rows + block.count
    return bool(marked) and _purge(deps, marked)


def _marked(deps: Deps, block: Block) -> Block:
    purged = replace(block, purged_at=deps.now())
    return replace(purged, purge_mac=audit_chain.purge_mac(deps, purged))


class _Lost(Exception):
    """Another courier was first."""


def _purge(deps: Deps, marked: list[tuple[Block, int]]) -> bool:
    try:
        with deps.database.write() as connection:
            gone = 0
            for block, after in marked:
                deleted = audit_blocks.purge(connection, block, after)
                if deleted is None:
                    raise _Lost
                gone += deleted
            detail = {"from": marked[0][0].seq, "to": marked[-1][0].seq, "rows": gone}
            records.add(connection, deps, "audit_purged", actor="courier", detail=detail)
    except _Lost:
        return False
    log.info("audit rows purged", first=marked[0][0].seq, last=marked[-1][0].seq, rows=gone)
    return True
