"""How a support agent's one search box is read: everything that what was typed may stand for, folded (japan.md, Input folding)."""

from dataclasses import dataclass
from typing import Mapping

from idp.domain import folding
from idp.domain.identifiers import fold_email, fold_login_id
from idp.domain.phone import fold_mobile

KEY_MAX = 64  # characters of a key that are compared
SHORTEST = 2  # letters of Latin that a beginning must have; one of kana or kanji says as much


def name_key(text: str) -> str:
    """The key that a name is found by, from its beginning: kana as katakana, kanji with their variants, Latin letters without
    case; no spaces. Empty if there is nothing to compare."""
    written = folding.script(text)
    if written == "kana":
        key = folding.kana(text) or ""
    else:
        key = (folding.kanji(text) if written == "kanji" else folding.fold(text).replace(" ", "")) or ""
    return key.casefold()[:KEY_MAX]


def keys_of(login_id_key: str, nickname: str, profile: Mapping[str, object]) -> frozenset[str]:
    """Every key that an account is found by from the beginning: its login ID, and each name that it has."""
    whole = profile.get("name") or " ".join(str(profile[part]) for part in ("family_name", "given_name") if profile.get(part))
    return frozenset(key for key in (login_id_key, name_key(nickname), name_key(str(whole or ""))) if key)


@dataclass(frozen=True)
class Terms:
    """What was typed may be: a subject, a login ID, an address, a mobile number (E.164), a customer number, each folded and None
    if it cannot be one; and what a name or a login ID may begin with, empty if that is too short."""

    subject: str | None
    login_id: str | None
    email: str | None
    mobile: str | None
    number: str | None
    beginning: str

    @property
    def empty(self) -> bool:
        """Whether nothing can be looked for."""
        return not (any((self.subject, self.login_id, self.email, self.mobile, self.number)) or self.beginning)


def read(typed: str) -> Terms:
    """Everything that it may stand for."""
    plain = folding.fold(typed)
    login_id, email = fold_login_id(plain), fold_email(plain)
    start = name_key(plain)
    return Terms(
        subject=plain if len(plain) == 26 and plain.isascii() and plain.isalnum() else None,
        login_id=login_id,
        email=email,
        mobile=fold_mobile(plain),
        number=folding.customer_number(plain),
        beginning=start if "@" not in start and len(start) >= (SHORTEST if start.isascii() else 1) else "",
    )
