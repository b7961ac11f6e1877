"""Shapes of the forms around the app and the printed codes."""

from marshmallow import EXCLUDE, Schema, fields, validate


class PlainForm(Schema):
    """A button."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class ConfirmForm(PlainForm):
    """The digits that the app shows."""

    draft = fields.String(load_default="", validate=validate.Length(max=64))
    code = fields.String(load_default="", validate=validate.Length(max=1_024))


class CodesForm(PlainForm):
    """New printed codes; `once` names the page that asked, so that sending it again makes no more."""

    once = fields.String(load_default="", validate=validate.Length(max=64))
