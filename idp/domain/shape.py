"""What a text looks like without what it says: enough to tell a telephone number from a date, and nobody from anybody."""

import unicodedata

MOST = 40


def shape(text: str) -> str:
    """Digits as 9, letters as a and A, kana as ア, あ and ｱ, other letters as 漢; punctuation and spaces stand, whatever is
    unseen does not. At most `MOST` characters."""
    return "".join(_sign(one) for one in text[:MOST])


def _sign(one: str) -> str:
    kind = unicodedata.category(one)
    if kind == "Nd":
        return "9" if one.isascii() else "９"
    if "ぁ" <= one <= "ゟ":
        return "あ"
    if "ァ" <= one <= "ヿ":
        return "ー" if one == "ー" else "ア"
    if "ｦ" <= one <= "ﾟ":
        return "ｱ"
    if kind[0] in "LMN":
        return ("A" if one.isupper() else "a") if unicodedata.name(one, "").startswith(("LATIN", "FULLWIDTH LATIN")) else "漢"
    return one if kind[0] in "PS" or one in " \u3000" else "\ufffd"


def masked_number(number: str) -> str:
    """A customer number by its ends: 12****7."""
    return number[:2] + "*" * (len(number) - 3) + number[-1] if len(number) > 5 else "*" * len(number)
