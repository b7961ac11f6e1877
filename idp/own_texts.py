"""Reads the operator's own texts, ja/*.toml and en/*.toml in one folder, which stand in the place of ours by key."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Iterator

from idp import texts, toml_reader
from idp.toml_reader import TomlError

# placeholders that every page or every letter fills in: a text may name them or leave them out
PAGE_HOUSE = frozenset({"brand", "operator", "tel", "dial", "hours"})
LETTER_HOUSE = frozenset({"brand", "operator", "tel", "hours", "host", "mail_domain"})
# neither page nor letter, but pieces of them: nothing but their own facts is filled in
PIECES = ("letter.", "policy.", "nickname.", "common.clock")


@dataclass(frozen=True)
class OwnTexts:
    """Texts by locale and key; `places` says of each where it stands: file, line, key."""

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)


def read(folder: str) -> OwnTexts:
    """The texts of the folder; an empty name is none. Raises `TomlError` with every text that cannot stand for ours."""
    found, wrong = OwnTexts(), list[str]()
    if not folder:
        return found
    files = [(locale, file) for locale in texts.LOCALES for file in sorted(Path(folder, locale).glob("*.toml"))]
    if not files:
        raise TomlError([f"texts.folder: {folder} holds neither ja/*.toml nor en/*.toml."])
    for locale, file in files:
        try:
            source = file.read_text(encoding="utf-8")
            rows = dict(_flat(tomllib.loads(source)))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            wrong.append(f"{file}: cannot be read: {error}.")
            continue
        for key, text in rows.items():
            place = toml_reader.problem(source, str(file), tuple(key.split(".")), "").removesuffix(": .")
            if (locale, key) in found.places:
                wrong.append(f"{place}: this key stands in another file too.")
            wrong += [f"{place}: {message}." for message in problems(key, text)]
            found.texts.setdefault(locale, {})[key] = text
            found.places[locale, key] = place
    if wrong:
        raise TomlError(wrong)
    return found


def _flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Keys may be written in quotes, with dots, or below a table."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def problems(key: str, text: Any) -> Iterator[str]:
    """Why this text cannot stand for ours of the same key, each in one sentence; none if it can."""
    ours = [texts.shipped(locale)[key] for locale in texts.LOCALES if key in texts.shipped(locale)]
    if not ours:
        yield "we have no text of this name"
        return
    if not isinstance(text, str) or not text.strip():
        yield "write a text"
        return
    if key.endswith(".subject") and "\n" in text:
        yield "a subject is one line"
    if key == "letter.months" and len(text.split(" ")) != 12:
        yield "write twelve names with one space between them"
    if "<" in text and not any("<" in one for one in ours) and not key.startswith(("mail.", "sms.")):
        yield "it goes into a page as it stands; write it without <"
    yield from _placeholder_problems(key, text, ours)


def _placeholder_problems(key: str, text: str, ours: list[str]) -> Iterator[str]:
    known = {form for one in ours for form in _placeholders(one)}
    facts = {name for name, _ in known}
    house = LETTER_HOUSE if key.startswith(("mail.", "sms.")) else PAGE_HOUSE
    try:
        mine = _placeholders(text)
    except ValueError as error:
        yield f"its braces cannot be read: {error}"
        return
    allowed = known | {(name, "") for name in facts | (frozenset() if key.startswith(PIECES) else house)}
    for name, form in sorted(mine - allowed):
        yield f"nothing fills in {{{name}{form}}}; known here are {', '.join(sorted({one for one, _ in allowed})) or 'none'}"
    for name in sorted(facts - house - {name for name, _ in mine}):
        yield f"{{{name}}} is missing"


def _placeholders(text: str) -> set[tuple[str, str]]:
    """(name, how it is to be written) of everything in braces; raises ValueError for braces that do not close."""
    found = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            found.add((name, (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")))
    return found
