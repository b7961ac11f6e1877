"""Pages of the desk's acts, each its own; and those of the caller's identity and of requests."""

from flask import Blueprint, Response, request

from idp.domain.account import Account
from idp.domain.desk import OPERATIONS, WHYS, Operation
from idp.features.console_desk import acts, views_check, forms, views_requests, views_two
from idp.features.console_desk.acting import acting, wrong
from idp.features.console_desk.said import SAID, member, places
from idp.services.desk import Because
from idp.web import console, console_member, steps
from idp.web.console_member import LIST
from idp.web.house import House


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "desk")
    for operation in OPERATIONS.values():
        if not operation.two:
            _act_routes(room, house, operation)
    views_check.routes(room, house)
    views_two.routes(room, house)
    views_requests.routes(room, house)
    return room


def _act_routes(room: Blueprint, house: House, operation: Operation) -> None:
    deps, rule = house.deps, f"{LIST}/<account_id>/{operation.slug}"

    @room.get(rule, endpoint=f"{operation.name}_page")
    @console.page(operation.right, operation.fresh)
    def page(account_id: str) -> Response:
        account = console_member.acted_on(house, account_id)
        return _page(house, account, operation)

    @room.post(rule, endpoint=f"{operation.name}_submit")
    @console.form(operation.right, operation.fresh)
    def submit(account_id: str) -> Response:
        account, data = console_member.acted_on(house, account_id), console.posted(forms.ActForm)
        why, errors = console_member.because(house, data)
        here = console_member.path(account, operation.slug)
        if not errors:
            doing = acting(deps, console.who().account, account, why, request.remote_addr or "")
            result = acts.perform(deps, doing, operation.name, data)
            if result == "ok":
                return console.to(house, console_member.path(account), f"con.done.{operation.name}")
            errors = [steps.error(*SAID[result])]
        return console_member.back(house, here, errors, **{name: data[name] for name in ("reason", "ticket", "to", "what", "why")})


def _page(house: House, account: Account, operation: Operation) -> Response:
    deps = house.deps
    doing = acting(deps, console.who().account, account, Because(""), "")
    return console.render(
        house,
        "desk_act.html",
        back=console_member.path(account),
        member=member(house, account),
        operation=operation.name,
        problem=wrong(doing, operation),
        path=console_member.path(account),
        places=places(account, acts.places(deps, account, operation.name)),
        whys=WHYS,
        level=doing.level,
        **console_member.came_back(house),
    )

