"""Every sentence that a member or a letter shows, by locale and key; plain TOML beside this file."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Mapping

LOCALES = ("ja", "en")
PARTS = ("ui", "mail", "sms", "policy", "console", "problems")


_own: dict[str, dict[str, str]] = {}


@cache
def shipped(locale: str) -> dict[str, str]:
    """All our texts of a locale by dotted key, such as `login.title` or `mail.otp.subject`."""
    texts: dict[str, str] = {}
    for part in PARTS:
        texts.update(tomllib.loads(files(__name__).joinpath(locale, f"{part}.toml").read_text(encoding="utf-8")))
    return texts


def replace(own: Mapping[str, dict[str, str]]) -> None:
    """Put texts of the operator's own, by locale and key, in the place of ours for the whole process; `own` is all of
    them, so an empty one brings ours back. `idp.own_texts` has read and checked them."""
    _own.clear()
    _own.update(own)
    catalog.cache_clear()
    gentle.cache_clear()


@cache
def catalog(locale: str) -> dict[str, str]:
    """All texts of a locale by dotted key: the operator's, else ours."""
    return shipped(locale) | _own.get(locale, {})


@cache
def gentle(locale: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What the gentle mode has in this locale: how hard words are read, and plainer sentences by key, none for a key that
    the operator has a text of their own for."""
    found = tomllib.loads(files(__name__).joinpath(locale, "gentle.toml").read_text(encoding="utf-8"))
    own = _own.get(locale, {})
    return found["words"], {key: text for key, text in found["sentences"].items() if key not in own}


def text(locale: str, key: str) -> str:
    """The text with its {placeholders}; KeyError if no such key (a test keeps code and texts together)."""
    return catalog(locale)[key]


def choose(*wishes: str | None) -> str:
    """The first locale we speak among language tags, each a BCP 47 tag or a list of them as in
    Accept-Language or `ui_locales`; Japanese if none fits."""
    for wish in wishes:
        for tag in (wish or "")[:200].replace(",", " ").split():
            if (primary := tag.split(";")[0].split("-")[0].lower()) in LOCALES:
                return primary
    return LOCALES[0]
