"""Folds what people type into keys for matching (japan.md, Input folding).

The key is never shown: what was typed is kept beside it where it is needed. Every rule is applied alike to what a
member types and to what the operator's records hold, is idempotent, and answers None where there is nothing to match.
"""

import re
import unicodedata
from typing import Literal

from idp.domain.kanji_variants import USUAL

CAP_BYTES = 1_024  # longer input folds to nothing, before any Unicode work (decisions.md, raw length)
DASHES = "-ー〜~−‐‑‒–—―─━˗⁃∼"  # what stands for a long vowel or a hyphen on Japanese keyboards and in old data
_DOTS = "・·•‧."
_SPAN = tuple[int, int]
# controls, soft hyphen, joiners, bidi marks, fillers, variation selectors (IVS), tags: pasted along unseen
_UNSEEN: tuple[_SPAN, ...] = (
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C),
    (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0xE0000, 0xE0FFF),
)  # fmt: skip
# NFKC would turn a stand-alone ゛ into a space and a mark; unseen characters go first, so that か⟨ZWSP⟩゛ is が too
_BEFORE = {code: None for first, last in _UNSEEN for code in range(first, last + 1)} | {0x309B: 0x3099, 0x309C: 0x309A}
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_SPACED_OUT = dict.fromkeys(map(ord, " " + _DOTS))
_UNHYPHENED = dict.fromkeys(map(ord, " " + DASHES))
_LONG = dict.fromkeys(map(ord, DASHES), "ー")
_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_KANA = _KATAKANA | _LOWER | _LONG | _SPACED_OUT
_STRAY_MARKS = {0x3099: None, 0x309A: None}  # behind no letter that takes one
_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_SAME_SOUND = str.maketrans("ヲヰヱヂヅヷヸヹヺ", "オイエジズバビベボ")
_VU = {"ヴア": "バ", "ヴイ": "ビ", "ヴエ": "ベ", "ヴオ": "ボ", "ヴユ": "ビユ", "ヴ": "ブ"}
_PUNCTUATION = dict.fromkeys(map(ord, "()[]{}「」『』【】〔〕&,'’\"/／、，．"))


def fold(text: str) -> str:
    """One form for what looks alike: NFKC, nothing unseen, single spaces, none at the ends. Empty beyond 1 KiB."""
    if len(text) > CAP_BYTES or len(text.encode("utf-8", "surrogatepass")) > CAP_BYTES:
        return ""
    if text.isascii() and text.isprintable():  # nothing to do for most of a million numbers, dates and addresses
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", text.translate(_BEFORE)).split())


def _composed(text: str) -> str:
    """NFC again: where a space or dot went, a mark may now stand behind its letter."""
    return unicodedata.normalize("NFC", text)


def kana(text: str) -> str | None:
    """Kana name, strict (L1): katakana, no spaces and dots, one long-vowel mark. `ｱｲｺﾑ ﾀﾛｳ` is `アイコムタロウ`."""
    return _composed(fold(text).translate(_KANA)).translate(_STRAY_MARKS) or None


def bank_kana(text: str) -> str | None:
    """Kana name as banks write it (L2): large kana only, sounds that are written two ways as one.
    `シュンスケ` is `ｼﾕﾝｽｹ`."""
    large = (kana(text) or "").translate(_LARGE).translate(_SAME_SOUND)
    return re.sub("ヴ[アイエオユ]?", lambda found: _VU[found[0]], large) or None


# legal forms in full, in bank kana and in kanji
_FORMS = (
    "(?:カブシキ|ユウゲン|ゴウドウ|ゴウシ|ゴウメイ|ソウゴ)[カガ]イシヤ|イリヨウホウジン(?:シヤダン|ザイダン)?|ガツコウホウジン"
    "|シヤカイフクシホウジン|シユウキヨウホウジン|(?:イツパン|コウエキ)?(?:シヤダン|ザイダン)ホウジン"
    "|トクテイヒエイリカツドウホウジン|エヌピーオーホウジン|ノウジクミアイホウジン"
    "|(?:株式|有限|合同|合資|合名|相互)会社|医療法人(?:社団|財団)?|(?:学校|社会福祉|宗教|npo|特定非営利活動|農事組合)法人"
    "|(?:一般|公益)?(?:社団|財団)法人"
)
# as banks shorten them, with a bracket on the side of the name: カ)アラブンチヨ, アラブンチヨ(カ
_BANK = "カ|ユ|ド|シ|メ|ソ|イ|ガク|フク|シユウ|シヤ|ザイ|トクヒ|ノウ"
# as letters shorten them, always in brackets: (株)
_SHORT = "株|有|同|資|名|相|医|学|福|宗|社|財|一社|一財|公社|公財|特非|農"
_HEAD = re.compile(rf"^(?:\(?(?:{_FORMS})\)?|\(?(?:{_BANK})\)|\((?:{_SHORT})\))(?=.)")
_TAIL = re.compile(rf"(?<=.)(?:\(?(?:{_FORMS})\)?|\((?:{_BANK})\)?|\((?:{_SHORT})\))$")


def _without_form(name: str) -> str:
    """The name without legal forms at head and tail and without punctuation; nothing but a form stays as it is."""
    while (shorter := _composed(_TAIL.sub("", _HEAD.sub("", name)).translate(_PUNCTUATION))) != name:
        name = shorter
    return name


def company_kana(text: str) -> str | None:
    """Company name in kana: bank kana without the legal form. `ｶ)ｱﾗﾌﾞﾝﾁﾖ` is `カブシキカイシャアラブンチョ`."""
    return _without_form(bank_kana(text) or "") or None


def kanji(text: str) -> str | None:
    """Name in kanji: no spaces, variant characters in their usual form. `髙橋　一郎` is `高橋一郎`."""
    return _composed(fold(text).translate(_SPACED_OUT | _LONG).translate(USUAL)) or None


_DASHES = re.compile(f"([ぁ-ヺ]?)([{re.escape(DASHES)}]+)")


def company(text: str) -> str | None:
    """Company name in kanji or letters: without legal form, case and punctuation. `㈱甲賀電機` is `甲賀電機株式会社`."""
    name = _composed(fold(text).translate(_SPACED_OUT).translate(USUAL)).casefold()
    # a dash behind kana is a long vowel, any other one only joins
    name = _DASHES.sub(lambda found: found[1] and found[1] + "ー" * len(found[2]), name)
    return _without_form(_composed(name)) or None


def latin(text: str) -> str | None:
    """Name in Latin letters: case, accents and the order of its parts do not count. `SMITH, John` is `john smith`."""
    parted = re.sub(f"[{re.escape(DASHES + _DOTS)},/、]", " ", re.sub("['’`ʼ]", "", fold(text)))
    plain = "".join(c for c in unicodedata.normalize("NFKD", parted.casefold()) if not unicodedata.combining(c))
    return " ".join(sorted(plain.split())) or None


def script(text: str) -> Literal["kanji", "kana", "latin", "other"]:
    """What a name is written in: kanji if there is any, else kana if there is any, else Latin letters."""
    folded = fold(text)
    if re.search("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々〆〇]", folded):
        return "kanji"
    if re.search("[ぁ-ゖァ-ヺ]", folded):
        return "kana"
    return "latin" if re.search("[A-Za-zÀ-ɏḀ-ỿ]", folded) else "other"


def customer_number(text: str) -> str | None:
    """Digits without spaces, hyphens and leading zeros, at most 32. `００-1234567` is `1234567`; 0 is none."""
    digits = fold(text).translate(_UNHYPHENED).lstrip("0")
    return digits if re.fullmatch("[0-9]{1,32}", digits) else None


PhoneKind = Literal["mobile", "ip", "m2m", "toll_free", "shared_cost", "landline"]
# a mobile has 11 digits, a landline 10: 06012345678 is a mobile, 0612345678 stands in Osaka
_PHONE_KINDS: tuple[tuple[str, PhoneKind], ...] = (
    ("0800[0-9]{7}|0120[0-9]{6}", "toll_free"),
    ("0[6-9]0[1-9][0-9]{7}", "mobile"),
    ("050[1-9][0-9]{7}", "ip"),
    ("020[1-9][0-9]{7}", "m2m"),
    ("0570[0-9]{6}", "shared_cost"),
    ("0[1-9][1-9][0-9]{7}", "landline"),
)
_NOT_DIALLED = dict.fromkeys(map(ord, " ()[]{}「」〔〕/" + DASHES + _DOTS))


def phone_kind(number: str) -> PhoneKind | None:
    """What a domestic number of digits only is; None if no Japanese number looks like that."""
    return next((kind for pattern, kind in _PHONE_KINDS if re.fullmatch(pattern, number)), None)


def phone(text: str) -> str | None:
    """Japanese number in domestic digits. `+81 090-1234-5678` and `０９０ー１２３４ー５６７８` are `09012345678`."""
    digits = fold(text).translate(_NOT_DIALLED)
    number = re.sub(r"^(?:\+81|0081|01081)0?", "0", digits)
    return number if phone_kind(number) else None


_CODE = re.compile(rf"[0-9０-９\s{re.escape(DASHES)}－ｰ～]*")  # of what is typed, the full-width ones before they are folded


def code(text: str, digits: int = 6) -> str | None:
    """One-time code: the digits as text, leading zeros kept. `４８２ ９１３` is `482913`; digits in circles and of other
    scripts are none, or one code would have many spellings."""
    if not _CODE.fullmatch(text[:CAP_BYTES].translate(_BEFORE)):
        return None
    typed = fold(text).translate(_UNHYPHENED)
    return typed if re.fullmatch(f"[0-9]{{{digits}}}", typed) else None
