"""What a member may call a passkey."""

import unicodedata

MAX_CHARACTERS = 40
VERDICTS = ("passkey.length", "passkey.characters")


def fold_name(typed: str) -> str:
    """The name as it is stored and shown: NFC, without spaces at its ends."""
    return unicodedata.normalize("NFC", typed[: 4 * MAX_CHARACTERS]).strip()


def name_verdicts(typed: str) -> tuple[str, ...]:
    """Why this cannot be a passkey's name, as codes of `VERDICTS`; an empty name is none of them. Controls, marks that turn
    the direction of writing and line ends are refused (Unicode categories C, Zl and Zp)."""
    found = []
    if len(typed) > MAX_CHARACTERS:
        found.append("passkey.length")
    if any(unicodedata.category(one)[0] == "C" or unicodedata.category(one) in ("Zl", "Zp") for one in typed[: 4 * MAX_CHARACTERS]):
        found.append("passkey.characters")
    return tuple(found)
