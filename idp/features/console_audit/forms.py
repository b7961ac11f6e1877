"""Shapes of the audit screen: what its address says, and its forms."""

from marshmallow import EXCLUDE, Schema, fields, validate

_short = validate.Length(max=64)
_day = validate.Regexp(r"\A([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")


class Asked(Schema):
    """Filters as an address has them: ids, no names of people."""

    class Meta:
        unknown = EXCLUDE

    who = fields.String(load_default="", validate=_short)
    whom = fields.String(load_default="", validate=_short)
    event = fields.String(load_default="", validate=_short)
    result = fields.String(load_default="", validate=_short)
    client = fields.String(load_default="", validate=validate.Length(max=255))
    since = fields.String(load_default="", validate=_day)
    until = fields.String(load_default="", validate=_day)
    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**62))


class FilterForm(Schema):
    """The same as somebody types them."""

    class Meta:
        unknown = EXCLUDE

    who = fields.String(load_default="", validate=validate.Length(max=1_024))
    whom = fields.String(load_default="", validate=validate.Length(max=1_024))
    event = fields.String(load_default="", validate=_short)
    result = fields.String(load_default="", validate=_short)
    client = fields.String(load_default="", validate=validate.Length(max=1_024))
    since = fields.String(load_default="", validate=_short)
    until = fields.String(load_default="", validate=_short)


class ExportForm(Schema):
    """What is to be exported, and why."""

    class Meta:
        unknown = EXCLUDE

    since = fields.String(load_default="", validate=_short)
    until = fields.String(load_default="", validate=_short)
    form = fields.String(load_default="jsonl", validate=validate.OneOf(["jsonl", "csv"]))
    reason = fields.String(load_default="", validate=validate.Length(max=1_024))
    ticket = fields.String(load_default="", validate=validate.Length(max=1_024))


class VerifyForm(Schema):
    """A button."""

    class Meta:
        unknown = EXCLUDE
