"""Proves before any SMS is written that each of them will fit, whatever is filled in."""

from typing import Iterator

from idp import texts
from idp.config import Settings
from idp.domain import sms
from idp.services import letters
from idp.services import links as link_service

# where the operator may shorten what a template is filled with
SOURCES = {
    "brand": "brand.name",
    "operator": "brand.operator",
    "tel": "brand.tel",
    "hours": "brand.hours",
    "host": "the host of issuer",
    "url": "sms.link_url",
    "mail_domain": "the domain of mail.from",
}
LONG = "W" * 30  # any other fact, such as a nickname
HOUSE = SOURCES.keys() - {"url"}  # filled in for every letter
_SOME_YEAR = [1_798_156_740 + 2_629_800 * month for month in range(12)]  # in each month of a year, at two digits' hours


def unfit(settings: Settings, links: bool = False) -> Iterator[tuple[str, str, str]]:
    """(locale, key, what to mend) of every SMS that this operator's names and numbers, or the longest facts, make too long
    for one message or unfit for Shift_JIS, and of every code without its last line. `links`: whether the policy sends
    links by SMS."""
    for locale in texts.LOCALES:
        for key in sorted(key for key in texts.catalog(locale) if key.startswith("sms.")):
            wanted = letters.placeholders(locale, "sms", key)
            if "url" in wanted and not links:
                continue
            facts = {name: longest(settings, locale, name) for name in wanted - HOUSE}
            body = letters.say(settings, locale, "sms", key, facts)[1]
            found = sms.problems(body, settings.host, str(facts.get("code", "")))
            if found:
                mend = [source for name, source in SOURCES.items() if name in wanted]
                yield locale, key, f"{'; '.join(found)}; change {', '.join([*mend, 'or the text'])}"


def longest(settings: Settings, locale: str, name: str) -> str | int:
    """The longest that this fact of a letter may be."""
    if name == "url":
        return settings.sms_link + "W" * link_service.SHORT
    if name in letters.TIMES:
        return max(_SOME_YEAR, key=lambda at: sms.units(letters.moment(locale, at)))
    if name in letters.CODES:
        start = f"letter.{name}."
        codes = [key.removeprefix(start) for key in texts.catalog(locale) if key.startswith(start)]
        return max(codes, key=lambda code: sms.units(texts.text(locale, start + code)))
    return sms.LONGEST.get(name, LONG)
