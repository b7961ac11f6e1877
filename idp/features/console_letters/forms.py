"""Shapes of the forms around letters."""

from marshmallow import EXCLUDE, Schema, fields, validate


class ActForm(Schema):
    """Why something is done to a batch."""

    class Meta:
        unknown = EXCLUDE

    reason = fields.String(load_default="", validate=validate.Length(max=500))
    ticket = fields.String(load_default="", validate=validate.Length(max=64))


class OrderForm(ActForm):
    """Whose letters."""

    requested = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))
    without = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))
    expired = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))
