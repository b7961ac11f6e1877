"""Parses URL-encoded parameters strictly: UTF-8 without control characters, nothing doubled, all counted before decoding."""

import re
from typing import Any, Mapping
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


class TooLarge(Exception):
    """A body over `MAX_BODY`."""


def read_body(environ: Mapping[str, Any]) -> bytes:
    """The body of a request; raises `TooLarge`, and `BadForm` where it breaks off or is not sent as HTTP demands."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit():
        raise BadForm("the Content-Length is not a number")
    if len(length) > 9 or int(length) > MAX_BODY:
        raise TooLarge
    chunked = environ.get("HTTP_TRANSFER_ENCODING")
    wanted = MAX_BODY + 1 if chunked else int(length)
    try:
        raw: bytes = environ["wsgi.input"].read(wanted) if wanted else b""
    except Exception:  # whatever the server underneath finds wrong on the wire
        raise BadForm("the body breaks off, or is not sent as HTTP demands") from None
    if len(raw) > MAX_BODY:
        raise TooLarge
    if not chunked and len(raw) < wanted:
        raise BadForm("the body breaks off, or is not sent as HTTP demands")
    return raw


def _decode(text: str) -> str:
    """The text behind the percent signs of what was sent."""
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise BadForm("not UTF-8") from None


def pairs(raw: bytes) -> list[tuple[str, str]]:
    """Names and values in their order; raises `BadForm` for broken encoding, control characters, too many
    fields or long names."""
    if len(raw) > MAX_BODY:
        raise BadForm("too large")
    if b"%" in raw and _BROKEN.search(raw):
        raise BadForm("broken percent-encoding")
    if raw.count(b"&") >= MAX_FIELDS and sum(1 for part in raw.split(b"&") if part) > MAX_FIELDS:
        raise BadForm("too many fields")
    try:
        parts = raw.replace(b"+", b" ").decode("utf-8").split("&")
    except UnicodeDecodeError:
        raise BadForm("not UTF-8") from None
    found = []
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition("=")
        if len(name) > MAX_NAME or (len(name) * 4 > MAX_NAME and len(name.encode()) > MAX_NAME):
            raise BadForm("a field name is too long")
        found.append((_decode(name), _decode(value)) if "%" in part else (name, value))
    if _CONTROL.search("".join([text for pair in found for text in pair])):
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
