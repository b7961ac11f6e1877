"""Pages of my account: the overview, the history, and the forms for password, login ID and nickname."""

from functools import cache
from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain.identifiers import login_id_parameters, login_id_rules, new_login_id
from idp.features.account import flow, forms, overview
from idp.services import drafts, letters, passkeys, throttles
from idp.services.factor_changes import Changed
from idp.web import came_from, doors, fresh, password_form, steps
from idp.web.fresh import Setter
from idp.web.house import House

HOME, PASSWORD, NICKNAME, HISTORY = "/account", "/account/password", "/account/nickname", "/account/history"
LOGIN_ID, CONFIRM = "/account/login-id", "/account/login-id/confirm"
NEW_ID = "login_id"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("account", __name__), house.deps

    @room.get(HOME)
    @doors.page
    def overview_page() -> Response:
        came = fresh.looking(house, HOME)
        if isinstance(came, Response):
            return came
        latest = _lines(house, flow.history(deps, came.account.id, limit=flow.LATEST))
        portal = came_from.portal(house) or house.clients.find(deps.settings.brand.home_client)
        return fresh.page(
            house,
            "account.html",
            came,
            account=came.account,
            have=overview.of(deps, came.account),
            second_factor=fresh.needs_code(house, came.account),
            passkeys=passkeys.possible(deps),
            latest=latest,
            frozen=letters.moment(house.pages.locale(), came.account.frozen_until) if came.account.frozen_until > deps.now() else None,
            said=fresh.noted(house, came).get("done"),
            portal=portal if portal and portal.client_uri else None,
        )

    @room.get(HISTORY)
    @doors.page
    def history_page() -> Response:
        came = fresh.looking(house, HISTORY)
        if isinstance(came, Response):
            return came
        before = doors.read_query().get("before", "")
        rows = flow.history(deps, came.account.id, int(before) if before.isdecimal() and len(before) < 19 else None, flow.PAGE + 1)
        older = rows[flow.PAGE - 1].id if len(rows) > flow.PAGE else None
        lines = _lines(house, rows[: flow.PAGE])
        return fresh.page(house, "account_history.html", came, back=HOME, lines=lines, older=older)

    _password_routes(room, house)
    _login_id_routes(room, house)
    _nickname_routes(room, house)
    return room


def _lines(house: House, entries: list[flow.Entry]) -> list[dict[str, Any]]:
    """The entries as the page says them. Device, portal and network are the same in most lines, and put into words once."""
    locale = house.pages.locale()

    @cache
    def said(key: str, value: str = "") -> Any:
        if key != "acct.dev.name":
            return house.pages.text(locale, key, {key.rpartition(".")[2]: value} if value else {})
        system, _, browser = value.partition(".")
        names = {"os": f"letter.os.{system}", "browser": f"letter.browser.{browser}"}
        return house.pages.text(locale, key, {name: house.pages.text(locale, one) for name, one in names.items()})

    found = []
    for one in entries:
        client = house.clients.find(one.client_id)
        more = (("acct.dev.name", one.device), ("acct.hist.client", client.name if client else None), ("acct.hist.address", one.address))
        what = said(f"acct.hist.{one.event}.{one.result}")
        found.append({"at": letters.moment(locale, one.at), "what": what, "more": [said(*item) for item in more if item[1]]})
    return found


def _password_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    def enter() -> Setter | Response:
        """The page asks for the password itself; whoever has a second factor proves that first."""
        came = fresh.looking(house, PASSWORD)
        if isinstance(came, Response):
            return came
        fresh.thawed(house, came.account)
        if not fresh.needs_code(house, came.account):
            return came
        return fresh.changing(house, PASSWORD)

    @room.get(PASSWORD)
    @doors.page
    def password_page() -> Response:
        came = enter()
        if isinstance(came, Response):
            return came
        errors = steps.said(house, fresh.noted(house, came).get("errors", []))
        return fresh.page(
            house, "account_password.html", came, back=HOME, errors=errors, **password_form.asked(deps.policy.password),
            login_id=came.account.login_id,
        )  # fmt: skip

    @room.post(PASSWORD)
    @doors.form
    def password_submit() -> Response:
        _, data = steps.posted(house, forms.PasswordForm)
        came = enter()
        if isinstance(came, Response):
            return came
        typed = (data["current_password"], data["new_password"], data["new_password_again"])
        change = flow.change_password(deps, house.hasher, came.account, *typed, doors.caller())
        if change.wrong:
            rule = deps.policy.password
            found = [steps.error(field, key, **values) for field, key, values in change.wrong if field]
            found += password_form.errors(rule, [code for field, code, _ in change.wrong if not field])
            return fresh.to(house, came, PASSWORD, errors=found)
        if change.account is None:
            return redirect(PASSWORD, 303)
        after, cookie = fresh.gone_on(house, came, Changed(change.account, 0), ("pwd",))
        return fresh.with_session(house, fresh.to(house, after, HOME, done="password"), cookie)


def _login_id_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(LOGIN_ID)
    @doors.page
    def login_id_page() -> Response:
        came = fresh.changing(house, LOGIN_ID)
        if isinstance(came, Response):
            return came
        note, wait = fresh.noted(house, came), flow.may_change_from(deps, came.account)
        known = drafts.get(deps, NEW_ID, came.owner) or {}
        return fresh.page(
            house,
            "account_login_id.html",
            came,
            back=HOME,
            errors=steps.said(house, note.get("errors", [])),
            typed=note.get("typed", known.get("login_id", "")),
            free=note.get("free"),
            account=came.account,
            id_rules=login_id_rules(deps.policy.login_id),
            id_values=login_id_parameters(deps.policy.login_id),
            days=deps.policy.login_id.change_every // flow.DAY,
            wait=letters.moment(house.pages.locale(), wait) if wait > deps.now() else None,
        )

    @room.post(LOGIN_ID)
    @doors.form
    def login_id_submit() -> Response:
        found = fresh.posted(house, forms.LoginIdForm, LOGIN_ID)
        if isinstance(found, Response):
            return found
        came, data = found
        typed = new_login_id(data["login_id"])
        if not flow.check_allowed(deps, came.account):
            throttles.note(deps, "login_id_checks", account_id=came.account.id)
            return fresh.to(house, came, LOGIN_ID, errors=[steps.error("login_id", "common.busy")], typed=typed)
        state, problems = flow.login_id_state(deps, came.account, typed)
        errors = [steps.error(field, key, **values) for field, key, values in problems]
        if state in ("same", "taken"):
            key = "acct.id.err.same" if state == "same" else "reg.s2.id.taken"
            errors.append(steps.error("login_id", key, **({"id": typed} if state == "taken" else {})))
        if errors or data["action"] == "check":
            return fresh.to(house, came, LOGIN_ID, errors=errors, typed=typed, free=not errors)
        drafts.put(deps, NEW_ID, came.owner, {"login_id": typed})
        return redirect(CONFIRM, 303)

    @room.get(CONFIRM)
    @doors.page
    def confirm_page() -> Response:
        came = fresh.changing(house, LOGIN_ID)
        if isinstance(came, Response):
            return came
        draft = drafts.get(deps, NEW_ID, came.owner)
        if draft is None:
            return redirect(LOGIN_ID, 303)
        return fresh.page(house, "account_login_id_confirm.html", came, back=LOGIN_ID, account=came.account, new=draft["login_id"])

    @room.post(CONFIRM)
    @doors.form
    def confirm_submit() -> Response:
        found = fresh.posted(house, forms.ConfirmForm, LOGIN_ID)
        if isinstance(found, Response):
            return found
        came, _ = found
        draft = drafts.take(deps, NEW_ID, came.owner)
        if draft is None:
            return redirect(LOGIN_ID, 303)
        if flow.change_login_id(deps, came.account, draft["login_id"], doors.caller()):
            return fresh.to(house, came, HOME, done="id")
        taken = steps.error("login_id", "reg.s2.id.taken", id=draft["login_id"])
        return fresh.to(house, came, LOGIN_ID, errors=[taken], typed=draft["login_id"])


def _nickname_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(NICKNAME)
    @doors.page
    def nickname_page() -> Response:
        came = fresh.looking(house, NICKNAME)
        if isinstance(came, Response):
            return came
        note = fresh.noted(house, came)
        errors, typed = steps.said(house, note.get("errors", [])), note.get("typed", came.account.nickname)
        return fresh.page(house, "account_nickname.html", came, back=HOME, errors=errors, typed=typed)

    @room.post(NICKNAME)
    @doors.form
    def nickname_submit() -> Response:
        found = fresh.posted(house, forms.NicknameForm, NICKNAME, fresh=False)
        if isinstance(found, Response):
            return found
        came, data = found
        problems = flow.change_nickname(deps, came.account, data["nickname"], request.remote_addr or "")
        if problems:
            errors = [steps.error(field, key, **values) for field, key, values in problems]
            return fresh.to(house, came, NICKNAME, errors=errors, typed=data["nickname"][:256])
        return fresh.to(house, came, HOME, done="nickname")
