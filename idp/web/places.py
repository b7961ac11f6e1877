"""Says where a code goes in the words that members have for it; never more than the masked address tells."""

import re
from typing import Any, Protocol

from markupsafe import Markup

from idp.domain import mailboxes

_MOBILE = re.compile(r"([0-9]{3})-\*{4}-([0-9]{4})")


class Say(Protocol):
    """Gives a text of the page's language and look."""

    def __call__(self, key: str, **values: Any) -> Markup: ...


def place(say: Say, masked: str, own: bool = False) -> Markup:
    """`090-****-5678` as the telephone that begins and ends so, `h****o@docomo.ne.jp` as the mailbox that is with docomo
    (flows.md, Masking). `own`: it is the member's mailbox with the operator."""
    if "@" in masked:
        name = "mfa.mailbox.own" if own else f"mfa.mailbox.{mailboxes.provider(masked)}"
        return say("mfa.place.mail", mailbox=say(name), masked=masked.replace("****", "…"))
    if mobile := _MOBILE.fullmatch(masked):
        return say("mfa.place.sms", start=mobile[1], end=mobile[2])
    return say("mfa.place.phone", end=masked[-4:])


def helps(masked: str) -> tuple[str, ...]:
    """Whose settings a mail to this masked address may be stuck in: the keys of what to do there."""
    known = mailboxes.HELP.get(mailboxes.provider(masked))
    return (f"mfa.help.{known}",) if known else ()
