"""Shapes of the forms at the end of a registration."""

from marshmallow import EXCLUDE, Schema, fields, validate


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class FinishForm(_Form):
    """The password that was chosen at the registration."""

    password = fields.String(load_default="")


class SignInForm(_Form):
    """Straight on."""
