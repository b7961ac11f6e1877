"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate


class EndForm(Schema):
    """The sid of the session to be ended, "others", or "all"; or the id of the connection that is."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    disconnect = fields.String(load_default="", validate=validate.Length(max=64))
    end = fields.String(load_default="", validate=validate.Length(max=64))
