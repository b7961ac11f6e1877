"""The signing keys: what there is, and from when; to rotate them at once takes two people, in the console."""

from typing import Any

from idp.domain import keys as rules
from idp.features.admin_api.answers import when
from idp.features.admin_api.calls import Call
from idp.tables import keys as table


def listed(call: Call) -> dict[str, Any]:
    """Every key that is published."""
    deps = call.house.deps
    with deps.database.read() as connection:
        stored = table.rows(connection)
    states = rules.states(stored, deps.policy.keys, deps.now())
    return {
        "keys": [
            {"kid": one.kid, "alg": one.alg, "state": states[one.kid], "active_from": when(one.active_from), "created_at": when(one.created_at)}
            for one in stored
            if states[one.kid] != "gone"
        ]
    }
