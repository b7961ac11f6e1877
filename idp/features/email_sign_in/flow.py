"""An address becomes a name to sign in by once a code sent there was typed back.

It is a name like the login ID, no factor: sessions, remembered browsers and tokens stay as they are, every destination is
told (requirement AC-02). Who uses an address is told to nobody but whoever reads its mail.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.device import Caller
from idp.domain.identifiers import email_verdicts, fold_email, mask_email
from idp.domain.kept import read_as
from idp.services import drafts, notices, one_time_codes, portal_events, records
from idp.services.accounts import shown
from idp.services.one_time_codes import Checked, Instead, NotSent, SentCode
from idp.tables import accounts, failures, login_ids
from idp.tables.database import Connection

DRAFT = "email-sign-in"
CHANGED = "email_sign_in_changed"
ERRORS = {"email.format": "elogin.err.format", "email.dots": "elogin.err.rfc"}
SUMMARIES = {"on": "elogin_on", "changed": "elogin_changed", "off": "elogin_off"}
# what anybody may have sent to any address must not use up the codes of a sign-in (requirement LG-07)
SCOPE = "elogin-"

Refused = tuple[str, int]  # key of the sentence, and the Unix time from which it may be tried again, if there is one
Saved = Literal["on", "changed", "used", "lost"]


@dataclass(frozen=True)
class Draft:
    """An address that is being proven: as shown and as compared; `epoch` of the account when it was entered; `codes` sent
    there, the last one at `at` and good before `until` (Unix seconds)."""

    id: str
    address: str
    key: str
    epoch: int
    codes: tuple[SentCode, ...] = ()
    at: int = 0
    until: int = 0
    proven: bool = False


@dataclass(frozen=True)
class Entered:
    """What came of an address: on its way to be proven, or what is wrong with it."""

    draft: Draft | None = None
    wrong: tuple[Refused, ...] = ()


def masked(address: str | None) -> str | None:
    """The address as pages and letters show it."""
    return mask_email(address) if address else None


def sighted(account: Account, draft: Draft) -> str:
    """The draft's address as its page shows it: in full while it is being proven, so that a slip of the finger is seen by whoever
    typed it; what is stored already, and what is proven, is masked (requirement MF-08)."""
    stored = {account.mailbox or "", account.email_login or "", *(item.address for item in account.destinations)}
    known = draft.proven or draft.key in {address.lower() for address in stored}
    return mask_email(draft.address) if known else draft.address


def chosen(account: Account, form: Mapping[str, str]) -> str:
    """The address that the form means: the operator's own mailbox of this member, or the one typed."""
    return account.mailbox if form["place"] == "mailbox" and account.mailbox else form["email"].strip()


def enter(deps: Deps, account: Account, owner: str, typed: str, address: str, locale: str) -> Entered:
    """Send a code to the address, and keep it as the owner's draft; sent twice, the form sends one code. `address`: the
    caller's network address. Raises `Unavailable`."""
    if verdicts := email_verdicts(typed):
        return Entered(wrong=tuple((ERRORS[code], 0) for code in verdicts))
    key = fold_email(typed) or ""
    if key == account.email_login_key:
        return Entered(wrong=(("elogin.err.same", 0),))
    known = find(deps, owner)
    if known and known.key == key and known.epoch == account.epoch and deps.now() < known.at + deps.policy.codes.resend:
        return Entered(known)
    draft = Draft(vault.random_id(), shown(typed, key), key, account.epoch)
    refused = send(deps, account, owner, draft, address, locale)
    return Entered(wrong=(refused,)) if refused else Entered(find(deps, owner))


def find(deps: Deps, owner: str) -> Draft | None:
    """The owner's draft, if there is one. Raises `Unavailable`."""
    return _made(drafts.get(deps, DRAFT, owner))


def _made(data: dict[str, Any] | None) -> Draft | None:
    return read_as(Draft, {**data, "codes": tuple(read_as(SentCode, one) for one in data["codes"])}) if data else None


def keep(deps: Deps, owner: str, draft: Draft) -> None:
    """Store the draft. Raises `Unavailable`."""
    drafts.put(deps, DRAFT, owner, asdict(draft))


def _purpose(deps: Deps, draft: Draft) -> str:
    # a code proves one address for this one end
    return "email-sign-in:" + deps.vault.keyed_hash("set-up", draft.key)


def send(deps: Deps, account: Account, owner: str, draft: Draft, address: str, locale: str) -> Refused | None:
    """Send a code to the draft's address; where that is another account's, its owner is told instead, and everything else is
    the same. What prevented it comes back. Raises `Unavailable`."""
    wait = deps.policy.codes.resend
    mark = f"resend:{DRAFT}:{account.id}:{vault.fingerprint(draft.key)}"
    if not deps.ephemeral.add(mark, b"1", wait):
        return "mfa.resend.wait", (draft.at or deps.now()) + wait
    with deps.database.read() as connection:
        holder = login_ids.holder(connection, draft.key)
    instead = Instead("notice.elogin_used", holder) if holder and holder.id != account.id else None
    to, purpose = Destination(draft.id, account.id, "email", draft.address), _purpose(deps, draft)
    try:
        sent = one_time_codes.send(deps, account, to, purpose, draft.id, "test", address, draft.codes, locale, SCOPE, instead)
    except NotSent as refused:
        deps.ephemeral.drop(mark)  # or the next press would be told to wait for a time that is over
        return "mfa.err.send_limit", refused.again_at
    codes = (*draft.codes, sent)[-one_time_codes.LIVE_AT_ONCE :]
    keep(deps, owner, replace(draft, codes=codes, at=sent.at, until=sent.until))
    return None


def check(deps: Deps, account: Account, owner: str, draft: Draft, typed: str) -> Checked:
    """Try the code that was typed; a right one is noted in the draft. Raises `Unavailable`."""
    checked = one_time_codes.check(deps, account.id, _purpose(deps, draft), draft.id, typed)
    if checked.result != "ok":
        return checked
    with deps.database.write() as connection:
        # only this try is taken back: who proves an address of their own must not get more guesses for the member's
        bucket = one_time_codes.bucket_of(account.id)
        failures.give_back(connection, bucket, failures.read(connection, bucket, deps.now()))
    keep(deps, owner, replace(draft, proven=True))
    return checked


def save(deps: Deps, account: Account, owner: str, who: Caller) -> Saved:
    """Let the member sign in with the address that was proven. "used": somebody else has proven it first; "lost": nothing is
    there to be saved, or the account has been changed meanwhile. Of parallel callers one saves. Raises `Unavailable`."""
    draft = _made(drafts.take(deps, DRAFT, owner))
    if draft is None or not draft.proven or draft.epoch != account.epoch:
        return "lost"
    what: Saved = "changed" if account.email_login_key else "on"
    try:
        with deps.database.write() as connection:
            holder = login_ids.holder(connection, draft.key)
            if holder and holder.id != account.id:
                return "used"
            if not login_ids.change_email(connection, account, draft.address, draft.key, deps.now()):
                return "lost"
            _record(connection, deps, account, what, draft.address, who)
            new = Destination(draft.id, account.id, "email", draft.address, deps.now())
            notices.tell(connection, deps, account, "notice.elogin", {"datetime": deps.now(), **who.device}, (new,))
    except accounts.Taken:
        return "used"
    return what


def switch_off(deps: Deps, account: Account, who: Caller) -> bool:
    """The login ID alone from now on; false if the account was changed meanwhile."""
    with deps.database.write() as connection:
        if not login_ids.change_email(connection, account, None, None, deps.now()):
            return False
        _record(connection, deps, account, "off", account.email_login or "", who)
    return True


def _record(connection: Connection, deps: Deps, account: Account, what: str, changed: str, who: Caller) -> None:
    """Put it on record, and tell every destination and the address so far. `changed`: the address that it is about."""
    records.add(connection, deps, CHANGED, account_id=account.id, address=who.address, detail={"what": what})
    old = account.email_login
    others = [Destination("", account.id, "email", old, deps.now())] if old else []
    told = [item for item in (*account.destinations, *others) if what == "off" or item.address.casefold() != changed.casefold()]
    facts: dict[str, str | int] = {"datetime": deps.now(), "summary": SUMMARIES[what], "masked": mask_email(changed), **who.device}
    notices.tell(connection, deps, account, "notice.elogin_changed", facts, told)
    portal_events.tell(connection, deps, account.id, "identifier_changed")
