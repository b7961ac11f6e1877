"""The audit record as a chain of blocks: what a row and a block are sealed as, and which rows are not as they were sealed
(requirement AD-06)."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Literal, Sequence

# every column of a row, in the order in which it is sealed
COLUMNS = ("id", "at", "event", "result", "account_id", "client_id", "actor", "address", "request_id", "policy_version", "detail")
MOST = 1_000  # rows of a block
NAMED = 20  # rows that a finding names at most
MARK = 8  # hex characters that are kept of each row, to name the one that was changed

Row = Sequence[str | int | None]
Kind = Literal["changed", "removed", "inserted", "reordered", "edited", "missing", "unpurged", "key", "shorter"]


@dataclass(frozen=True)
class Block:
    """Rows `first_id` to `last_id`, `count` of them, the newest of `newest_at`. `rows_digest`: SHA-256 of all of them, hex;
    `marks`: see `marks`; `digest`: keyed with `key_id` over the digest of the block before and all of this but the marks.
    `purged_at`: when its rows were deleted because they had served their time, and `purge_mac`, which proves it; 0: not yet.
    `thinned_at`: when those of contract checks were, which leaves `left_count` rows of `left_digest`, and `thinned_mac`."""

    seq: int
    first_id: int
    last_id: int
    count: int
    newest_at: int
    rows_digest: str
    marks: str
    digest: str
    key_id: str
    sealed_at: int
    purged_at: int = 0
    purge_mac: str = ""
    thinned_at: int = 0
    left_count: int = 0
    left_digest: str = ""
    thinned_mac: str = ""


@dataclass(frozen=True)
class Finding:
    """Something in block `seq` that is not as it was sealed, and the `ids` of the rows, `NAMED` at most; for "missing" the
    blocks from `seq` to `until`."""

    kind: Kind
    seq: int
    ids: tuple[int, ...] = ()
    until: int = 0


def _json(values: Sequence[str | int | None]) -> bytes:
    return json.dumps(list(values), separators=(",", ":")).encode() + b"\n"


def canonical(row: Row) -> bytes:
    """A row as it is sealed: its columns as one line of JSON in ASCII."""
    return _json(row)


def mark(row: Row) -> str:
    """What is kept of a row beside its id."""
    return hashlib.sha256(_json(row[1:])).hexdigest()[:MARK]


def digest_of(rows: Sequence[Row]) -> str:
    """SHA-256 of rows in their order, hex."""
    found = hashlib.sha256()
    for row in rows:
        found.update(canonical(row))
    return found.hexdigest()


def marks(rows: Sequence[Row]) -> str:
    """The mark of every row behind the distance of its id from the first one's, in hex, separated by spaces."""
    return marks_from(_id(rows[0]), rows)


def marks_from(first: int, rows: Sequence[Row]) -> str:
    """The same of what is left of a block whose first row had this id."""
    return " ".join(f"{_id(row) - first:x}{mark(row)}" for row in rows)


def _id(row: Row) -> int:
    return int(row[0] or 0)


def sealed_text(previous: str, block: Block) -> str:
    """What a block's digest is made of. `previous`: the digest of the block before, empty for the first one."""
    numbers = (block.seq, block.first_id, block.last_id, block.count, block.newest_at, block.sealed_at)
    return _json(("block", previous, *numbers, block.rows_digest, block.key_id)).decode()


def purged_text(block: Block) -> str:
    """What the proof of a purge is made of."""
    return _json(("purged", block.seq, block.digest, block.purged_at)).decode()


def thinned_text(block: Block) -> str:
    """What the proof of a thinning is made of."""
    return _json(("thinned", block.seq, block.digest, block.thinned_at, block.left_count, block.left_digest)).decode()


def differences(block: Block, rows: Sequence[Row]) -> list[Finding]:
    """Which rows are not as they were sealed, told from the block's marks; rows that stand at each other's ids are reordered.
    None if the marks tell nothing, because they were changed themselves."""
    try:
        was = {block.first_id + int(one[:-MARK], 16): one[-MARK:] for one in block.marks.split()}
    except ValueError:
        was = {}
    now = {_id(row): mark(row) for row in rows}
    other = [id for id in was if id in now and was[id] != now[id]]
    moved = Counter(was[id] for id in other) == Counter(now[id] for id in other)
    groups: tuple[tuple[Kind, list[int]], ...] = (
        ("reordered" if moved else "changed", other),
        ("removed", [id for id in was if id not in now]),
        ("inserted", [id for id in now if id not in was]),
    )
    return [Finding(kind, block.seq, tuple(sorted(ids)[:NAMED])) for kind, ids in groups if ids]
