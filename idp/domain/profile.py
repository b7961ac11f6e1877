"""Standard claims that an operator may store with an account (OIDC Core section 5.1)."""

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from idp.domain.claims import OWN, PROFILE

MAX_CHARACTERS = 1_024
ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
STORED = tuple(name for name in PROFILE if name not in OWN)


ADDRESSES = ("profile", "picture", "website")  # which portals show as links and pictures


def _is_address(value: str) -> bool:
    """Whether this is an http or https URL, and nothing that a browser would run."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r'[\s"<>\\^`{|}]', value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_CHARACTERS and not any(_odd(char) for char in value)


def _odd(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cs")


def problems(profile: Any) -> tuple[str, ...]:
    """What is wrong with a JSON object of standard claims, one plain English sentence each; empty if nothing is.

    Claims that the account itself supplies (nickname, preferred_username, locale, email, phone_number …) are refused.
    """
    if not isinstance(profile, dict):
        return ("write one JSON object of standard claims",)
    found = []
    for name, value in profile.items():
        if name == "address":
            if not isinstance(value, dict) or not all(key in ADDRESS and _is_text(part) for key, part in value.items()):
                found.append(f"address: write an object of texts named {', '.join(ADDRESS)}")
        elif name not in STORED:
            found.append(f"{name[:40]!a}: not a claim that can be stored; these can: {', '.join(STORED)}, address")
        elif not _is_text(value):
            found.append(f"{name}: write a text of 1 to {MAX_CHARACTERS} characters")
        elif name in ADDRESSES and not _is_address(value):
            found.append(f"{name}: write an address that begins with https:// or http://")
        elif name == "birthdate" and not re.fullmatch(r"[0-9]{4}(-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?", value):
            found.append("birthdate: write YYYY-MM-DD or YYYY")
    return tuple(found)
