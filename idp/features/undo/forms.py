"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate


class UndoForm(Schema):
    """The code as it was typed."""

    class Meta:
        unknown = EXCLUDE

    code = fields.String(load_default="", validate=validate.Length(max=1_024))
    j = fields.String(load_default="", validate=validate.Length(max=64))
