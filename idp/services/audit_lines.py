"""The audit record as structured log lines, for the operator's log collection: ids and codes, no personal data (requirement
LGN-01).

The courier writes them when it has sealed the rows, each row once, under the logger "idp.audit.row"; if it is killed between
the two, lines are missing, and the record has them. Network addresses and whatever somebody typed stay in the record.
"""

import json
import re
from typing import Any, Iterable, Mapping, Sequence

import structlog

from idp.domain.audit_chain import COLUMNS

log = structlog.get_logger("idp.audit.row")
TYPED = frozenset({"reason", "ticket"})  # by staff, in their own words
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def codes_of(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row's detail is a number, a switch or a code."""
    return {name: value for name, value in detail.items() if name not in TYPED and _is_code(value)}


def _is_code(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, str) and bool(_CODE.fullmatch(value)))


def write(rows: Iterable[Sequence[Any]]) -> None:
    """One line for each row, given as `COLUMNS`."""
    for row in rows:
        found = dict(zip(COLUMNS, row))
        shown = {name: value for name, value in found.items() if name not in ("event", "address", "detail") and value is not None}
        log.info(found["event"], **shown, detail=codes_of(json.loads(found["detail"])))
