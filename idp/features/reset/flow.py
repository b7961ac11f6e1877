"""Setting a new password: who stands behind a link or a code, what else they must prove, and the change itself (flows.md P4
to P6; requirements RC-06 to RC-11)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.domain.identifiers import mask_email, mask_phone
from idp.domain.journey import Factors
from idp.services import drafts, links, members, new_passwords, passkeys, reset_codes
from idp.services.passwords import Hasher
from idp.tables import links as link_table

APP, PRINTED = "app", "printed"
METHODS = {APP: "totp", PRINTED: "recovery"}
MASKS = {"email": mask_email, "sms": mask_phone}
DONE = "reset-done"


@dataclass(frozen=True)
class Standing:
    """Who may set a new password here: the account as it is now, with its destinations and factors, the channel that proved
    them, and what they came by: the fingerprint of a link, or the request of a code."""

    account: Account
    factors: Factors
    channel: str
    link: str = ""
    attempt: str = ""

    @property
    def name(self) -> str:
        """Names this very proof: what was proven beside it counts for no other."""
        return f"{self.account.id}:{self.account.epoch}:{self.link}{self.attempt}"


@dataclass(frozen=True)
class Way:
    """Another way to prove oneself: `id` is a destination's, "app" or "printed"; `masked` its address as pages show it."""

    id: str
    kind: str
    masked: str = ""

    @property
    def method(self) -> str:
        """What it counts as."""
        return METHODS.get(self.id, self.kind)


def by_link(deps: Deps, fingerprint: str) -> Standing | None:
    """Who stands behind a link that still lives. Looking changes nothing. Raises `Unavailable`."""
    link = links.find(deps, "reset", fingerprint)
    return _standing(deps, link.owner, link.epoch, link.channel, link=fingerprint) if link else None


def by_code(deps: Deps, owner: str) -> Standing | None:
    """Who stands behind the code that this journey has typed. Raises `Unavailable`."""
    proven = reset_codes.kept(deps, owner)
    return _standing(deps, proven.account_id, proven.epoch, "sms", attempt=proven.attempt) if proven else None


def _standing(deps: Deps, account_id: str, epoch: int, channel: str, link: str = "", attempt: str = "") -> Standing | None:
    found = members.with_factors(deps, account_id)
    # of an older epoch: the password, a destination or the second factor was changed since it was sent
    if found is None or found[0].status != "active" or found[0].epoch != epoch:
        return None
    standing = Standing(*found, channel, link, attempt)
    return None if found[0].staff and not ways(deps, standing) else standing


def ways(deps: Deps, standing: Standing) -> list[Way]:
    """Every other way to prove oneself, where a code belongs to the account's sign-ins: any proven destination could receive
    that code, so whoever holds only the one that the reset came by would hold both (requirement RC-10). Staff have but the
    app. None if none is asked for, or there is none."""
    account = standing.account
    if not _asks(deps, account):
        return []
    have = standing.factors.methods
    app = [Way(APP, APP)] if "totp" in have else []
    if account.staff:
        return app
    known = [item for item in account.destinations if item.verified_at and account.channel_of(item) != standing.channel]
    places = [Way(item.id, item.kind, MASKS[item.kind](item.address)) for item in sorted(known, key=lambda item: not item.usual)]
    return app + places + ([Way(PRINTED, PRINTED)] if "recovery" in have else [])


def _asks(deps: Deps, account: Account) -> bool:
    mode = deps.policy.second_factor.mode
    return account.staff or mode == "required" or (account.second_factor and mode != "off")


def hold(deps: Deps, standing: Standing) -> int:
    """Seconds for which codes are to be no second factor for portals: there was nothing beside the destination."""
    return int(deps.policy.recovery.hold) if _asks(deps, standing.account) and not ways(deps, standing) else 0


def verdicts(deps: Deps, hasher: Hasher, standing: Standing, typed: str, again: str) -> tuple[str, ...]:
    """What is wrong with the new password, as codes. Raises `Busy`."""
    return new_passwords.verdicts_for(deps, hasher, standing.account, typed, again)


def set_password(deps: Deps, hasher: Hasher, owner: str, standing: Standing, typed: str, who: Caller) -> bool:
    """Set it, once: the link is spent in the same transaction, and of everything that was proven for one epoch of the
    account one change is made. False, and nothing is done, if somebody was faster. Raises `Busy`."""

    def claim(connection: Connection) -> bool:
        if not standing.link:
            return True  # the account's epoch, which the change raises, is what a code was good for
        link = link_table.claim(connection, standing.link, "reset", deps.now())
        return link is not None and (link.owner, link.epoch) == (standing.account.id, standing.account.epoch)

    seconds = hold(deps, standing)
    changed = new_passwords.replace(deps, hasher, standing.account, typed, who, "reset", claim, seconds)
    if changed is None:
        return False
    known = [{"name": one.name, "created_at": one.created_at} for one in passkeys.of_account(deps, changed.id)]
    drafts.put(deps, DONE, owner, {"held_until": changed.held_until if seconds else 0, "passkeys": known})
    return True
