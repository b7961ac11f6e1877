"""Deletes the rows of contract checks from the audit record after a month, long before the rest (requirement LGN-03), so that
what is left of each block can still be proven."""

import threading
from dataclasses import replace
from itertools import takewhile

import structlog

from idp.deps import Deps
from idp.domain import audit_chain
from idp.domain.audit_chain import Block
from idp.services import audit_chain as chain
from idp.services import audit_verify, records
from idp.services.audit_verify import Place
from idp.tables import audit_blocks

log = structlog.get_logger("idp.audit")
DAY = 86_400
AT_ONCE, ROUNDS = 20, 100
# whether facts of a contract were right: at the registration, and on the phone
CHECKS = frozenset({"registration_started", "desk_identity"})


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """Thin the blocks whose newest row is older than `[audit] contract_check_days`, each in a transaction of its own. Each
    keeps what proves which rows are left, and that it was thinned here and when. One that is not as it was sealed is left, and
    everything behind it: it is evidence. Raises `Unavailable`."""
    for _ in range(ROUNDS):
        if stop.is_set() or not _some(deps):
            return


def _some(deps: Deps) -> bool:
    before = deps.now() - deps.settings.audit.contract_check_days * DAY
    with deps.database.read() as connection:
        old = list(takewhile(lambda block: block.newest_at < before, audit_blocks.unthinned(connection, AT_ONCE)))
        first = audit_blocks.find(connection, old[0].seq - 1) if old else None
    place, gone, done = (audit_verify.behind(first) if first else Place()), 0, list[int]()
    for block in old:
        if problems := audit_verify.checked(deps, place, block):
            log.error("audit record broken, nothing thinned from here", kind=problems[0].kind, block=block.seq, rows=problems[0].ids)
            break
        deleted = _thin(deps, block, place.last_id)
        if deleted is None:  # another courier was first
            return False
        place, gone = audit_verify.behind(block), gone + deleted
        done.append(block.seq)
    if gone:
        with deps.database.write() as connection:
            records.add(connection, deps, "audit_thinned", actor="courier", detail={"from": done[0], "to": done[-1], "rows": gone})
        log.info("contract checks purged", first=done[0], last=done[-1], rows=gone)
    return len(done) == AT_ONCE


def _thin(deps: Deps, block: Block, after: int) -> int | None:
    with deps.database.read() as connection:
        rows = audit_blocks.rows(connection, after, block.last_id, audit_chain.MOST)
    left = [row for row in rows if row[2] not in CHECKS]
    marks = audit_chain.marks_from(block.first_id, left)
    thinned = replace(block, thinned_at=deps.now(), left_count=len(left), left_digest=audit_chain.digest_of(left), marks=marks)
    thinned = replace(thinned, thinned_mac=chain.thinned_mac(deps, thinned))
    with deps.database.write() as connection:
        return audit_blocks.thin(connection, thinned, after, sorted(CHECKS))
