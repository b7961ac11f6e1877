"""Shapes of the sign-in forms: which fields there are and how long they may be, nothing else."""

from marshmallow import EXCLUDE, Schema, fields, validate

# longer than any rule allows, so that the rule can say so; measured in characters after strict parsing
FIELD = 1_024
SEALED = 16_384


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class LoginForm(_Form):
    """Login ID or e-mail address, and password; and whether this browser says that it can make passkeys."""

    identifier = fields.String(load_default="", validate=validate.Length(max=FIELD))
    password = fields.String(load_default="")
    sealed = fields.String(load_default="", validate=validate.Length(max=SEALED))
    passkeys = fields.String(load_default="", validate=validate.Length(max=8))
    action = fields.String(load_default="", validate=validate.OneOf(["", "cancel"]))


class ChooseForm(_Form):
    """Go on as the member who is signed in, or as somebody else."""

    action = fields.String(load_default="", validate=validate.OneOf(["continue", "switch"]))


class FirstPasswordForm(_Form):
    """The password that replaces the one on the letter."""

    new_password = fields.String(load_default="")
    new_password_again = fields.String(load_default="")
