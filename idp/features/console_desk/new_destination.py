"""A new destination that a caller names: it proves itself by a code before anybody is asked to approve it (flows.md 2.12: S5)."""

from typing import Any

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.identifiers import email_verdicts, fold_email
from idp.domain.phone import fold_mobile
from idp.services import drafts, one_time_codes
from idp.services.one_time_codes import Checked, NotSent
from idp.tables import failures

DRAFT, SECONDS = "desk-new", 1_800


def _owner(actor: Account, account: Account) -> str:
    return f"{actor.id}:{account.id}"


def _purpose(deps: Deps, draft: dict[str, Any]) -> str:
    # a code proves one address for one draft, and opens nothing else
    return f"desk-new:{draft['kind']}:" + deps.vault.keyed_hash("set-up", draft["address"].casefold())


def find(deps: Deps, actor: Account, account: Account) -> dict[str, Any] | None:
    """`kind`, `address` and whether it is `proven`; None if none was named, or the account was changed since. Raises
    `Unavailable`."""
    found = drafts.get(deps, DRAFT, _owner(actor, account))
    return found if found and found["epoch"] == account.epoch else None


def name(deps: Deps, actor: Account, account: Account, typed: str, address: str) -> tuple[str, int] | None:
    """Send a code to the address or number that was typed; what is wrong with it comes back: the key of a sentence, and the time
    that it names. Raises `Unavailable`."""
    mobile = fold_mobile(typed)
    if mobile is None and email_verdicts(typed):
        return "con.new.err.to", 0
    kind, to = ("sms", mobile) if mobile else ("email", fold_email(typed))
    if any(item.kind == kind and item.address.casefold() == (to or "").casefold() and item.verified_at for item in account.destinations):
        return "con.new.err.same", 0
    draft = {"kind": kind, "address": to, "attempt": vault.random_id(), "epoch": account.epoch, "proven": False}
    place = Destination("new", account.id, kind, str(to))  # type: ignore[arg-type]
    try:
        one_time_codes.send(deps, account, place, _purpose(deps, draft), str(draft["attempt"]), "desk.code", address, fact="desk_code")
    except NotSent as refused:
        return "mfa.err.send_limit", refused.again_at
    drafts.put(deps, DRAFT, _owner(actor, account), draft, SECONDS)
    return None


def type_back(deps: Deps, actor: Account, account: Account, draft: dict[str, Any], typed: str) -> Checked:
    """The code that the caller reads out. Raises `Unavailable`."""
    checked = one_time_codes.check(deps, account.id, _purpose(deps, draft), draft["attempt"], typed)
    if checked.result == "ok":
        with deps.database.write() as connection:
            bucket = one_time_codes.bucket_of(account.id)
            failures.give_back(connection, bucket, failures.read(connection, bucket, deps.now()))
        drafts.put(deps, DRAFT, _owner(actor, account), {**draft, "proven": True}, SECONDS)
    return checked


def forget(deps: Deps, actor: Account, account: Account) -> None:
    """It was proposed, or given up. Raises `Unavailable`."""
    drafts.take(deps, DRAFT, _owner(actor, account))
