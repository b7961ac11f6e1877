"""Shapes of the forms around an import of contracts."""

from marshmallow import EXCLUDE, Schema, fields, validate

FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class ListQuery(_Form):
    """Where the list goes on: behind this time and id."""

    at = fields.Integer(load_default=0, validate=validate.Range(0, 2**53))
    after = fields.String(load_default="", validate=validate.Length(max=64))


class JobForm(_Form):
    """What is to become of an import, and why."""

    action = fields.String(load_default="", validate=validate.OneOf(["check", "again", "apply", "undo", "drop"]))
    reason = fields.String(load_default="", validate=validate.Length(max=FIELD))
    ticket = fields.String(load_default="", validate=validate.Length(max=FIELD))
