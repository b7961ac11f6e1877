"""Shapes of the forms about keys."""

from marshmallow import EXCLUDE, Schema, fields, validate

FIELD = 1_024


class Act(Schema):
    """What to do, and why."""

    class Meta:
        unknown = EXCLUDE

    action = fields.String(load_default="ask", validate=validate.OneOf(["ask", "do", "withdraw"]))
    reason = fields.String(load_default="", validate=validate.Length(max=FIELD))
    ticket = fields.String(load_default="", validate=validate.Length(max=FIELD))
