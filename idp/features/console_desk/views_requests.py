"""Pages of requests that wait for a second person."""

from typing import Any

from flask import Blueprint, Response, request

from idp.domain.account import Account
from idp.domain.masks import inert, mask_address, mask_number
from idp.features.console_desk import approvals, forms, waiting
from idp.features.console_desk.approvals import Deciding, Request
from idp.features.console_desk.said import member, moment, places, removed
from idp.services import desk
from idp.services.desk import Because
from idp.web import console, console_member, steps
from idp.web.errors import PageError
from idp.web.house import House

LIST = "/console/requests"


def routes(room: Blueprint, house: House) -> None:
    """The list, one request, and its decision."""

    @room.get(LIST)
    @console.page("desk.act")
    def list_page() -> Response:
        rows, further = waiting.page(house.deps, console.asked(forms.ListQuery)["at"])
        shown = [_row(house, one, *people) for one, *people in rows]
        return console.render(house, "desk_requests.html", rows=shown, further=f"{LIST}?at={further}" if further else None)

    @room.get(f"{LIST}/<request_id>")
    @console.page("desk.act")
    def request_page(request_id: str) -> Response:
        return _page(house, *_found(house, request_id), "desk_request.html")

    @room.post(f"{LIST}/<request_id>")
    @console.form("desk.act")
    def withdraw(request_id: str) -> Response:
        found, account = _found(house, request_id)
        deciding = Deciding(console.who().account, found, Because(""), request.remote_addr or "")
        outcome = approvals.refuse(house.deps, deciding, "withdrawn")
        return console.to(house, f"{LIST}/{found.id}", f"con.decided.{outcome}")

    @room.get(f"{LIST}/<request_id>/decide")
    @console.page("desk.approve", fresh=True)
    def decide_page(request_id: str) -> Response:
        return _page(house, *_found(house, request_id), "desk_decide.html")

    @room.post(f"{LIST}/<request_id>/decide")
    @console.form("desk.approve", fresh=True)
    def decide_submit(request_id: str) -> Response:
        found, account = _found(house, request_id)
        return _decide(house, found, account, console.posted(forms.DecideForm))


def _found(house: House, request_id: str) -> tuple[Request, Account]:
    found = waiting.find(house.deps, request_id)
    if found is None:
        raise PageError(404, "con.err.request")
    return found


def _decide(house: House, found: Request, account: Account, data: dict[str, Any]) -> Response:
    why, errors = console_member.because(house, data)
    if not data["decision"]:
        errors.append(steps.error("decision", "con.decide.err"))
    if errors:
        return console_member.back(house, f"{LIST}/{found.id}/decide", errors, reason=data["reason"], ticket=data["ticket"])
    deciding = Deciding(console.who().account, found, why, request.remote_addr or "")
    rejected = data["decision"] == "rejected"
    outcome = approvals.refuse(house.deps, deciding, "rejected") if rejected else approvals.approve(house.deps, deciding)
    return console.to(house, f"{LIST}/{found.id}", f"con.decided.{outcome}")


def _row(house: House, one: Request, account: Account | None, proposer: Account | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "operation": one.operation,
        "who": inert(account.login_id) if account else "",
        "by": inert(proposer.nickname) if proposer else one.proposed_by,
        "at": moment(house, one.created_at),
        "until": moment(house, one.expires_at),
        "ticket": one.ticket,
        "mine": one.proposed_by == console.who().account.id,
    }


def _page(house: House, found: Request, account: Account, template: str) -> Response:
    deps, who = house.deps, console.who()
    facts = approvals.facts_of(deps, found) or {}
    proposer = waiting.account(deps, found.proposed_by)
    shown = _row(house, found, account, proposer)
    changes: dict[str, Any] = {"before": places(account, account.destinations), "after": []}
    if found.operation == "desk_destination" and facts:
        changes["after"] = [{"text": mask_address(one.kind, one.address), "channel": account.channel_of(one)} for one in approvals.after(account, facts, 0)]
    if found.operation == "desk_contract":
        numbers = (facts.get("before"), facts.get("contractor_id"))
        changes = dict(zip(("before", "after"), (mask_number(str(one)) if one else "" for one in numbers)))
    is_open = found.open(deps.now())
    if found.operation == "desk_factor_off":
        changes["removed"] = removed(house, account) if is_open else []
    return console.render(
        house, template, back=LIST, member=member(house, account), one={**shown, "reason": found.reason, "state": found.state},
        changes=changes, is_open=is_open, is_late=found.state == "open" and not is_open, path=f"{LIST}/{found.id}",
        can_decide=is_open and who.may("desk.approve") and not shown["mine"] and desk.may_act(who.account, account),
        **console_member.came_back(house),
    )  # fmt: skip
