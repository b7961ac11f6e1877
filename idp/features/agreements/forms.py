"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate


class WithdrawForm(Schema):
    """The client whose consent is taken back."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    withdraw = fields.String(load_default="", validate=validate.Length(max=255))
