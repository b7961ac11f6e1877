"""Finds texts, tries them with the longest that may be filled in, and writes the lines that would replace ours."""

import json
from dataclasses import dataclass
from typing import Any, Mapping

from idp import own_texts, texts
from idp.config import Settings
from idp.domain import sms
from idp.services import letters, sms_proof

PAGE = 50


@dataclass(frozen=True)
class Entry:
    """A text by locale: as it is shown to members, and as it comes with the product where the operator's own stands for it."""

    key: str
    shown: Mapping[str, str]
    ours: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """A text of an SMS filled in: its units, of which `most` fit into one; how many SMS it would be; `strangers`: characters that
    Shift_JIS has not; `last_line`: whether a code stands in the line that binds it to this site; `problems`: of its braces."""

    body: str
    units: int
    most: int
    parts: int
    strangers: str
    last_line: bool
    problems: tuple[str, ...]


def find(key: str) -> Entry | None:
    """The text of this key."""
    if key not in texts.shipped(texts.LOCALES[0]):
        return None
    shown = {locale: texts.text(locale, key) for locale in texts.LOCALES}
    ours = {locale: texts.shipped(locale)[key] for locale in texts.LOCALES}
    return Entry(key, shown, {locale: text for locale, text in ours.items() if text != shown[locale]})


def listed(query: str, own: bool, after: str) -> tuple[list[Entry], str]:
    """A page of texts whose key or wording holds the query, behind this key; and the key behind which the next page begins, empty
    after the last. `own`: only where the operator's own stands for ours."""
    wanted, found = query.casefold().strip(), list[Entry]()
    for key in sorted(texts.shipped(texts.LOCALES[0])):
        if key <= after or not any(wanted in one.casefold() for one in (key, *(texts.text(locale, key) for locale in texts.LOCALES))):
            continue
        entry = find(key)
        if entry and (entry.ours or not own):
            if len(found) == PAGE:
                return found, found[-1].key
            found.append(entry)
    return found, ""


def lines(key: str, text: str) -> str:
    """The line of TOML that puts this text in the place of ours."""
    return f"{json.dumps(key)} = {json.dumps(text, ensure_ascii=False)}"


def template_of(key: str) -> tuple[str, str] | None:
    """(channel, template) of the letter that this text is of; None for other texts."""
    channel = key.partition(".")[0]
    if channel == "sms":
        return "sms", key
    return ("mail", key.rpartition(".")[0]) if channel == "mail" and key.endswith((".subject", ".body")) else None


def sample(settings: Settings, locale: str, channel: str, template: str) -> dict[str, Any]:
    """The longest facts that the letter may be given."""
    wanted = letters.placeholders(locale, channel, template)  # type: ignore[arg-type]
    return {name: sms_proof.longest(settings, locale, name) for name in wanted - own_texts.LETTER_HOUSE}


def preview(settings: Settings, locale: str, key: str) -> tuple[str, str] | None:
    """Subject and body of the letter with the longest facts; None for a text that is no letter's."""
    if (letter := template_of(key)) is None:
        return None
    channel, template = letter
    return letters.say(settings, locale, channel, template, sample(settings, locale, channel, template))  # type: ignore[arg-type]


def judge(settings: Settings, locale: str, key: str, text: str) -> Judged:
    """What an SMS would be with this wording and the longest facts."""
    text = text.replace("\r\n", "\n").strip("\n")
    if problems := tuple(own_texts.problems(key, text)):
        return Judged(text, sms.units(text), sms.BUDGET, 0, sms.strangers(text), False, problems)
    facts = sample(settings, locale, "sms", key)
    values = {name: letters.moment(locale, int(value)) if name in letters.TIMES else str(value) for name, value in facts.items()}
    values |= {name: texts.text(locale, f"letter.{name}.{value}") for name, value in facts.items() if name in letters.CODES}
    body = text.format_map(settings.house | values)
    bound = "code" not in facts or body.split("\n")[-1] == f"@{settings.host} #{facts['code']}"
    units = sms.units(body)
    # joined ones hold 67 each: the rest of each says to which it belongs (3GPP TS 23.040 section 9.2.3.24.1)
    parts = 1 if units <= sms.BUDGET else -(-units // 67)
    return Judged(body, units, sms.BUDGET, parts, sms.strangers(body), bound, ())
