"""Shapes of the forms and addresses of the texts' pages."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp import texts


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class ListQuery(_Form):
    """What is looked for, and where the list goes on."""

    q = fields.String(load_default="", validate=validate.Length(max=100))
    own = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))
    after = fields.String(load_default="", validate=validate.Length(max=200))


class CountForm(_Form):
    """A text to be counted."""

    locale = fields.String(required=True, validate=validate.OneOf(texts.LOCALES))
    text = fields.String(load_default="", validate=validate.Length(max=8_000))


class TrialForm(_Form):
    """A letter to oneself: `what` is the destination."""

    locale = fields.String(required=True, validate=validate.OneOf(texts.LOCALES))
    what = fields.String(load_default="", validate=validate.Length(max=64))
    reason = fields.String(load_default="", validate=validate.Length(max=500))
    ticket = fields.String(load_default="", validate=validate.Length(max=64))
