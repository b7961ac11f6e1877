"""Login IDs and mail addresses: the key two of them are compared by, what a new one must be, and how one is masked."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from idp.domain.policy import LoginIdRule

MAX_BYTES = 1_024
LOGIN_ID_MAX = 64
EMAIL_MAX = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets
ALL_SYMBOLS = "!\"#$%&'()*+,-./:;<=>?[\\]^_`{|}~"  # every ASCII symbol but "@", which belongs to mail addresses
VERDICTS = ("login_id.length", "login_id.characters", "login_id.edges", "email.format", "email.dots")

# soft hyphen, Mongolian and zero-width spaces and joiners, bidi marks and isolates, BOM: pasted along unseen
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_TYPED_BY_KEYBOARD = re.compile("[\x20-\x7e\u3000\uff01-\uff5e]*")  # ASCII and its full-width twins of a Japanese keyboard
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")  # what <input type=email> accepts (HTML, valid e-mail address)
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def _too_long(typed: str) -> bool:
    return len(typed) > MAX_BYTES or len(typed.encode("utf-8", "surrogatepass")) > MAX_BYTES


def _fold(typed: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", typed))


def fold_login_id(typed: str) -> str | None:
    """The key a login ID is found by: full-width letters as ASCII, no spaces, lower-case; None if it cannot be one.

    Imported IDs may hold any ASCII symbol, so this is wider than what a new ID may be (japan.md, Input folding).
    """
    if _too_long(typed):
        return None
    key = re.sub(r"\s", "", _fold(typed))
    # only ASCII is ever lower-cased: "\u212a".lower() is a plain "k"
    return key.lower() if re.fullmatch(f"[!-~]{{1,{LOGIN_ID_MAX}}}", key) else None


def new_login_id(typed: str) -> str:
    """A new login ID as the member means it, to be judged and shown after that: full-width letters of a Japanese keyboard in half
    width, without outer spaces and what was pasted along unseen (japan.md, Input folding). Nothing else is converted, so that
    nobody gets an ID of other letters than they chose; it signs in as `typed` does."""
    return typed if _too_long(typed) else _INVISIBLE.sub("", typed).translate(_HALF_WIDTH).strip()


def login_id_verdicts(typed: str, rule: LoginIdRule) -> tuple[str, ...]:
    """Why `typed` cannot be a new login ID, as codes of `VERDICTS`; empty if it can.

    Nothing is converted here: what is judged is what the registration mail and the desk will read out (see `new_login_id`).
    """
    if _too_long(typed):
        return ("login_id.length",)
    found = []
    if not rule.min <= len(typed) <= rule.max:
        found.append("login_id.length")
    if not re.fullmatch(f"[A-Za-z0-9{re.escape(rule.symbols)}]*", typed):
        found.append("login_id.characters")
    elif typed and not (typed[0].isalnum() and typed[-1].isalnum()):
        found.append("login_id.edges")
    return tuple(found)


def login_id_parameters(rule: LoginIdRule) -> dict[str, int | str]:
    """What the texts of the login ID's rules and verdicts may name."""
    return {"min": rule.min, "max": rule.max, "symbols": " ".join(rule.symbols)}


def login_id_rules(rule: LoginIdRule) -> tuple[str, ...]:
    """The rule as codes for the hint beside the field, from the object that also decides."""
    if set(rule.symbols) == set(ALL_SYMBOLS):
        return ("login_id.length", "login_id.characters_all", "login_id.edges")
    if rule.symbols:
        return ("login_id.length", "login_id.characters", "login_id.edges")
    return ("login_id.length", "login_id.alphanumeric")


def _split(address: str) -> tuple[str, str] | None:
    local, at, domain = address.rpartition("@")
    if not at or len(address) > EMAIL_MAX or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return local, domain


def fold_email(typed: str) -> str | None:
    """The key a mail address is compared by: one ASCII address in lower case, at most 254 characters; None if it is
    not one.

    Old carrier addresses with dots that RFC 5321 forbids (`a..b@`, `ab.@`) have a key: they exist in imported data.
    """
    if _too_long(typed):
        return None
    address = _fold(typed).strip()
    return address.lower() if address.isascii() and _split(address) else None


def email_verdicts(typed: str) -> tuple[str, ...]:
    """Why `typed` cannot be a new mail address, as codes of `VERDICTS`; empty if it can.

    An unquoted address of RFC 5321 section 4.1.2 with a domain of the public DNS or under .test; no look-up is made.
    """
    if _too_long(typed) or not _TYPED_BY_KEYBOARD.fullmatch(_INVISIBLE.sub("", typed)):
        return ("email.format",)
    parts = _split(_fold(typed).strip())
    if parts is None:
        return ("email.format",)
    local, domain = parts
    try:
        # the library refuses addresses that Japanese carriers gave out, hence the domain only
        validate_email("x@" + domain, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return ("email.format",)
    if "." not in domain:
        return ("email.format",)
    return ("email.dots",) if local[0] == "." or local[-1] == "." or ".." in local else ()


def mask_email(address: str) -> str:
    """`h****o@docomo.ne.jp`: first and last character of the local part, the domain in full so that people know
    which mailbox is meant (flows.md, Masking). Always four asterisks, so that the length stays unsaid."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}****{local[-1] if len(local) > 2 else ''}@{domain}"


def mask_phone(number: str) -> str:
    """`090-****-5678` for a Japanese mobile number in E.164 or domestic form; of other numbers the last four digits."""
    digits = "".join(re.findall("[0-9]", number))
    if number.startswith("+81"):
        digits = "0" + digits[2:]
    head = f"{digits[:3]}-" if len(digits) == 11 else ""
    return f"{head}****-{digits[-4:]}" if len(digits) > 7 else "****"
