"""Keys of the console's rooms for members and the desk that are put together, from what they are put together of."""

from typing import get_args

from idp.domain import desk
from idp.domain.account import Status
from idp.features.console_desk import approvals
from idp.features.console_members import detail as members
from idp.features.console_members import timeline
from idp.services import desk_identity
from idp.tables import desk_requests


def computed() -> set[str]:
    """Keys that are put together on the pages of members and of the desk."""
    alone = [one.name for one in desk.OPERATIONS.values() if not one.two]
    fields = ("name", "number", "email_login", "mailbox", "email", "sms", "caller")
    return {
        *(f"con.op.{name}{end}" for name in desk.OPERATIONS for end in ("", ".lead")),
        *(f"{start}.{name}{end}" for name in alone for start, end in (("con.op", ".do"), ("con.done", ""))),
        *(f"con.state.{code}" for code in get_args(members.Code)),
        *(f"con.status.{status}" for status in get_args(Status)),
        *(f"con.why.{why}" for why in desk.WHYS),
        *(f"con.relation.{relation}" for relation in desk.RELATIONS),
        *(f"con.level.{level}" for level in get_args(desk.Level)),
        *(f"con.reveal.field.{field}" for field in fields),
        *(f"con.check.err.{field}" for field in ("number", "name", "born", "phone")),
        *(f"con.second.letter.{result}" for result in ("mismatch", "limit")),
        *(f"con.{page}.{result}" for page in ("check", "second") for result in get_args(desk_identity.Result)),
        *(f"con.decided.{outcome}" for outcome in get_args(approvals.Outcome)),
        *(f"con.request.state.{state}" for state in ("open", *get_args(desk_requests.Decision))),
        *(f"con.member.event.{event}" for event in timeline.OWN_WORDS),
        *(f"con.member.letter.{name}" for name in timeline.LETTERS),
        *(f"con.member.outcome.{outcome}" for outcome in timeline.OUTCOMES),
        *(f"con.member.channel.{channel}" for channel in ("mail", "sms")),
        *(f"con.member.place.{channel}" for channel in ("mail", "mailbox", "sms")),
        *(f"con.member.kind.{kind}" for kind in ("all", *get_args(timeline.Kind))),
        *(f"con.member.type.{kind}" for kind in ("individual", "corporate")),
        *(f"con.member.method.{method}" for method in ("totp", "recovery", "passkey")),
        *(f"con.member.{name}" for name in ("ticket", "level", "reason")),
    }
