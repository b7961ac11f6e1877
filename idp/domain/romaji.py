"""Kana in the Latin spellings that people type, to recognise a name or a word inside a password."""

import re
import unicodedata

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "y": "や＿ゆ＿よ", "r": "らりるれろ", "w": "わ＿＿＿を", "g": "がぎぐげご", "z": "ざじずぜぞ",
    "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
}  # fmt: skip
_KANA = {kana: head + vowel for head, row in _ROWS.items() for kana, vowel in zip(row, "aiueo")}
_KANA |= {"ん": "n", "ゔ": "bu", "ー": "", **dict(zip("ぁぃぅぇぉ", "aiueo"))}
_SMALL_Y = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}
_HEPBURN = {"sy": "sh", "ty": "ch", "zy": "j", "dy": "j", "si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji",
            "di": "ji", "du": "zu"}  # fmt: skip


def hiragana(text: str) -> str:
    """NFKC in lower case with katakana as hiragana, so that every way to type a word is one."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヴ" else c for c in folded)


def spellings(text: str) -> tuple[str, ...]:
    """Kunrei and Hepburn spellings of the kana in `text`, each with long vowels written out and left out; other
    characters stay. One spelling, `text` itself, if it holds no kana."""
    parts: list[str] = []
    double = False
    for c in hiragana(text):
        if c in _SMALL_Y and parts and parts[-1].endswith("i"):
            parts[-1] = parts[-1][:-1] + _SMALL_Y[c]
        elif c == "っ":
            double = True
        else:
            part = _KANA.get(c, c)
            parts.append(part[:1] + part if double and part[:1].isalpha() else part)
            double = False
    kunrei = "".join(parts)
    hepburn = re.sub("|".join(_HEPBURN), lambda found: _HEPBURN[found[0]], kunrei)
    if kunrei == hiragana(text):
        return (kunrei,)
    return tuple(dict.fromkeys(re.sub("(?<=o)[uo]|(?<=u)u", "", full) if short else full
                               for full in (hepburn, kunrei) for short in (False, True)))  # fmt: skip
