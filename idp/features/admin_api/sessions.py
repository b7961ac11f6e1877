"""Sessions of a member: which are alive, and the end of one."""

from typing import Any

from idp.features.admin_api.answers import when
from idp.features.admin_api.calls import Call, Problem
from idp.features.admin_api.members import member
from idp.services import desk, notices, open_sessions, session_ends
from idp.tables.database import Connection


def listed(call: Call) -> dict[str, Any]:
    """Those that are alive, the newest first."""
    return {
        "sessions": [
            {
                "id": one.sid,
                "system": one.system,
                "browser": one.browser,
                "network": one.address,
                "started_at": when(one.started_at),
                "seen_at": when(one.seen_at),
                "clients": list(one.clients),
            }
            for one in open_sessions.alive(call.house.deps, member(call))
        ]
    }


def end(call: Call) -> dict[str, Any]:
    """End one, and what was given in it for use while the member is away; the portals of the session and the member are told."""
    deps, account, sid = call.house.deps, member(call), call.named["session"]

    def noted(connection: Connection) -> None:
        detail = {"count": 1, **call.why}
        desk.add(connection, deps, call.actor, "session_ended", target=account.id, address=call.request.address, detail=detail)
        notices.tell(connection, deps, account, "notice.desk", {"datetime": deps.now(), "summary": "desk_session"}, kinds=("email",))

    if not session_ends.end(deps, account, sid, noted):
        raise Problem(404, "not_found", "there is no such session, or it has ended")
    return {"done": "end"}
