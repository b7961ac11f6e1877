"""Reads what a program sends: one JSON object, or a query string, held against a schema; every problem is named at once."""

import json
import re
from functools import cache
from typing import Any, Mapping

from marshmallow import Schema, ValidationError

from idp.domain import plain_json
from idp.features.admin_api.calls import Problem
from idp.web import strict_form
from idp.web.machine import MachineRequest

MOST_PROBLEMS, LONGEST_PROBLEM = 20, 200
JSON = "application/json"
_NUL_OR_HALF = re.compile("[\0\ud800-\udfff]")


@cache
def _schema(shape: type[Schema]) -> Schema:
    return shape()


def load(shape: type[Schema], data: Any) -> dict[str, Any]:
    """What the schema makes of it. Raises `Problem` 400."""
    try:
        found: dict[str, Any] = _schema(shape).load(data)
    except ValidationError as error:
        raise Problem(400, "invalid_request", "see problems", _listed(error.normalized_messages(), "")) from None
    return found


def _listed(messages: Mapping[Any, Any], where: str) -> tuple[str, ...]:
    found: list[str] = []
    for name, said in messages.items():
        place = where if name == "_schema" else f"{where}.{name}" if where else str(name)
        if isinstance(said, Mapping):
            found += _listed(said, place)
        else:
            found += [f"{place or 'body'}: {word}"[:LONGEST_PROBLEM] for word in (said if isinstance(said, list) else [said])]
    return tuple(found[:MOST_PROBLEMS])


def raw(request: MachineRequest) -> bytes:
    """The body, of at most 64 KiB. Raises `Problem` 400, 413 or 415."""
    try:
        found = strict_form.read_body(request.environ)
    except strict_form.TooLarge:
        raise Problem(413, "too_large", "the body is larger than 64 KiB") from None
    except strict_form.BadForm as error:
        raise Problem(400, "invalid_request", str(error)) from None
    if request.content_type != JSON:
        raise Problem(415, "unsupported_media_type", f"send {JSON}")
    return found


def body(shape: type[Schema], sent: bytes) -> dict[str, Any]:
    """The object that was sent. Raises `Problem` 400."""
    try:
        data = plain_json.read(sent.decode("utf-8"))
        if _NUL_OR_HALF.search(json.dumps(data, ensure_ascii=False)) or (b"\\u" in sent and "\\u0000" in json.dumps(data)):
            raise ValueError("a character that is none")
    except (ValueError, RecursionError):
        raise Problem(400, "invalid_request", "send one JSON object in UTF-8, each member once, without NUL") from None
    if not isinstance(data, dict):
        raise Problem(400, "invalid_request", "send one JSON object")
    return load(shape, data)


def query(shape: type[Schema] | None, text: str) -> dict[str, Any]:
    """What stands in the address behind the question mark. Raises `Problem` 400."""
    try:
        data = strict_form.parse(text.encode("latin-1", "replace"))
    except strict_form.BadForm as error:
        raise Problem(400, "invalid_request", f"the query is not well-formed: {error}") from None
    if shape is None and data:
        raise Problem(400, "invalid_request", "see problems", tuple(f"{name}: unknown"[:LONGEST_PROBLEM] for name in data)[:MOST_PROBLEMS])
    return load(shape, data) if shape else {}
