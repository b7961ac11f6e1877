"""Words of the desk's pages: why something was not done, and whom a page is about."""

from typing import Any

from idp.domain.account import Account
from idp.domain.masks import inert, mask_address, mask_name, mask_number
from idp.features.console_desk import removing
from idp.services import letters, passkeys
from idp.web.house import House

# what was wrong: the field that says so, and its sentence
SAID: dict[str, tuple[str, str]] = {
    "level": ("reason", "con.err.level"),
    "state": ("reason", "con.err.state"),
    "over": ("reason", "con.err.over"),
    "to": ("to", "con.err.to"),
    "limited": ("reason", "con.err.limited"),
    "unfit": ("to", "con.err.unfit"),
    "waiting": ("reason", "con.err.waiting"),
    "usable": ("usable", "con.err.usable"),
    "why": ("why", "con.err.why"),
    "nothing": ("reason", "con.err.state"),
    "taken": ("number", "con.contract.err.taken"),
}
CODES = {"format": "mfa.err.format", "wrong": "mfa.err.wrong", "expired": "mfa.err.expired", "locked": "mfa.err.too_many"}


def member(house: House, account: Account) -> dict[str, Any]:
    """Whom the page is about, masked."""
    state = house.pages.text(house.pages.locale(), f"con.status.{account.status}")
    return {
        "id": account.id,
        "login_id": inert(account.login_id),
        "name": mask_name(str(account.profile.get("name", ""))),
        "nickname": inert(account.nickname),
        "number": mask_number(account.contractor_id) if account.contractor_id else "",
        "state": {"text": state},
    }


def removed(house: House, account: Account) -> list[str]:
    """What clearing the second factor would take away, in words; the member's own names of passkeys are none of the desk's."""
    found, locale = removing.read(house.deps, account), house.pages.locale()
    words = [house.pages.text(locale, f"con.member.method.{name}") for name, held in (("totp", found.app), ("recovery", found.printed)) if held]
    if found.passkeys:
        words.append(house.pages.text(locale, "con.factor_off.passkeys", {"list": passkeys.listed(locale, list(found.passkeys))}))
    return words


def places(account: Account, items: Any) -> list[dict[str, Any]]:
    """Destinations to choose from, masked."""
    return [
        {"id": item.id, "channel": account.channel_of(item), "text": mask_address(item.kind, item.address), "usual": item.usual}
        for item in items
    ]


def moment(house: House, at: int) -> str:
    """A Unix time as staff read it."""
    return letters.moment(house.pages.locale(), at)
