"""Setting up where codes go: what was typed is kept as a draft, and saved once every destination has proven itself."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Mapping

from idp import texts, vault
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.device import Caller
from idp.domain.identifiers import email_verdicts, fold_email, mask_email, mask_phone
from idp.domain.kept import read_as
from idp.domain.phone import dialled, fold_mobile, mobile_verdicts
from idp.services import drafts, factor_changes, limits
from idp.services.factor_changes import Changed
from idp.tables import agreements, factors
from idp.tables.database import Connection
from idp.vault import fingerprint

DRAFT = "destinations"
PRIVACY = "privacy"
MASKS = {"email": mask_email, "sms": mask_phone}
ERRORS = {"email.format": "elogin.err.format", "email.dots": "elogin.err.rfc"}
ERRORS |= {"phone.format": "tfa.err.phone.digits", "phone.kind": "tfa.err.phone.kind"}
TYPED = ("mailbox", "email", "phone", "usual", "consent")


@dataclass(frozen=True)
class Place:
    """One destination as entered: `key` is mailbox, email or sms."""

    key: str
    kind: Literal["email", "sms"]
    address: str

    @property
    def masked(self) -> str:
        """The address as pages show it."""
        return MASKS[self.kind](self.address)

    @property
    def written(self) -> str:
        """The same in full, a Japanese number as it is dialled."""
        return dialled(self.address) if self.kind == "sms" else self.address


@dataclass(frozen=True)
class Draft:
    """What was entered, and how far it has proven itself. `typed`: the form as it was sent; `on`: the second factor's new
    state, None: as it is; `agreed`: what is to be put on record of the consent; `sent` and `proven` by key of the place."""

    id: str
    typed: Mapping[str, str] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    usual: str = ""
    on: bool | None = None
    agreed: Mapping[str, Any] = field(default_factory=dict)
    sent: Mapping[str, Any] = field(default_factory=dict)
    proven: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether there is something to save and all of it is proven."""
        return bool(self.places) and {place.key for place in self.places} <= set(self.proven)


@dataclass(frozen=True)
class Overview:
    """The settings as they are: the proven destinations, the usual one first, whether there is an app, printed codes left."""

    places: tuple[tuple[Place, bool], ...]
    app: bool
    printed: int


def place_of(account: Account, item: Destination) -> Place:
    """A destination of the account as one that might have been entered."""
    own = account.mailbox is not None and item.kind == "email" and item.address.casefold() == account.mailbox.casefold()
    return Place("mailbox" if own else item.kind, item.kind, item.address)


def overview(deps: Deps, account: Account) -> Overview:
    """What the status page shows. `account` comes with its destinations."""
    with deps.database.read() as connection:
        app, printed = factors.app(connection, account.id), factors.codes_left(connection, account.id)
    known = sorted((item for item in account.destinations if item.verified_at), key=lambda item: not item.usual)
    return Overview(tuple((place_of(account, item), item.usual) for item in known), app is not None, printed)


def may_choose(deps: Deps, account: Account) -> bool:
    """Whether it is the member who decides if a code is asked for."""
    return deps.policy.second_factor.mode in ("optional", "recommended") and not account.staff


def typed_before(account: Account) -> dict[str, str]:
    """The form as it would have to be sent to change nothing."""
    found = dict.fromkeys(TYPED, "")
    for item in account.destinations:
        place = place_of(account, item)
        name = "phone" if place.key == "sms" else place.key
        found[name] = "yes" if name == "mailbox" else "0" + item.address[3:] if item.address.startswith("+81") else item.address
        found["usual"] = place.key if item.usual else found["usual"]
    return found


def privacy_version(deps: Deps) -> str:
    """Names the text that members agree to: it changes when the text, its address or the operator does."""
    brand = deps.settings.brand
    return fingerprint("\n".join((brand.privacy_url, brand.operator, texts.text(texts.LOCALES[0], "tfa.privacy.text"))))


def consent_wanted(deps: Deps, account: Account) -> bool:
    """Whether the member has yet to agree to the text as it is now."""
    with deps.database.read() as connection:
        return agreements.version_agreed(connection, account.id, PRIVACY) != privacy_version(deps)


def places_of(account: Account, typed: Mapping[str, str]) -> tuple[tuple[Place, ...], list[tuple[str, str]]]:
    """The destinations that were entered, and what is wrong with them: (field, key of the sentence)."""
    found: dict[str, Place] = {}
    wrong: list[tuple[str, str]] = []
    if typed["mailbox"] and account.mailbox:
        found["mailbox"] = Place("mailbox", "email", account.mailbox)
    if email := typed["email"].strip():
        key = fold_email(email)
        # an odd address of an old system may stay, but none may come
        known = key is not None and key in {item.address.casefold() for item in account.destinations if item.kind == "email"}
        verdicts = () if known else email_verdicts(email)
        wrong += [("email", ERRORS[code]) for code in verdicts]
        if key and not verdicts:
            own = account.mailbox is not None and key == account.mailbox.casefold()
            name = "mailbox" if own else "email"
            found[name] = Place(name, "email", email if email.lower() == key else key)
    if phone := typed["phone"].strip():
        wrong += [("phone", ERRORS[code]) for code in mobile_verdicts(phone)]
        if number := fold_mobile(phone):
            found["sms"] = Place("sms", "sms", number)
    if not found and not wrong:
        wrong.append(("email", "tfa.err.nodest"))
    return tuple(found.values()), wrong


def enter(
    deps: Deps, account: Account, owner: str, form: Mapping[str, str], address: str
) -> tuple[Draft, list[tuple[str, str]]]:
    """Keep what was entered as a new draft, in place of any other; with what is wrong with it, if anything is."""
    typed = {name: form[name][:512] for name in TYPED}
    places, wrong = places_of(account, form)
    keys = [place.key for place in places]
    usual = keys[0] if len(keys) == 1 else form["usual"]
    if len(keys) > 1 and usual not in keys:
        wrong.append(("usual", "tfa.err.default"))
    agreed: dict[str, Any] = {}
    if consent_wanted(deps, account):
        if form["consent"] == "yes":
            agreed = {"version": privacy_version(deps), "at": deps.now(), "address": limits.network_of(address)}
        else:
            wrong.append(("consent", "tfa.err.consent"))
    on = None if deps.policy.second_factor.mode == "off" and not account.staff else True
    good = () if wrong else places
    draft = Draft(vault.random_id(), typed, good, usual, on, agreed)
    keep(deps, owner, draft)
    return draft, wrong


def keep(deps: Deps, owner: str, draft: Draft) -> None:
    """Store the draft. Raises `Unavailable`."""
    drafts.put(deps, DRAFT, owner, asdict(draft))


def find(deps: Deps, owner: str) -> Draft | None:
    """The owner's draft, if there is one. Raises `Unavailable`."""
    return _made(drafts.get(deps, DRAFT, owner))


def _made(data: dict[str, Any] | None) -> Draft | None:
    if data is None:
        return None
    places = tuple(read_as(Place, one) for one in data["places"])
    return read_as(Draft, {**data, "places": places})


def sighted(account: Account, draft: Draft, place: Place) -> str:
    """A destination as the page of its code shows it: in full while it is being proven, so that a slip of the finger is seen by
    whoever typed it; what is stored already, and what is proven, is masked (requirement MF-08)."""
    stored = {account.mailbox or "", *(item.address for item in account.destinations)}
    known = place.key in draft.proven or place.address.lower() in {address.lower() for address in stored}
    return place.masked if known else place.written


def circular(draft_places: tuple[Place, ...]) -> bool:
    """Whether codes go nowhere but to the mailbox that is read behind this very sign-in."""
    return [place.key for place in draft_places] == ["mailbox"]


def save(deps: Deps, account: Account, owner: str, draft: Draft, who: Caller) -> Changed | None:
    """Make what was proven the settings of the account; None if somebody else was faster. Of parallel callers one saves.
    Raises `Unavailable`."""
    taken = _made(drafts.take(deps, DRAFT, owner))
    if taken is None or taken.id != draft.id or not taken.complete:
        return None
    now = deps.now()
    kept = [
        Destination(vault.random_id(), account.id, place.kind, place.address, now, place.key == taken.usual)
        for place in taken.places
    ]

    def work(connection: Connection) -> None:
        factors.replace_destinations(connection, account.id, kept, now)
        if agreed := taken.agreed:
            agreements.add(connection, account.id, PRIVACY, agreed["version"], agreed["at"], agreed["address"])

    summary = "on" if taken.on and not account.second_factor else "destinations"
    return factor_changes.change(deps, account, summary, who, work, taken.on)


def switch_off(deps: Deps, account: Account, who: Caller) -> Changed | None:
    """No code at sign-in any more. The app and the printed codes go, or a password alone could replace them; destinations
    stay, because notices go there. None if the account was changed meanwhile."""

    def work(connection: Connection) -> None:
        factors.drop_app(connection, account.id)
        factors.drop_codes(connection, account.id)

    return factor_changes.change(deps, account, "off", who, work, on=False)

