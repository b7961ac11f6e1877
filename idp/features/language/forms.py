"""The shape of the one form of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp import texts


class LanguageForm(Schema):
    """The language chosen."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    language = fields.String(required=True, validate=validate.OneOf(texts.LOCALES))
