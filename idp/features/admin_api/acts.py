"""What the API does to a member: the support desk's own acts, for callers whom the operator's systems have identified."""

from typing import Any, Callable, Mapping

from idp.features.admin_api.calls import Call, Problem
from idp.features.admin_api.members import member
from idp.features.console_desk import acts
from idp.features.console_desk.acting import Acting
from idp.services.desk import Because

LEVEL, RELATION = 2, "system"  # the operator's program answers for who asks; the record says so
HOUR = 3_600
# result of an act → how the API says it
SAID: Mapping[str, tuple[int, str, str]] = {
    "state": (409, "wrong_state", "the account is not in a state for this"),
    "over": (404, "not_found", "there is no such member"),
    "to": (409, "no_such_destination", "this is no proven destination of the member that such a letter can go to"),
    "unfit": (409, "unfit", "the letter does not fit into a text message"),
    "limited": (429, "too_many_requests", "no more letters for this member now"),
}


def act(name: str, fields: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda body: {}) -> Callable[[Call], dict[str, Any]]:
    """The operation that does the act `name` of the desk; `fields`: what its form says."""

    def done(call: Call) -> dict[str, Any]:
        account = member(call)
        because = Because(call.body["reason"], call.body["ticket"])
        acting = Acting(call.actor, account, because, call.request.address, LEVEL, RELATION)
        result = acts.perform(call.house.deps, acting, name, fields(call.body))
        if result != "ok":
            status, error, words = SAID.get(result, (409, result, "this cannot be done now"))
            raise Problem(status, error, words, retry=HOUR if status == 429 else 0)
        return {"done": name.removeprefix("desk_")}

    return done


suspend = act("desk_suspend", lambda body: {"why": body["why"]})
resume = act("desk_resume")
unlock = act("desk_unlock")
sign_out = act("desk_sign_out", lambda body: {"what": "all"})
send_login_id = act("desk_login_id", lambda body: {"to": body["destination"]})
send_reset = act("desk_reset", lambda body: {"to": body["destination"]})
