"""Keys of the audit record's and the staff's rooms that are put together, from what they are put together of."""

from typing import get_args

from idp.domain import audit_chain
from idp.features.console_audit import words
from idp.features.console_staff import flow as staff


def computed() -> set[str]:
    """All of them."""
    return {
        *(f"con.audit.event.{event}" for event in words.EVENTS),
        *(f"con.audit.result.{result}" for result in words.RESULTS),
        *(f"con.chain.found.{kind}" for kind in get_args(audit_chain.Kind)),
        *(f"con.staff.{part}.{act}" for act in staff.ACTS for part in ("act", "lead", "done")),
        *(f"con.staff.err.{refusal}" for refusal in staff.REFUSALS),
    }
