"""Pages on which an act is proposed that a second person has to approve."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain.account import Account
from idp.domain.desk import OPERATIONS, TWO
from idp.domain.masks import mask_address
from idp.features.console_desk import approvals, contracts, forms, new_destination
from idp.features.console_desk.acting import acting, wrong
from idp.features.console_desk.said import CODES, SAID, member, places, removed
from idp.services.desk import Because
from idp.web import console, console_member, steps
from idp.web.console_member import LIST
from idp.web.house import House

SHAPES: dict[str, Any] = {"desk_factor_off": forms.ActForm, "desk_destination": forms.DestinationForm, "desk_contract": forms.ContractForm}


def routes(room: Blueprint, house: House) -> None:
    """One page for each of these acts."""
    for name in TWO:
        _routes(room, house, name)


def _routes(room: Blueprint, house: House, name: str) -> None:
    operation = OPERATIONS[name]
    rule = f"{LIST}/<account_id>/{operation.slug}"

    @room.get(rule, endpoint=f"{name}_page")
    @console.page(operation.right, operation.fresh)
    def page(account_id: str) -> Response:
        return _page(house, console_member.acted_on(house, account_id), name)

    @room.post(rule, endpoint=f"{name}_submit")
    @console.form(operation.right, operation.fresh)
    def submit(account_id: str) -> Response:
        account, data = console_member.acted_on(house, account_id), console.posted(SHAPES[name])
        if name == "desk_destination" and data["action"] != "propose":
            return _named(house, account, data)
        return _proposed(house, account, name, data)


def _page(house: House, account: Account, name: str) -> Response:
    actor = console.who().account
    doing = acting(house.deps, actor, account, Because(""), "")
    new = new_destination.find(house.deps, actor, account) if name == "desk_destination" else None
    return console.render(
        house,
        "desk_two.html",
        back=console_member.path(account),
        path=console_member.path(account),
        member=member(house, account),
        operation=name,
        problem=wrong(doing, OPERATIONS[name]),
        level=doing.level,
        places=places(account, account.destinations),
        removed=removed(house, account) if name == "desk_factor_off" else [],
        new={"text": mask_address(new["kind"], new["address"]), "proven": new["proven"]} if new else None,
        **console_member.came_back(house),
    )


def _named(house: House, account: Account, data: dict[str, Any]) -> Response:
    """The new destination is said, and its code is typed back."""
    deps, actor, here = house.deps, console.who().account, console_member.path(account, "destination")
    doing = acting(deps, actor, account, Because(""), request.remote_addr or "")
    if (result := wrong(doing, OPERATIONS["desk_destination"])) != "ok":
        console_member.refused(house, account, result, operation="desk_destination")
        return console_member.back(house, here, [steps.error(*SAID[result])])
    if data["action"] == "again":
        new_destination.forget(deps, actor, account)
        return redirect(here, 303)
    if data["action"] == "code":
        draft = new_destination.find(deps, actor, account)
        if draft is None:
            return redirect(here, 303)
        checked = new_destination.type_back(deps, actor, account, draft, data["code"])
        errors = [] if checked.result == "ok" else [steps.error("code", CODES[checked.result], time=checked.wait_until)]
    else:
        found = new_destination.name(deps, actor, account, data["address"].strip(), request.remote_addr or "")
        errors = [steps.error("address", found[0], time=found[1])] if found else []
    return console_member.back(house, here, errors, address=data["address"]) if errors else redirect(here, 303)


def _proposed(house: House, account: Account, name: str, data: dict[str, Any]) -> Response:
    deps, actor = house.deps, console.who().account
    here = console_member.path(account, OPERATIONS[name].slug)
    why, errors = console_member.because(house, data)
    facts: dict[str, Any] = {}
    if name == "desk_destination":
        draft = new_destination.find(deps, actor, account)
        if draft is None or not draft["proven"]:
            return redirect(here, 303)
        facts = {"kind": draft["kind"], "address": draft["address"]}
    elif name == "desk_contract":
        facts, key = contracts.facts(deps, account, data["number"], data["unlink"] == "yes")
        errors += [steps.error("number", key)] if key else []
    if not errors:
        doing = acting(deps, actor, account, why, request.remote_addr or "")
        result, request_id = approvals.propose(deps, doing, name, facts)
        if result == "ok":
            new_destination.forget(deps, actor, account)
            return console.to(house, f"/console/requests/{request_id}", "con.done.proposed")
        errors = [steps.error(*SAID[result])]
    typed = {field: data[field] for field in ("reason", "ticket", "number") if field in data}
    return console_member.back(house, here, errors, **typed)
