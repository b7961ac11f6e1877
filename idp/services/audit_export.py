"""The audit record for other programs: JSON Lines, or CSV that a spreadsheet takes for text (requirement AD-09)."""

import csv
import io
import json
import re
from datetime import datetime
from typing import Any, Iterator, Literal, Sequence, get_args

from idp.deps import Deps
from idp.domain.audit_chain import COLUMNS
from idp.domain.letter import JST
from idp.services.print_file import safe
from idp.tables import audit, audit_blocks

Format = Literal["jsonl", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
BATCH = 1_000
_BOM = "\ufeff"  # Excel takes a file without one for CP932
# controls, and marks that turn the direction of writing: shown, so that no row can look like another
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def iso(at: int) -> str:
    """A Unix time as ISO 8601 in Japan's time: 2026-11-22T14:35:00+09:00."""
    return datetime.fromtimestamp(at, JST).isoformat()


def lines(deps: Deps, form: Format, since: int | None, until: int | None, most: int | None = None) -> Iterator[bytes]:
    """The rows from `since` to before `until` (Unix seconds; None: open), `most` of them if given, in the order of their ids,
    in pieces of about `BATCH` rows. No connection is held between two pieces. Raises `Unavailable`."""
    if form == "csv":
        yield (_BOM + _csv([COLUMNS])).encode()
    with deps.database.read() as connection:
        after, behind = audit.ids_of_time(connection, since, until)
    left = most
    while left != 0:
        with deps.database.read() as connection:
            read = audit_blocks.rows(connection, after, behind - 1, BATCH)
        if not read:
            return
        after = read[-1][0]
        wanted = [row for row in read if (since is None or row[1] >= since) and (until is None or row[1] < until)][:left]
        left = None if left is None else left - len(wanted)
        if wanted:
            yield (_csv(map(_cells, wanted)) if form == "csv" else "".join(map(_json, wanted))).encode()


def _json(row: Sequence[Any]) -> str:
    found = dict(zip(COLUMNS, row))
    return json.dumps({**found, "at": iso(found["at"]), "detail": json.loads(found["detail"])}) + "\n"


def _cells(row: Sequence[Any]) -> list[str]:
    return ["" if value is None else iso(value) if name == "at" else str(value) for name, value in zip(COLUMNS, row)]


def _csv(rows: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([safe(seen(cell)) for cell in row] for row in rows)
    return out.getvalue()


def seen(cell: str) -> str:
    """Text in which nothing is unseen: controls and marks of direction are shown as their codes."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), cell)
