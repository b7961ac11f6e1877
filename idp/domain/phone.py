"""Numbers that text messages go to: Japanese mobile numbers in E.164."""

from idp.domain import folding

VERDICTS = ("phone.format", "phone.kind")


def fold_mobile(typed: str) -> str | None:
    """`+819012345678` for a number as people type it, with hyphens, brackets, full-width digits, `+81` or `0081`;
    None unless it is a Japanese mobile number (060, 070, 080, 090 and eight more digits) in a range that is in use."""
    import phonenumbers  # 50 ms, and not every command needs it

    domestic = folding.phone(typed)
    if domestic is None or folding.phone_kind(domestic) != "mobile":
        return None
    number = phonenumbers.parse(domestic, "JP")
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mobile_verdicts(typed: str) -> tuple[str, ...]:
    """Why no text message can be sent to `typed`, as codes of `VERDICTS`; empty if one can.

    050 (IP), 020 (machines), landlines, 0120 and 0800 take none (japan.md, Phones and SMS).
    """
    if fold_mobile(typed):
        return ()
    return ("phone.kind",) if folding.phone(typed) else ("phone.format",)


def dialled(number: str) -> str:
    """A number in E.164 as members read and dial it: `+819012345678` is `090-1234-5678`. What is not a Japanese mobile number has
    no hyphens, because only its own country knows where they stand."""
    domestic = "0" + number[3:] if number.startswith("+81") else number
    return f"{domestic[:3]}-{domestic[3:7]}-{domestic[7:]}" if folding.phone_kind(domestic) == "mobile" else domestic
