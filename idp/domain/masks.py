"""What staff see of a member's personal data until they say why they have to see more (flows.md, Masking; requirement AD-05)."""

import re
import unicodedata

from idp.domain.identifiers import mask_email, mask_phone

STAR = "＊"
# what turns the direction of writing or cannot be seen: a name must not rearrange what stands around it
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def inert(text: str) -> str:
    """The text with a mark in place of each character that cannot be seen or turns the direction of writing; joiners of emoji
    stay (requirement AD-08)."""
    return "".join("\ufffd" if unicodedata.category(char) in _UNSEEN and char not in "\u200d\ufe0f" else char for char in text)


def mask_name(name: str) -> str:
    """`山田 花＊`: the last part of a name keeps its first character, a name of one part as well."""
    parts = inert(name).split()
    if not parts:
        return ""
    last = parts[-1]
    hidden = last[:1] + STAR * max(1, min(3, len(last) - 1))
    return " ".join([*parts[:-1], hidden])


def mask_number(number: str) -> str:
    """`12＊＊＊＊7`: first two and last character of a customer number of five or more; always four asterisks."""
    number = inert(number)
    return f"{number[:2]}{STAR * 4}{number[-1]}" if len(number) > 4 else STAR * 4


def mask_address(kind: str, address: str) -> str:
    """A destination, `email` or `sms`."""
    return mask_phone(address) if kind == "sms" else inert(mask_email(address))


def odd_mail(address: str) -> bool:
    """Whether an address has dots that RFC 5321 section 4.1.2 forbids, as old addresses of carriers have."""
    local = address.rpartition("@")[0]
    return bool(re.search(r"^\.|\.\.|\.$", local))
