"""Finding members: what was typed is kept sealed for a while, so that it stands in no address and in no log, and put on record
as a keyed hash (requirement AD-05)."""

import json
import re
from dataclasses import dataclass

from idp import vault
from idp.deps import Deps
from idp.domain import search
from idp.domain.account import Account
from idp.domain.contract import fact_keys
from idp.services import desk, desk_identity, drafts
from idp.services.desk import Because
from idp.tables import contractors, member_search
from idp.vault import VaultError

PAGE, RECENT = 20, 10
_CALLER = "caller"  # before the id of a call
SEARCH_SECONDS, RECENT_SECONDS, REVEALED_SECONDS = 3_600, 7 * 86_400, 600


@dataclass(frozen=True)
class Found:
    """A page of accounts: `exact` ones are just what was typed, the others begin so; `further`: where the next page begins,
    sealed, None after the last."""

    typed: str
    exact: tuple[Account, ...]
    beginning: tuple[Account, ...]
    further: str | None


def sayable(typed: str) -> bool:
    """Whether anything can be looked for."""
    return not search.read(typed).empty


def keep(deps: Deps, actor: Account, owner: str, typed: str, address: str) -> str:
    """Keep what was typed for this session; returns the name that stands in the address. Raises `Unavailable`."""
    name, folded = vault.random_id(), re.sub(r"\s", "", typed).casefold()
    drafts.put(deps, f"search-{name}", owner, {"q": typed}, SEARCH_SECONDS)
    hashed = deps.vault.keyed_hash("desk search", folded)[:22]
    desk.note(deps, actor, "members_searched", address=address, detail={"term": hashed})
    return name


def kept(deps: Deps, owner: str, name: str) -> str | None:
    """What was typed, or None if that was too long ago. Raises `Unavailable`."""
    found = drafts.get(deps, f"search-{name}", owner) if name.isascii() and name.isalnum() else None
    return str(found["q"]) if found else None


def find(deps: Deps, typed: str, at: str = "") -> Found:
    """Who it may be; `at`: where the page before ended. Raises `Unavailable`."""
    terms = search.read(typed)
    after = _opened(deps, at)
    contract_keys = [] if after else _contracts(deps, terms)
    with deps.database.read() as connection:
        exact = [] if after else member_search.find_exact(connection, terms, contract_keys)
        places = member_search.find_beginning(connection, terms.beginning, after, PAGE + 1) if terms.beginning else []
        ids = [one for one in dict.fromkeys(account for _, account in places[:PAGE]) if one not in exact]
        accounts = member_search.read(connection, [*exact, *ids]) if exact or ids else []
    further = _sealed(deps, places[PAGE - 1]) if len(places) > PAGE else None
    known = set(exact)
    return Found(typed, tuple(a for a in accounts if a.id in known), tuple(a for a in accounts if a.id not in known), further)


def _contracts(deps: Deps, terms: search.Terms) -> list[str]:
    """Keys of the register's contracts that have the number: accounts that came by other facts do not name it."""
    if terms.number is None or deps.settings.contractors.url != "register:":
        return []
    keys = fact_keys("customer_number", terms.number)
    hashed = [contractors.hashed(deps.vault, key, key_id) for key in keys for key_id in deps.vault.key_ids]
    with deps.database.read() as connection:
        return [f"k:{one.id}" for one in contractors.by_hash(connection, hashed).values()]


def _sealed(deps: Deps, place: member_search.Place) -> str:
    return deps.vault.seal(json.dumps(place).encode(), "desk search")


def _opened(deps: Deps, at: str) -> member_search.Place | None:
    try:
        key, account_id = json.loads(deps.vault.open(at, "desk search")) if at else ("", "")
    except (VaultError, ValueError):  # an address that somebody has changed begins at the beginning
        return None
    return (key, account_id) if key else None


def looked_at(deps: Deps, actor: Account, account: Account) -> None:
    """Remember that this agent has opened this account. Raises `Unavailable`."""
    ids = [account.id, *(one for one in recent_ids(deps, actor) if one != account.id)]
    drafts.put(deps, "desk-recent", actor.id, {"ids": ids[:RECENT]}, RECENT_SECONDS)


def recent_ids(deps: Deps, actor: Account) -> list[str]:
    """Ids of the accounts that this agent has opened last. Raises `Unavailable`."""
    return list((drafts.get(deps, "desk-recent", actor.id) or {"ids": []})["ids"])


def recent(deps: Deps, actor: Account) -> list[Account]:
    """The accounts that this agent has opened last. Raises `Unavailable`."""
    ids = recent_ids(deps, actor)
    if not ids:
        return []
    with deps.database.read() as connection:
        return member_search.read(connection, ids)


def kind_of(account: Account, field: str) -> str:
    """What a field is, for words and the record."""
    known = {item.id: item.kind for item in account.destinations}
    return known.get(field) or (_CALLER if field.startswith(_CALLER) else field)


def revealable(deps: Deps, account: Account) -> dict[str, str]:
    """Every field of the account that is masked, and the names of its callers, in full. Raises `Unavailable`."""
    held = {"name": str(account.profile.get("name", "")), "number": account.contractor_id, "email_login": account.email_login}
    held |= {"mailbox": account.mailbox, **{item.id: item.address for item in account.destinations}}
    held |= {_CALLER + one.id: name for one, name in desk_identity.callers(deps, account)}
    return {name: value for name, value in held.items() if value}


def reveal(deps: Deps, actor: Account, owner: str, account: Account, field: str, why: Because, address: str) -> bool:
    """Show this field to this session for a few minutes, once it is on record who wanted to see it and why. False if there is
    no such field. Raises `Unavailable`."""
    if field not in revealable(deps, account):
        return False
    detail = {"field": kind_of(account, field), **why.detail}
    desk.note(deps, actor, "member_revealed", target=account.id, address=address, detail=detail)
    fields = sorted({*revealed(deps, owner, account), field})
    drafts.put(deps, "revealed", f"{owner}:{account.id}", {"fields": fields}, REVEALED_SECONDS)
    return True


def revealed(deps: Deps, owner: str, account: Account) -> list[str]:
    """The fields that this session may see in full. Raises `Unavailable`."""
    found = drafts.get(deps, "revealed", f"{owner}:{account.id}") or {"fields": []}
    known = revealable(deps, account) if found["fields"] else {}
    return [one for one in found["fields"] if one in known]
