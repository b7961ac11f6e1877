"""What the address of the console's first page may say."""

from marshmallow import EXCLUDE, Schema, fields, validate


class HomeQuery(Schema):
    """How much of the past is shown."""

    class Meta:
        unknown = EXCLUDE

    span = fields.String(load_default="24h", validate=validate.OneOf(["24h", "7d"]))
