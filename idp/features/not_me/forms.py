"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate


class ReportForm(Schema):
    """Yes; who says it stands in the session."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
