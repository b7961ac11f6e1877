"""Parses URL-encoded parameters strictly: UTF-8 without control characters, nothing doubled, all counted before decoding."""

import re
from urllib.parse import unquote_to_bytes

TYPE = "application/x-www-form-urlencoded"
MAX_BODY = 65_536
MAX_FIELDS = 100
MAX_NAME = 200
_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab and line ends


class BadForm(Exception):
    """Parameters that are not well-formed; `doubled` names parameters that stood there twice."""

    def __init__(self, reason: str, doubled: frozenset[str] = frozenset()):
        super().__init__(reason)
        self.doubled = doubled


def _decode(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    try:
        return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("utf-8")
    except UnicodeDecodeError:
        raise BadForm("not UTF-8") from None


def pairs(raw: bytes) -> list[tuple[str, str]]:
    """Names and values in their order; raises `BadForm` for broken encoding, control characters, too many
    fields or long names."""
    if len(raw) > MAX_BODY:
        raise BadForm("too large")
    if b"%" in raw and _BROKEN.search(raw):
        raise BadForm("broken percent-encoding")
    parts = [part for part in raw.split(b"&") if part]
    if len(parts) > MAX_FIELDS:
        raise BadForm("too many fields")
    found = []
    for part in parts:
        name, _, value = part.partition(b"=")
        if len(name) > MAX_NAME:
            raise BadForm("a field name is too long")
        found.append((_decode(name), _decode(value)))
    if _CONTROL.search("".join(text for pair in found for text in pair)):
        raise BadForm("control characters")
    return found


def parse(raw: bytes) -> dict[str, str]:
    """Fields by name; raises `BadForm` if one stands there twice (RFC 6749 section 3.1)."""
    found = pairs(raw)
    fields = dict(found)
    if len(fields) != len(found):
        names = [name for name, _ in found]
        doubled = frozenset(name for name in fields if names.count(name) > 1)
        raise BadForm("a parameter stands there twice", doubled)
    return fields
