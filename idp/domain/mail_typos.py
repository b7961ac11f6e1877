"""Mail domains that members mistype: which one was probably meant. A hint, never a refusal (flows.md 2.3, E1)."""

# the large mail services of Japan and the world whose names are typed by hand
COMMON = (
    "docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "ymobile.ne.jp", "rakumail.jp", "uqmobile.jp",
    "gmail.com", "yahoo.co.jp", "ybb.ne.jp", "icloud.com", "outlook.jp", "outlook.com", "hotmail.com", "hotmail.co.jp", "nifty.com",
)  # fmt: skip
_SHORTEST = 7  # of a shorter name too many neighbours are somebody's


def _one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many, wrong, or has changed places with its neighbour."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    at = next((n for n, (one, other) in enumerate(zip(typed, meant)) if one != other), min(len(typed), len(meant)))
    rest, wanted = typed[at:], meant[at:]
    swapped = rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:]
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]


def meant(address: str) -> str | None:
    """The address with the common domain that is one slip of the finger away, or None. `address` has been folded or passed
    `email_verdicts`."""
    local, _, domain = address.rpartition("@")
    typed = domain.lower()
    if typed in COMMON:
        return None
    return next((f"{local}@{known}" for known in COMMON if len(known) >= _SHORTEST and _one_slip(typed, known)), None)
