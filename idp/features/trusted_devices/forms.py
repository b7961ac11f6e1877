"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate


class RemoveForm(Schema):
    """The id of the browser to be forgotten, or "all"."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    remove = fields.String(load_default="", validate=validate.Length(max=64))
