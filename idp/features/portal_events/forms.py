"""The shape of an event that a portal sends: one JSON object, strictly read."""

import json
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from idp.domain import plain_json
from idp.domain.identifiers import fold_email

MAX_BODY = 8_192
MEMBERS = 16
_SECRET = validate.Length(1, 512)


class Unreadable(Exception):
    """An event that is not as it has to be; its words say why."""


def _address(value: str) -> None:
    if fold_email(value) is None:
        raise ValidationError("write one mail address")


class _Event(Schema):
    client_id = fields.String(validate=_SECRET)  # of a client that proves itself by client_secret_post
    client_secret = fields.String(validate=_SECRET)
    client_assertion = fields.String(validate=validate.Length(1, MAX_BODY))  # of one that does by private_key_jwt
    client_assertion_type = fields.String(validate=_SECRET)
    jti = fields.String(required=True, validate=validate.Regexp(r"^[\x21-\x7e]{1,128}$", error="1 to 128 visible ASCII characters"))
    event = fields.String(required=True)


class _Renamed(_Event):
    old = fields.String(required=True, validate=_address)
    new = fields.String(required=True, validate=_address)
    old_valid_until = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 2**40))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        if fold_email(data["old"]) == fold_email(data["new"]):
            raise ValidationError("the new address is the old one", "new")


class _Deleted(_Event):
    address = fields.String(required=True, validate=_address)


class _Ended(_Event):
    sub = fields.String(validate=validate.Length(1, 255))
    contractor_id = fields.String(validate=validate.Regexp(r"^[!-~]{1,64}$", error="1 to 64 visible ASCII characters"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        if ("sub" in data) == ("contractor_id" in data):
            raise ValidationError("name either sub or contractor_id", "sub")


EVENTS: dict[str, Schema] = {"mailbox.renamed": _Renamed(), "mailbox.deleted": _Deleted(), "contract.ended": _Ended()}


@dataclass(frozen=True)
class Body:
    """A JSON object, not yet looked into but for who sends it."""

    members: dict[str, Any]

    def said(self, name: str) -> str | None:
        """A text of this name, or None."""
        value = self.members.get(name)
        return value if isinstance(value, str) else None


def _few(rows: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(rows) > MEMBERS:
        raise ValueError("members")
    return plain_json.once(rows)


def body(raw: bytes) -> Body:
    """The object that was sent. Raises `Unreadable`."""
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=_few, parse_constant=plain_json.no_number, parse_float=plain_json.no_number)
    except (ValueError, RecursionError):
        raise Unreadable("send one JSON object in UTF-8, each member once") from None
    if not isinstance(data, dict):
        raise Unreadable("send one JSON object")
    return Body(data)


def event(sent: Body) -> dict[str, Any]:
    """The event, with everything that belongs to one of its kind and nothing else. Raises `Unreadable`."""
    schema = EVENTS.get(sent.said("event") or "")
    if schema is None:
        raise Unreadable(f"event: write one of {', '.join(EVENTS)}")
    try:
        found: dict[str, Any] = schema.load(sent.members)
    except ValidationError as error:
        name, words = next(iter(error.normalized_messages().items()))
        shown = name if name in schema.fields else "a member"
        raise Unreadable(f"{shown}: {str(words[0] if isinstance(words, list) else words).rstrip('.').lower()}") from None
    return found
