"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate


class CloseForm(Schema):
    """`read`: the member has read what it means."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    read = fields.String(load_default="", validate=validate.Length(max=64))
