"""Pages on which a caller becomes known: what they say of the contract, and a second proof."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain.account import Account
from idp.domain.desk import RELATIONS
from idp.features.console_desk import checking, forms
from idp.features.console_desk.said import CODES, member, places
from idp.services import desk, desk_identity, letter_codes
from idp.services.one_time_codes import NotSent
from idp.web import console, console_member, steps
from idp.web.console_member import LIST
from idp.web.house import House


def routes(room: Blueprint, house: House) -> None:
    """Level 1 and level 2 (flows.md 2.12)."""

    @room.get(f"{LIST}/<account_id>/check")
    @console.page("desk.act")
    def check_page(account_id: str) -> Response:
        account = console_member.acted_on(house, account_id)
        return console.render(
            house, "desk_check.html", back=console_member.path(account), member=member(house, account), relations=RELATIONS,
            **console_member.came_back(house),
        )  # fmt: skip

    @room.post(f"{LIST}/<account_id>/check")
    @console.form("desk.act")
    def check_submit(account_id: str) -> Response:
        account, data = console_member.acted_on(house, account_id), console.posted(forms.CheckForm)
        return _check(house, account, data)

    @room.get(f"{LIST}/<account_id>/second")
    @console.page("desk.act")
    def second_page(account_id: str) -> Response:
        account = console_member.acted_on(house, account_id)
        caller = desk_identity.find(house.deps, console.who().account, account)
        if caller.level < 1:
            return redirect(console_member.path(account, "check"), 303)
        sent = desk_identity.sent_code(caller)
        return console.render(
            house, "desk_second.html", back=console_member.path(account), member=member(house, account),
            places=places(account, (item for item in account.destinations if item.verified_at)),
            sent=steps.clock(house, sent.until) if sent else None, letter=letter_codes.is_out(house.deps, account), **console_member.came_back(house),
        )  # fmt: skip

    @room.post(f"{LIST}/<account_id>/second")
    @console.form("desk.act")
    def second_submit(account_id: str) -> Response:
        account, data = console_member.acted_on(house, account_id), console.posted(forms.SecondForm)
        return _second(house, account, data)


def _note(house: House, account: Account, result: str, how: str, **detail: Any) -> None:
    desk.note(
        house.deps, console.who().account, "desk_identity", result, target=account.id, address=request.remote_addr,
        detail={"how": how, "ticket": desk.ticket(house.deps, console.who().account), **detail},
    )  # fmt: skip


def _check(house: House, account: Account, data: dict[str, Any]) -> Response:
    here, relation = console_member.path(account, "check"), data["relation"]
    if data["ticket"].strip():
        desk.keep_ticket(house.deps, console.who().account, data["ticket"])
    facts, wrong = checking.facts(account, data)
    name, unnamed = checking.caller(data)
    wrong += unnamed
    # what the caller has said is typed once more: it stands on no page, not even on this one
    if wrong:
        return console_member.back(house, here, [steps.error(*one) for one in wrong], ticket=data["ticket"], relation=relation)
    result = desk_identity.check(house.deps, console.who().account, account, facts, relation, name)
    _note(house, account, "ok" if result == "match" else result, "facts", relation=relation, level=1)
    if result != "match":
        return console_member.back(house, here, [steps.error("number", f"con.check.{result}")], ticket=data["ticket"], relation=relation)
    return console.to(house, console_member.path(account), "con.check.match")


def _second(house: House, account: Account, data: dict[str, Any]) -> Response:
    deps, actor, here = house.deps, console.who().account, console_member.path(account, "second")
    if desk_identity.find(deps, actor, account).level < 1:
        return redirect(console_member.path(account, "check"), 303)
    if data["action"] == "send":
        try:
            done = desk_identity.send(deps, actor, account, data["to"], request.remote_addr or "")
        except NotSent as refused:
            return console_member.back(house, here, [steps.error("to", "mfa.err.send_limit", time=refused.again_at)])
        if not done:
            return console_member.back(house, here, [steps.error("to", "con.err.to")])
        _note(house, account, "sent", "code")
        return redirect(here, 303)
    if data["action"] == "code":
        checked = desk_identity.type_back(deps, actor, account, data["code"])
        _note(house, account, checked.result, "code", level=2)
        if checked.result != "ok":
            return console_member.back(house, here, [steps.error("code", CODES[checked.result], time=checked.wait_until)])
        return console.to(house, console_member.path(account), "con.second.match")
    if data["action"] == "letter":
        result = desk_identity.read_out(deps, actor, account, data["letter"])
        _note(house, account, "ok" if result == "match" else result, "letter", level=2)
        if result != "match":
            return console_member.back(house, here, [steps.error("letter", f"con.second.letter.{result}")])
        return console.to(house, console_member.path(account), "con.second.match")
    return _called_back(house, account, data)


def _called_back(house: House, account: Account, data: dict[str, Any]) -> Response:
    here = console_member.path(account, "second")
    if data["reached"] != "yes":
        return console_member.back(house, here, [steps.error("reached", "con.second.err.reached")])
    if not data["dialled"].strip():
        return console_member.back(house, here, [steps.error("dialled", "con.check.err.phone")])
    result = desk_identity.called_back(house.deps, console.who().account, account, data["dialled"])
    _note(house, account, "ok" if result == "match" else result, "callback", level=2)
    if result != "match":
        return console_member.back(house, here, [steps.error("dialled", f"con.second.{result}")])
    return console.to(house, console_member.path(account), "con.second.match")
