"""Shapes of the forms on the way to a new password."""

from marshmallow import EXCLUDE, Schema, fields, validate


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class SecondForm(_Form):
    """The other proof: which way, its code, or what the member wants instead."""

    way = fields.String(load_default="", validate=validate.Length(max=64))
    code = fields.String(load_default="", validate=validate.Length(max=1_024))
    action = fields.String(load_default="verify", validate=validate.OneOf(["choose", "verify", "send", "other"]))


class PasswordForm(_Form):
    """The new password."""

    new_password = fields.String(load_default="")
    new_password_again = fields.String(load_default="")
