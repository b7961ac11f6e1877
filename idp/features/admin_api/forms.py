"""What programs may send: shapes of bodies and of queries, strict, as the document has them."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from idp.domain.desk import WHYS
from idp.services.client_registration import Metadata

_CONTROL = r"\x00-\x1f\x7f-\x9f"
MAX_KEEP = 2_592_000  # seconds that an old secret may count beside a new one
PAGE, LARGEST_PAGE = 50, 200
EXPORT_DAYS = 31


class Exact(validate.Regexp):
    """The whole text fits the pattern, a line end behind it not overlooked."""

    def __call__(self, value: Any) -> Any:
        """Check it. Raises `ValidationError`."""
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self.error or f"must match {self.regex.pattern}")
        return value


class Count(fields.Integer):
    """A whole number in a query: digits and nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch("[0-9]{1,19}", value):
            raise self.make_error("invalid")
        return int(value)


class Whole(fields.Integer):
    """A whole number of JSON, which 60.0 is as well (JSON Schema 2020-12, validation, section 6.1.1)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self.make_error("invalid")
        return int(value)


def _line(longest: int, words: str, example: str) -> fields.String:
    """One line of text that begins and ends with something to see."""
    seen = rf"[^\s{_CONTROL}]"
    pattern = rf"^{seen}(?:[^{_CONTROL}]{{0,{longest - 2}}}{seen})?$"
    return fields.String(
        required=True, validate=[validate.Length(1, longest), Exact(pattern, error="one line, no spaces at its ends")],
        metadata={"description": words, "example": example},
    )  # fmt: skip


class Because(Schema):
    """Why it is done; both stand in the audit record."""

    reason = _line(200, "Why, in the words of whoever asked for it. No personal data.", "member lost the phone")
    ticket = _line(64, "The number of the ticket or call.", "INC-2026-0417")


class Suspension(Because):
    """Why an account is suspended."""

    why = fields.String(required=True, validate=validate.OneOf(WHYS), metadata={"description": "Told to the support desk and kept."})


class Letter(Because):
    """Where a letter goes."""

    destination = fields.String(
        required=True, validate=[validate.Length(1, 64), Exact("^[A-Za-z0-9_-]+$")],
        metadata={"description": "The id of a proven destination of the member; letters go nowhere else.", "example": "k3v9m2x7"},
    )  # fmt: skip


class Search(Schema):
    """One identifier, whole."""

    identifier = fields.String(
        required=True, validate=[validate.Length(1, 254), Exact(rf"^[^{_CONTROL}]+$", error="one line")],
        metadata={
            "description": "A login ID, mail address, mobile number, customer number or subject, as people write them: full-width "
            "characters, hyphens and spaces do not matter. Whoever is found is just what was asked for; beginnings find nobody.",
            "example": "hanako.yamada",
        },
    )  # fmt: skip


class NewClient(Because):
    """A client to register."""

    metadata = fields.Nested(Metadata, required=True)


class Rotation(Because):
    """How a secret is replaced."""

    keep_seconds = Whole(
        load_default=0, validate=validate.Range(0, MAX_KEEP), metadata={"description": "How long the old one still counts."}
    )


class Paged(Schema):
    """A page of a list."""

    limit = Count(load_default=PAGE, validate=validate.Range(1, LARGEST_PAGE))


class Clients(Paged):
    """Clients in the order of their ids."""

    after = fields.String(
        load_default="", validate=[validate.Length(0, 200), Exact("^[!-~]*$")], metadata={"description": "`next` of the page before."}
    )


def _name(longest: int, words: str) -> fields.String:
    return fields.String(validate=[validate.Length(1, longest), Exact("^[!-~]+$")], metadata={"description": words})


class Time(fields.String):
    """A date and time of RFC 3339, as a program reads it: Unix seconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        from datetime import datetime

        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})", text):
            raise ValidationError("a date and time of RFC 3339, such as 2026-11-22T14:35:00+09:00")
        try:
            return int(datetime.fromisoformat(text.upper()).timestamp())
        except (ValueError, OverflowError):
            raise ValidationError("there is no such date and time") from None


def _time(words: str, example: str, **more: Any) -> Time:
    return Time(metadata={"format": "date-time", "description": words, "example": example}, **more)


class Audit(Paged):
    """Rows of the audit record, the newest first."""

    actor = _name(64, "Who acted: a subject, `client:` and a client_id, `cli`, `courier`.")
    account = _name(64, "On whose account.")
    client = _name(255, "By way of which client.")
    event = _name(64, "Which event, such as `sign_in`.")
    result = _name(64, "How it ended, such as `ok`.")
    since = _time("From this time on.", "2026-11-22T00:00:00+09:00")
    until = _time("Before this time.", "2026-11-23T00:00:00+09:00")
    before = Count(validate=validate.Range(1, 2**62), metadata={"description": "`next` of the page before."})


class Export(Because):
    """Some days of the record."""

    since = _time("From this time on.", "2026-11-22T00:00:00+09:00", required=True)
    days = Whole(required=True, validate=validate.Range(1, EXPORT_DAYS), metadata={"description": "So many times 24 hours."})
