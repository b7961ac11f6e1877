"""Each destination of a draft gets a code that has to be typed back (portals P-18, requirements MF-05 and MF-06)."""

from dataclasses import asdict, replace
from typing import Mapping

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.kept import read_as
from idp.features.settings.flow import Draft, Place, keep
from idp.services import one_time_codes
from idp.services.one_time_codes import Checked, NotSent, SentCode
from idp.tables import failures


def _purpose(deps: Deps, place: Place) -> str:
    # a code proves one address for one draft, and opens nothing else
    return f"set-up:{place.kind}:" + deps.vault.keyed_hash("set-up", place.address.casefold())


def send(
    deps: Deps, account: Account, owner: str, draft: Draft, place: Place, address: str, locale: str
) -> tuple[str, int] | None:
    """Send a code to the place. What prevented it comes back: the key of its sentence, and the Unix time from which it may
    be tried again. Raises `Unavailable`."""
    known, wait = draft.sent.get(place.key, {}), deps.policy.codes.resend
    mark = f"resend:{draft.id}:{place.key}"
    if not deps.ephemeral.add(mark, b"1", wait):
        return "mfa.resend.wait", known.get("at", deps.now()) + wait
    to = Destination(place.key, account.id, place.kind, place.address)
    earlier = [read_as(SentCode, one) for one in known.get("codes", ())]
    try:
        sent = one_time_codes.send(deps, account, to, _purpose(deps, place), draft.id, "test", address, earlier, locale)
    except NotSent as refused:
        deps.ephemeral.drop(mark)  # or the next press would be told to wait for a time that is over
        return "mfa.err.send_limit", refused.again_at
    codes = [asdict(one) for one in [*earlier, sent][-one_time_codes.LIVE_AT_ONCE :]]
    news = {place.key: {"codes": codes, "at": sent.at, "until": sent.until}}
    keep(deps, owner, replace(draft, sent={**draft.sent, **news}))
    return None


def check(deps: Deps, account: Account, owner: str, draft: Draft, place: Place, typed: str) -> tuple[Checked, Draft]:
    """Try the code typed for this place; the draft comes back with the place proven if it was right. Raises `Unavailable`."""
    checked = one_time_codes.check(deps, account.id, _purpose(deps, place), draft.id, typed)
    if checked.result != "ok":
        return checked, draft
    with deps.database.write() as connection:
        # only this try is taken back: who proves an address of their own must not get more guesses for the member's
        bucket = one_time_codes.bucket_of(account.id)
        failures.give_back(connection, bucket, failures.read(connection, bucket, deps.now()))
    draft = replace(draft, proven=tuple(dict.fromkeys((*draft.proven, place.key))))
    keep(deps, owner, draft)
    return checked, draft


def check_all(
    deps: Deps, account: Account, owner: str, draft: Draft, typed: Mapping[str, str]
) -> tuple[Draft, dict[str, Checked]]:
    """Try every code that was typed, until one is wrong: fields `code_<key of the place>`. Returns the draft as far as it
    came, and by field what was wrong. Raises `Unavailable`."""
    for place in draft.places:
        name = f"code_{place.key}"
        if place.key in draft.proven or not typed[name].strip():
            continue
        checked, draft = check(deps, account, owner, draft, place, typed[name])
        if checked.result != "ok":
            return draft, {name: checked}
    return draft, {}
