"""The name that portals show a member by: short, visible, and nobody else's office."""

import re
import unicodedata
from typing import Iterable

MAX_CHARACTERS = 20
MAX_CODE_POINTS = 160  # a family emoji alone has seven
MAX_MARKS = 4  # combining marks on one letter; living languages need three
VERDICTS = ("nickname.length", "nickname.characters", "nickname.reserved")

_ZWJ = "\u200d"
# flags of England, Scotland and Wales (UTS #51, emoji tag sequences), the one use of tag characters
_TAG_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
# letters that draw nothing: fillers, braille blank, grapheme joiner, Khmer and Mongolian vowels and selectors
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_EMOJI_BLOCKS = range(0x1F000, 0x1FC00)  # newer emoji than this Python knows are unassigned here, and welcome
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def fold_nickname(typed: str) -> str:
    """The nickname as it is stored and shown: NFC, without spaces at its ends. Empty beyond any length that can be one."""
    return unicodedata.normalize("NFC", typed).strip() if len(typed) <= MAX_CODE_POINTS else ""


def characters(text: str) -> int:
    """User-perceived characters: extended grapheme clusters (UAX #29) as far as a nickname may hold them."""
    count, joined, regional = 0, False, 0
    for char in _TAG_FLAG.sub("\U0001f3f4", text):
        if char == _ZWJ:
            joined = True
            continue
        extends = _is_mark(char) or _SKIN.match(char) or char in "\uff9e\uff9f" or "\u1160" <= char <= "\u11ff"
        regional = regional + 1 if _REGIONAL.match(char) else 0
        if not (extends or joined or (regional and regional % 2 == 0)):
            count += 1
        joined = False
    return count


def nickname_verdicts(typed: str, reserved: Iterable[str] = ()) -> tuple[str, ...]:
    """Why `typed` cannot be a nickname, as codes of `VERDICTS`; empty if it can.

    1 to 20 user-perceived characters; no control, format, bidi, private or invisible characters, except where an
    emoji needs them; none of the `reserved` words (the brand, offices such as "support") in whatever script and width
    (requirement AC-03; japan.md, nickname).
    """
    if len(typed) > MAX_CODE_POINTS:
        return ("nickname.length",)
    name = fold_nickname(typed)
    found = []
    if not 1 <= characters(name) <= MAX_CHARACTERS:
        found.append("nickname.length")
    if not _visible(name):
        found.append("nickname.characters")
    if _names_one(name, reserved):
        found.append("nickname.reserved")
    return tuple(found)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc")


def _visible(name: str) -> bool:
    marks, before = 0, ""
    plain = _TAG_FLAG.sub("\U0001f3f4", name)
    for place, char in enumerate(plain):
        marks = marks + 1 if _is_mark(char) else 0
        if marks > MAX_MARKS or (marks and not before) or _BLANK.match(char):
            return False
        if char == _ZWJ:
            if not (_is_emoji(before) and _is_emoji(plain[place + 1 : place + 2])):
                return False
        elif not _allowed(char):
            return False
        if not marks and not _SKIN.match(char):
            before = char
    return True


def _allowed(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cn":
        return ord(char) in _EMOJI_BLOCKS
    return char in " \u3000" if category[0] == "Z" else category[0] != "C"


def _is_emoji(char: str) -> bool:
    # the arrow stands in "head shaking horizontally"
    return bool(char) and (char == "\u2194" or unicodedata.category(char) == "So" or ord(char) in _EMOJI_BLOCKS)


def _names_one(name: str, reserved: Iterable[str]) -> bool:
    """Latin words must stand alone ("badminton" holds "admin"); other words count wherever they stand."""
    said = unicodedata.normalize("NFKC", name).casefold()
    squeezed = _squeeze(name)
    for word in reserved:
        latin = word.isascii() and re.escape(word.casefold())
        if latin and re.search(f"(?<![a-z0-9]){latin}(?![a-z0-9])", said):
            return True
        target = _squeeze(word)
        if target and (squeezed == target or (not latin and target in squeezed)):
            return True
    return False


def _squeeze(text: str) -> str:
    """Letters and digits only, hiragana as katakana; long-vowel marks and dashes go, as does the look-alike kanji one."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA)
    return "".join(c for c in folded if c.isalnum() and c not in "ー一")
