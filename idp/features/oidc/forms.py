"""The shapes of the two forms about a television."""

from marshmallow import EXCLUDE, Schema, fields, validate


class CodeForm(Schema):
    """The code that the television shows."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    user_code = fields.String(load_default="", validate=validate.Length(max=1_024))


class AnswerForm(Schema):
    """Yes or no; nothing is taken for either that is not."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    answer = fields.String(required=True, validate=validate.OneOf(["yes", "no"]))
