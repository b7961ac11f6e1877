"""What a new password must be and why one is refused; the policy is never applied when somebody signs in."""

import re
import unicodedata
from typing import Callable, Iterable, Sequence

from idp.domain.common_words import STEMS
from idp.domain.policy import Kind, PasswordRule
from idp.domain.romaji import hiragana, spellings

MAX_BYTES = 512
KINDS: tuple[tuple[Kind, str], ...] = (("upper", "[A-Z]"), ("lower", "[a-z]"), ("digit", "[0-9]"), ("symbol", "[!-/:-@[-`{-~]"))
VERDICTS = (
    "password.bytes", "password.min", "password.max", "password.characters", "password.upper", "password.lower",
    "password.digit", "password.symbol", "password.kinds", "password.personal", "password.common",
)  # fmt: skip

_CHARSETS = {"alphanumeric": re.compile("[A-Za-z0-9]*"), "ascii": re.compile("[ -~]*")}
# names of kinds for those who make passwords up; of the symbols such as no form has ever minded
_CLASSES = {"upper": "upper", "lower": "lower", "digit": "digit", "symbol": "[-!#$%*+=?@_]"}
_UNTYPEABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, lone surrogates, line and paragraph separators
_DISGUISES = str.maketrans("013457@$!", "oieastasi")  # Passw0rd, P@ssw0rd
_RUNS = tuple(
    run[::step]
    for run in ("0123456789" * 20, "1234567890" * 20, "abcdefghijklmnopqrstuvwxyz" * 8, "qwertyuiopasdfghjklzxcvbnm" * 8)
    for step in (1, -1)
)
WORD_MIN = 4  # shorter words are inside too many good passwords
_EXTRA_LETTERS = 3  # a word counts for nothing; with fewer letters than this besides, nothing is left to guess
_EXTRA_MAX = 8  # digits and symbols beyond these make up for the word


def _in_passphrase(length: int, rule: PasswordRule) -> bool:
    return rule.alternative.enabled and length >= rule.alternative.min


def verdicts(
    password: str, rule: PasswordRule, words: Iterable[str], common: Callable[[str], int | None]
) -> tuple[str, ...]:
    """Why `password` cannot be a new one, as codes of `VERDICTS`; empty if it can.

    `words` come from `personal_words`; `common` tells the place of a lower-case password in a list of common ones,
    from 1, or None (`idp.common_passwords.rank`). Length counts code points. Source: NIST SP 800-63B-4 section
    3.1.1.2, ASVS 6.2, portals P-32 and A-12.
    """
    if len(password) > MAX_BYTES or len(password.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return ("password.bytes",)
    passphrase = _in_passphrase(len(password), rule)
    found = []
    if len(password) < rule.min:
        found.append("password.min")
    if len(password) > (rule.alternative.max if passphrase else rule.max):
        found.append("password.max")
    charset = None if passphrase else _CHARSETS.get(rule.charset)
    if any(unicodedata.category(c) in _UNTYPEABLE for c in password) or (charset and not charset.fullmatch(password)):
        found.append("password.characters")
    if not passphrase:
        present = {kind for kind, pattern in KINDS if re.search(pattern, password)}
        found += [f"password.{kind}" for kind, _ in KINDS if kind in rule.require and kind not in present]
        if len(present - {"symbol"}) < rule.min_kinds:
            found.append("password.kinds")
    if rule.blocklist.personal and _mostly(password, [hiragana(word) for word in words if word]):
        found.append("password.personal")
    if _common(password, rule, common):
        found.append("password.common")
    return tuple(found)


def _common(password: str, rule: PasswordRule, rank: Callable[[str], int | None]) -> bool:
    own = [spelling for word in rule.blocklist.words for spelling in spellings(word)]
    if _mostly(password, own):
        return True
    if not rule.blocklist.common or not password:
        return False
    folded = hiragana(password)
    repeated = (folded + folded).find(folded, 1) <= min(_EXTRA_MAX, len(folded) - 1)
    place = rank(folded)
    in_list = bool(place) and place <= rule.blocklist.common_size
    return in_list or repeated or any(folded in run for run in _RUNS) or _mostly(password, STEMS)


def _mostly(password: str, words: Sequence[str]) -> bool:
    """Whether the password is one of the words, or little besides such words of 4 characters or more: fewer than 3
    further letters and at most 8 further characters (hanako01!, Pikara01, 19580401ab). Compared without case, in
    kana and romaji, with digits read as the letters they imitate, and with all symbols left out."""
    folded = hiragana(password)
    forms = {folded, folded.translate(_DISGUISES), re.sub(r"[\W_]", "", folded), *spellings(folded)}
    long = sorted((word for word in words if len(word) >= WORD_MIN), key=len, reverse=True)
    for form in forms:
        rest = form
        for word in long:
            rest = rest.replace(word, "\0")
        left = rest.replace("\0", "")
        if form in words or (rest != form and len(left) <= _EXTRA_MAX and sum(map(str.isalpha, left)) < _EXTRA_LETTERS):
            return True
    return False


def personal_words(
    login_id: str = "",
    emails: Iterable[str] = (),
    nickname: str = "",
    names: Iterable[str] = (),
    birth_date: str = "",
    phones: Iterable[str] = (),
    customer_number: str = "",
) -> tuple[str, ...]:
    """Words that somebody who knows the person would try; each part may be missing or odd. `names` are kana or Latin
    names, `birth_date` is yyyy-mm-dd, `phones` E.164 or domestic. Source: ASVS 6.2.11, requirement PW-02."""
    words: list[str] = []
    for text in (login_id, nickname, *names, *(email.rpartition("@")[0] for email in emails)):
        words.append(hiragana(text[:100]))
        for spelling in spellings(text[:100]):
            pieces = re.findall(r"[^\W\d_]+", spelling)
            words += [spelling, re.sub(r"[\W_]", "", spelling), "".join(pieces), *pieces]
    words += _birth_words(birth_date)
    for phone in phones:
        digits = re.sub("^(0081|81|0)", "", "".join(re.findall("[0-9]", phone[:40])))
        words += ["0" + digits, digits, digits[-8:], digits[-4:]] if len(digits) >= 8 else []
    words.append("".join(re.findall("[0-9]", customer_number[:40])).lstrip("0"))
    return tuple(dict.fromkeys(word for word in words if len(word) > 1))


def _birth_words(birth_date: str) -> list[str]:
    parts = re.fullmatch(r"([12][0-9]{3})-([0-9]{2})-([0-9]{2})", birth_date)
    if not parts:
        return []
    year, month, day = parts.groups()
    bare_month, bare_day = month.lstrip("0"), day.lstrip("0")
    years = [year, year[2:]]
    # by year only: in the year an era begins people use either count (japan.md, birth date)
    for initial, first, last in (("m", 1868, 1912), ("t", 1912, 1926), ("s", 1926, 1989), ("h", 1989, 2019), ("r", 2019, 9999)):
        if first <= int(year) <= last:
            count = int(year) - first + 1
            years += [f"{initial}{count}", f"{initial}{count:02}", f"{count:02}"]
    tails = (month + day, bare_month + bare_day)
    return [*years, month + day, *(y + tail for y in years for tail in tails), day + month + year, month + day + year]


def parameters(rule: PasswordRule) -> dict[str, int]:
    """What the texts of the verdicts may name."""
    return {"min": rule.min, "max": rule.max, "kinds": rule.min_kinds}


def rules(rule: PasswordRule) -> tuple[tuple[str, dict[str, object]], ...]:
    """The rule as (code, parameters) in reading order: what pages list, from the object that also decides."""
    rows: list[tuple[str, dict[str, object]]] = []
    if rule.min == rule.max:
        rows.append(("password.exact", {"min": rule.min}))
    else:
        rows.append(("password.length", {"min": rule.min, "max": rule.max}))
    rows += [(f"password.{kind}", {}) for kind, _ in KINDS if kind in rule.require]
    if rule.min_kinds:
        rows.append(("password.kinds", {"kinds": rule.min_kinds}))
    rows.append((f"password.characters.{rule.charset}", {}))
    if rule.alternative.enabled:
        rows.append(("password.alternative", {"min": rule.alternative.min, "max": rule.alternative.max}))
    if rule.blocklist.personal:
        rows.append(("password.personal", {}))
    if rule.blocklist.common or rule.blocklist.words:
        rows.append(("password.common", {}))
    return tuple(rows)


def generator_rules(rule: PasswordRule) -> str:
    """The rule as browsers and password managers read it (the attribute `passwordrules`, interface.md 4), so that what they make up
    keeps it. They cannot be told "two of three", so that all three are asked for; a long password need not be mentioned."""
    wanted = rule.require if not rule.min_kinds else tuple(dict.fromkeys((*rule.require, "upper", "lower", "digit")))
    rows = [f"minlength: {rule.min}", f"maxlength: {rule.max}"]
    rows += [f"required: {_CLASSES[kind]}" for kind, _ in KINDS if kind in wanted]
    return "; ".join([*rows, "allowed: upper, lower, digit"]) + ";"
