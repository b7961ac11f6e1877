"""Finding and reading members: by exact identifiers, masked; unmasked for who says why, on record (requirement AD-05)."""

import re
from typing import Any

from idp.domain.account import Account
from idp.domain.masks import inert, mask_address, mask_name, mask_number
from idp.features.admin_api.answers import when
from idp.features.admin_api.calls import Call, Problem
from idp.features.console_members import detail, flow
from idp.services import desk, members

SEARCHED = "desk search"


def member(call: Call) -> Account:
    """The member that the address names; of staff nobody hears here, whatever the token (requirement AD-04). Raises `Problem`."""
    found = members.find(call.house.deps, call.named["member"], with_destinations=True)
    if found is None or found.staff or found.status == "closed":
        raise Problem(404, "not_found", "there is no such member")
    return found


def found(call: Call, account: Account, full: bool = False) -> dict[str, Any]:
    """Who it is."""
    name, number = str(account.profile.get("name", "")), account.contractor_id
    return {
        "id": account.id,
        "login_id": inert(account.login_id),
        "nickname": inert(account.nickname),
        "name": inert(name) if full else mask_name(name),
        "customer_number": None if number is None else inert(number) if full else mask_number(number),
        "status": account.status,
        "destinations": [
            {
                "id": item.id,
                "kind": item.kind,
                "channel": account.channel_of(item),
                "address": inert(item.address) if full else mask_address(item.kind, item.address),
                "verified_at": when(item.verified_at),
                "usual": item.usual,
            }
            for item in account.destinations
        ],
    }


def shown(call: Call, account: Account, full: bool = False) -> dict[str, Any]:
    """Who it is, and how the account stands."""
    state = detail.read(call.house.deps, account)
    address = (lambda text: inert(text) if full else mask_address("email", text)) if True else None
    return {
        **found(call, account, full),
        "standing": {"code": state.standing.code, "until": when(state.standing.at), "good": state.standing.good},
        "email_login": address(account.email_login) if account.email_login else None,
        "mailbox": address(account.mailbox) if account.mailbox else None,
        "locale": account.locale,
        "contract_type": account.contract_type,
        "contract_linked": bool(account.contract_key),
        "second_factor": account.second_factor,
        "methods": [one for one in ("totp", "recovery") if one in state.methods],
        "sessions": len(state.sessions),
        "created_at": when(account.created_at),
        "updated_at": when(account.updated_at),
    }


def search(call: Call) -> dict[str, Any]:
    """Whoever has just this identifier. What was asked for is put on record as a keyed hash."""
    deps, typed = call.house.deps, call.body["identifier"]
    hashed = deps.vault.keyed_hash(SEARCHED, re.sub(r"\s", "", typed).casefold())[:22]
    desk.note(deps, call.actor, "members_searched", address=call.request.address, detail={"term": hashed})
    known = flow.find(deps, typed).exact if flow.sayable(typed) else ()
    return {"members": [found(call, one) for one in known if not one.staff]}


def show(call: Call) -> dict[str, Any]:
    """One member, masked."""
    return shown(call, member(call))


def reveal(call: Call) -> dict[str, Any]:
    """One member, unmasked."""
    account = member(call)
    detail = {"field": "all", **call.why}
    desk.note(call.house.deps, call.actor, "member_revealed", target=account.id, address=call.request.address, detail=detail)
    return shown(call, account, full=True)
