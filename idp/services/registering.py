"""A registration under way: until when it is good, whom its letters go to, which browser it was begun in, and which login ID
nobody else can have meanwhile."""

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.identifiers import fold_email, fold_login_id
from idp.domain.journey import Journey
from idp.domain.nickname import nickname_verdicts
from idp.services import drafts, journeys, letters, links
from idp.services.accounts import reserved_words
from idp.tables import accounts, login_ids, outbox, registrations
from idp.tables.links import Link
from idp.tables.registrations import Registration

_BEGUN = "registration-begun"
# outcomes of a letter after which it will not arrive
LOST = frozenset({"unreachable", "rejected", "failed", "parked", "expired", "cancelled"})


def letter_life(deps: Deps) -> int:
    """For how many seconds a mail server that is away is tried: half the time that the letter promises."""
    return deps.policy.registration.valid // 2


def longest(deps: Deps) -> int:
    """How many seconds a registration can be good at most, from when its letter was written."""
    return deps.policy.registration.valid + letter_life(deps)


def ends_at(connection: Connection, deps: Deps, registration: Registration) -> int:
    """The second from which the registration is over, counted from when the mail server took its last letter, or from when
    that was written as long as it has not (decisions.md, provisional registration)."""
    taken = registrations.taken_over_at(connection, registration.letter)
    return (registration.sent_at if taken is None else taken) + deps.policy.registration.valid


def link_ends_at(connection: Connection, deps: Deps, registration: Registration, link: Link) -> int:
    """The same for one link: that of an earlier letter is good for as long as the letter says."""
    if link.place == registration.sends:
        return ends_at(connection, deps, registration)
    return link.created_at + deps.policy.registration.valid


def of_contract(connection: Connection, deps: Deps, contract_key: str) -> Registration | None:
    """The contract's registration, if it is good to the second."""
    found = registrations.of_contract(connection, contract_key, deps.now())
    return found if found and deps.now() < ends_at(connection, deps, found) else None


def login_id_taken(connection: Connection, deps: Deps, login_id: str, contract_key: str, staff: bool = False) -> bool:
    """Whether a login ID is anybody's: an account's, also a closed one's, a registration's under way of another contract than
    this one, or, unless it is for `staff`, an office's (requirements RG-03, AC-01). Whatever registration is over is out of the
    way then."""
    key, now = fold_login_id(login_id) or "", deps.now()
    if not staff and "nickname.reserved" in nickname_verdicts(login_id, reserved_words(deps)):
        return True
    if login_ids.ever_used(connection, key):
        return True
    holder = registrations.holder(connection, key, contract_key, now)
    return holder is not None and now < ends_at(connection, deps, holder)


def write(connection: Connection, deps: Deps, registration: Registration) -> str:
    """Write the letter with a new link, in the caller's transaction; returns its key. Where the address already is what
    another account signs in by, its owner is told instead, and the same is done (requirement RG-09)."""
    now, valid = deps.now(), int(deps.policy.registration.valid)
    token = links.issue(connection, deps, "registration", registration.id, longest(deps), "mail", place=registration.sends)
    owner = accounts.by_email_login(connection, fold_email(registration.email) or "")
    facts: dict[str, str | int] = {"datetime": now}
    if owner is None:
        url = f"{deps.settings.issuer}/register/open/{token}"
        facts = {"nickname": registration.nickname, "deadline": now + valid, "url": url}
    return letters.write(
        connection,
        deps,
        account_id=owner.id if owner else None,
        channel="mail",
        to=registration.email,
        template="mail.notice.address" if owner else "mail.provisional",
        locale=registration.locale,
        facts=facts,
        expires_at=now + letter_life(deps),
    )


@dataclass(frozen=True)
class Sending:
    """What is known of the letter sent last: `ends_at` and `again_at` in Unix seconds, `lost` if it will not arrive."""

    registration: Registration
    ends_at: int
    again_at: int
    lost: bool


def sending(deps: Deps, registration_id: str) -> Sending | None:
    """What became of the registration's letter; None if there is no such registration or it is over."""
    with deps.database.read() as connection:
        found = registrations.find(connection, registration_id)
        if found is None or deps.now() >= (end := ends_at(connection, deps, found)):
            return None
        outcome = outbox.outcome_of(connection, found.letter)
    return Sending(found, end, found.sent_at + deps.policy.registration.resend, outcome is not None and outcome[0] in LOST)


def begin_here(deps: Deps, journey: Journey, registration_id: str) -> None:
    """Remember in this browser, and for no other, which journey the registration belongs to (requirement RG-10). Raises
    `Unavailable`."""
    kept = {"journey": journey.id, "sealed": journeys.seal(deps, journey)}
    drafts.put(deps, _BEGUN, f"{journey.browser}:{registration_id}", kept, longest(deps))


def begun_here(deps: Deps, browser: str, registration_id: str) -> Journey | None:
    """The journey that the registration was begun on, if that was in this browser; as it was at the portal's request if it
    has been left too long. None also if it has been finished otherwise. Raises `Unavailable`."""
    kept = drafts.get(deps, _BEGUN, f"{browser}:{registration_id}")
    if kept is None:
        return None
    if known := journeys.find(deps, kept["journey"], browser):
        return None if known.finished else known
    request = journeys.reopen(deps, kept["sealed"], browser)
    return journeys.renew(deps, request) if request else None
