"""Shape of the form that tries a policy file."""

from marshmallow import EXCLUDE, Schema, fields, validate

MOST = 65_536


class TryForm(Schema):
    """The file's text."""

    class Meta:
        unknown = EXCLUDE

    text = fields.String(load_default="", validate=validate.Length(max=MOST))
