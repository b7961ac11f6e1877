"""Pages of the policy: as it is, and what a change would do."""

from flask import Blueprint, Response

from idp import policy_file
from idp.features.console_policy import flow, forms
from idp.services import policy_explain
from idp.web import console, problems
from idp.web.house import House

POLICY, TRY = "/console/policy", "/console/policy/try"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = console.room(house, "policy"), house.deps

    @room.get(POLICY)
    @console.page("policy.look")
    def policy_page() -> Response:
        locale = house.pages.locale()
        sentences, other = policy_explain.explain(deps.policy, locale), policy_explain.explain(deps.policy, "en" if locale == "ja" else "ja")
        return console.render(house, "policy.html", sentences=list(zip(sentences, other)), other="en" if locale == "ja" else "ja", source=deps.settings.policy)

    @room.get(TRY)
    @console.page("policy.look")
    def try_page() -> Response:
        return console.render(house, "policy_try.html", back=POLICY, text=policy_file.shipped_text(deps.settings.policy), tried=None, standing=[])

    @room.post(TRY)
    @console.form("policy.look")
    def try_submit() -> Response:
        text = console.posted(forms.TryForm)["text"]
        tried = flow.attempt(deps, text, house.pages.locale())
        errors = [{"field": "text", "text": house.pages.text(house.pages.locale(), "con.policy.err", {"n": len(tried.problems)})}] if tried.problems else []
        counts = flow.standing(tried.counted) if tried.counted else []
        status = 400 if errors else 200
        wrong = [problems.placed(house, one.problem, one.key, one.line) for one in tried.problems]
        return console.render(
            house, "policy_try.html", status, back=POLICY, text=text, tried=tried, problems=wrong, standing=counts, errors=errors, sample=flow.SAMPLE
        )  # fmt: skip

    return room
