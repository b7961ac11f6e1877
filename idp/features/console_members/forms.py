"""Shapes of the search box, of addresses of its pages, and of the form that unmasks a field."""

from marshmallow import EXCLUDE, Schema, fields, validate

FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


def _text(most: int = FIELD) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=most))


class SearchForm(_Form):
    """What is looked for, and the number of the call."""

    q = _text()
    ticket = _text()


class ListQuery(_Form):
    """`s`: the search as it was kept; `at`: where the page before ended, sealed."""

    s = _text(64)
    at = _text(512)


class MemberQuery(_Form):
    """`kind`: which lines of the history; `at`: before which of them."""

    kind = fields.String(load_default="", validate=validate.OneOf(["", "sign_in", "sent", "change", "desk"]))
    at = fields.String(load_default="", validate=validate.Regexp(r"^(\d{1,18}\.\d{1,18})?\Z"))


class RevealForm(_Form):
    """Which field is to be shown, and why."""

    field = _text(80)
    reason = _text()
    ticket = _text()
