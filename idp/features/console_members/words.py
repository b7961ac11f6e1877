"""Puts a member into the words of the page: masked, and with nothing in it that a browser could take for anything but text."""

from typing import Any, Sequence

from idp.domain import staff
from idp.domain.account import Account
from idp.domain.desk import FIRST, OPERATIONS, OTHERS, Operation
from idp.domain.masks import inert, mask_address, mask_name, mask_number, odd_mail
from idp.features.console_members.detail import Detail, Standing, standing
from idp.features.console_members.timeline import Line, Lines
from idp.services import letters
from idp.web.house import House


def _moment(house: House, at: int) -> str:
    return letters.moment(house.pages.locale(), at)


def _state(house: House, found: Standing) -> dict[str, Any]:
    locale = house.pages.locale()
    values = {"time": _moment(house, found.at), "n": found.failures}
    if found.why:
        values["why"] = house.pages.text(locale, f"con.why.{found.why}")
    return {"good": found.good, "code": found.code, "text": house.pages.text(locale, f"con.state.{found.code}", values)}


def row(house: House, account: Account) -> dict[str, Any]:
    """A line of a list: who it may be, masked."""
    deps = house.deps
    return {
        "id": account.id,
        "login_id": inert(account.login_id),
        "name": mask_name(str(account.profile.get("name", ""))),
        "nickname": inert(account.nickname),
        "number": mask_number(account.contractor_id) if account.contractor_id else "",
        "places": [mask_address(item.kind, item.address) for item in account.destinations],
        "role": account.role,
        "state": _state(house, standing(account, deps.now(), deps.policy.letters.valid)),
    }


def member(house: House, account: Account, found: Detail, revealed: Sequence[str]) -> dict[str, Any]:
    """Everything above the history."""
    masked = {
        "name": mask_name(str(account.profile.get("name", ""))),
        "number": mask_number(account.contractor_id or "") if account.contractor_id else "",
        "email_login": mask_address("email", account.email_login) if account.email_login else "",
        "mailbox": mask_address("email", account.mailbox) if account.mailbox else "",
    }
    full = {"name": str(account.profile.get("name", "")), "number": account.contractor_id, "email_login": account.email_login, "mailbox": account.mailbox}
    shown = {name: {"text": inert(str(full[name])) if name in revealed else text, "open": name in revealed} for name, text in masked.items()}
    return {
        **shown,
        "id": account.id,
        "login_id": inert(account.login_id),
        "nickname": inert(account.nickname),
        "role": account.role,
        "locale": account.locale,
        "type": account.contract_type,
        "linked": bool(account.contract_key),
        "state": _state(house, found.standing),
        "failures": found.standing.failures,
        "second_factor": account.second_factor or account.staff,
        "methods": [one for one in ("totp", "recovery", "passkey") if one in found.methods],
        "places": [_place(house, account, item, revealed) for item in account.destinations],
        "sessions": [_session(house, one) for one in found.sessions],
        "browsers": [_browser(house, one) for one in found.browsers],
        "consents": [{"client": _client(house, one.client_id), "at": _moment(house, one.granted_at)} for one in found.consents],
        "agreed": [{"kind": kind, "version": version[:12], "at": _moment(house, at)} for kind, version, at in found.agreed],
        "letter_at": _moment(house, found.letter_at) if found.letter_at else "",
        "requests": [{"id": one.id, "operation": one.operation, "at": _moment(house, one.created_at)} for one in found.requests],
        "created": _moment(house, account.created_at),
    }


def callers(house: House, calls: Sequence[tuple[Any, str]], revealed: Sequence[str]) -> list[dict[str, Any]]:
    """Who called for the member, their names masked but where the desk has said why it has to see one."""
    return [
        {
            "id": f"caller{one.id}", "at": _moment(house, one.at), "relation": one.relation,
            "text": inert(name) if (opened := f"caller{one.id}" in revealed) else mask_name(name), "open": opened,
        }
        for one, name in calls
    ]  # fmt: skip


def _place(house: House, account: Account, item: Any, revealed: Sequence[str]) -> dict[str, Any]:
    opened = item.id in revealed
    return {
        "id": item.id,
        "channel": account.channel_of(item),
        "text": inert(item.address) if opened else mask_address(item.kind, item.address),
        "open": opened,
        "verified": _moment(house, item.verified_at) if item.verified_at else "",
        "usual": item.usual,
        "odd": item.kind == "email" and odd_mail(item.address),
    }


def _device(house: House, device: str) -> str:
    system, _, browser = device.partition(".")
    text, locale = house.pages.text, house.pages.locale()
    try:
        return f"{text(locale, f'letter.os.{system}')} {text(locale, f'letter.browser.{browser}')}"
    except KeyError:  # rows of a later version
        return inert(device)


def _session(house: House, one: Any) -> dict[str, Any]:
    clients = [_client(house, client_id) for client_id in one.clients]
    device = _device(house, f"{one.system}.{one.browser}")
    return {"device": device, "address": one.address, "started": _moment(house, one.started_at), "seen": _moment(house, one.seen_at), "clients": clients}


def _browser(house: House, one: Any) -> dict[str, Any]:
    return {"device": _device(house, one.device), "used": _moment(house, one.used_at), "expires": _moment(house, one.expires_at)}


def _client(house: House, client_id: str) -> str:
    found = house.clients.find(client_id)
    return inert(found.name) if found else client_id


def _can(actor: Account, account: Account, operation: Operation, found: Detail) -> bool:
    return account.status in operation.on and staff.may(actor.role, operation.right) and not _idle(operation, account, found)


def _idle(operation: Operation, account: Account, found: Detail) -> bool:
    """Whether there is nothing to be done by it."""
    if operation.name == "desk_unlock":
        return found.standing.code not in ("waits", "code_waits")
    return operation.name == "desk_factor_off" and not (account.second_factor or found.methods & {"totp", "recovery", "passkey"})


def acts(actor: Account, account: Account, found: Detail) -> dict[str, Any]:
    """What this agent can do here: the five first, the others, and whether anything."""
    if not staff.over(actor, account) or not staff.may(actor.role, "desk.act"):
        return {"may": False, "first": [], "others": []}
    shown = lambda names: [{"name": name, "slug": OPERATIONS[name].slug, "can": _can(actor, account, OPERATIONS[name], found)} for name in names]  # noqa: E731
    stopped = account.status == "suspended" and staff.may(actor.role, OPERATIONS["desk_resume"].right)
    first = ("desk_resume", *FIRST[1:]) if stopped else FIRST
    return {"may": True, "first": shown(first), "others": [one for one in shown(OTHERS) if one["can"]]}


def lines(house: House, found: Lines, names: dict[str, str]) -> list[dict[str, Any]]:
    """The history."""
    return [_line(house, one, names) for one in found.lines]


def _line(house: House, one: Line, names: dict[str, str]) -> dict[str, Any]:
    locale, text = house.pages.locale(), house.pages.text
    said = {"at": _moment(house, one.at), "kind": one.kind, "good": one.good, "more": []}
    if one.kind == "sent":
        channel, what = text(locale, f"con.member.channel.{one.channel}"), text(locale, f"con.member.letter.{one.what}")
        return {**said, "text": f"{channel} {what} {one.to}", "outcome": text(locale, one.key, {"n": one.seconds})}
    values = {name: str(value) for name, value in one.detail.items()}
    more = []
    if device := values.get("device"):
        more.append(_device(house, device))
    if one.client_id and one.client_id != "idp-console":
        more.append(_client(house, one.client_id))
    if one.actor:
        more.append(text(locale, "con.member.by", {"name": inert(names.get(one.actor, one.actor))}))
    if (operation := values.get("operation")) in OPERATIONS:
        more.append(text(locale, f"con.op.{operation}"))
    for name in ("ticket", "level", "reason"):
        if values.get(name, "0") not in ("", "0"):
            more.append(text(locale, f"con.member.{name}", {"value": inert(values[name])}))
    return {**said, "text": text(locale, one.key, {"event": inert(values["event"]), "result": inert(values["result"])}), "outcome": "", "more": more}
