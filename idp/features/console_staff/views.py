"""The list of staff, what is done about each of them, and the page behind an invitation."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from idp.domain import staff as rules
from idp.domain.account import Account
from idp.domain.identifiers import login_id_parameters, mask_email
from idp.features.console_staff import flow, forms, views_invited
from idp.services import letters
from idp.web import console, console_form, steps
from idp.web.errors import PageError
from idp.web.house import House

LIST, INVITE = "/console/staff", "/console/staff/invite"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = Blueprint("console_people", __name__)
    room.register_blueprint(views_invited.blueprint(house))
    inside = console.room(house, "staff")
    _list_routes(inside, house)
    _invite_routes(inside, house)
    _act_routes(inside, house)
    room.register_blueprint(inside)
    return room


def _list_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(LIST)
    @console.page("staff.look")
    def people() -> Response:
        found = flow.people(deps, console.asked(forms.Asked)["after"])
        further = f"{LIST}?after={quote(found.further)}" if found.further else None
        may_invite = console.who().may("staff.change")
        return console.render(house, "staff.html", people=found.people, further=further, moment=_moment(house), may_invite=may_invite)

    @room.get(f"{LIST}/<account_id>")
    @console.page("staff.look")
    def person(account_id: str) -> Response:
        one = _found(house, account_id)
        me = console.who().account
        mails = [mask_email(item.address) for item in one.destinations if item.kind == "email"]
        return console.render(
            house, "staff_person.html", back=LIST, one=one, mails=mails, acts=flow.allowed(me, one), moment=_moment(house),
            themselves=me.id == one.id,
        )  # fmt: skip


def _invite_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(INVITE)
    @console.page("staff.change", fresh=True)
    def invite_page() -> Response:
        roles = [role for role in flow.ROLES if rules.may_give(console.who().account, role)]
        return console.render(house, "staff_invite.html", back=LIST, roles=roles, **console_form.held(house))

    @room.post(INVITE)
    @console.form("staff.change", fresh=True)
    def invite() -> Response:
        data = console.posted(forms.InviteForm)
        why, errors = console_form.because(data)
        if not errors:
            actor, typed = _actor(why.detail), (data["login_id"].strip(), data["email"].strip())
            wrong = flow.invite(deps, house.hasher, actor, *typed, data["role"], house.pages.locale())
            if not wrong:
                return console.to(house, LIST, "con.staff.done.invite", name=typed[0])
            errors = [_error(house, field, code) for field, code in wrong]
        return console_form.back(house, INVITE, errors, data)


def _error(house: House, field: str, code: str) -> dict[str, Any]:
    if code in ("taken", "role"):
        return steps.error(field, "con.staff.err.taken" if code == "taken" else "con.staff.err.over")
    return steps.error(field, f"verdict.{code}", **(login_id_parameters(house.deps.policy.login_id) if field == "login_id" else {}))


def _act_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(f"{LIST}/<account_id>/<what>")
    @console.page("staff.change", fresh=True)
    def act_page(account_id: str, what: str) -> Response:
        one, me = _found(house, account_id), console.who().account
        if what not in flow.ACTS:
            raise PageError(404, "error.not_found")
        roles = [role for role in (*flow.ROLES, "member") if role != one.role and rules.may_give(me, role)]
        return console.render(
            house, "staff_act.html", back=f"{LIST}/{one.id}", one=one, what=what, roles=roles, **console_form.held(house)
        )

    @room.post(f"{LIST}/<account_id>/<what>")
    @console.form("staff.change", fresh=True)
    def act(account_id: str, what: str) -> Response:
        one, data = _found(house, account_id), console.posted(forms.ActForm)
        if what not in flow.ACTS:
            raise PageError(404, "error.not_found")
        why, errors = console_form.because(data)
        if not errors:
            refusal = flow.act(deps, _actor(why.detail), one.id, what, data["role"])
            if refusal is None:
                return console.to(house, LIST, f"con.staff.done.{what}", name=one.login_id)
            errors = [steps.error("role" if what == "role" else "reason", f"con.staff.err.{refusal}")]
        return console_form.back(house, f"{LIST}/{one.id}/{what}", errors, data)


def _actor(why: dict[str, str]) -> flow.Actor:
    return flow.Actor(console.who().account, request.remote_addr or "", why)


def _found(house: House, account_id: str) -> Account:
    one = flow.find(house.deps, account_id) if len(account_id) <= 64 else None
    if one is None:
        raise PageError(404, "error.not_found")
    return one


def _moment(house: House) -> Any:
    return lambda at: letters.moment(house.pages.locale(), at)
