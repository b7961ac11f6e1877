"""Shapes of the forms of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate

# longer than any name, so that the page can say so
FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class PasswordForm(_Form):
    """The password so far, and the new one; how long they may be is the rule's to say."""

    current_password = fields.String(load_default="")
    new_password = fields.String(load_default="")
    new_password_again = fields.String(load_default="")


class LoginIdForm(_Form):
    """The new login ID; `check`: only whether it is free."""

    login_id = fields.String(load_default="", validate=validate.Length(max=FIELD))
    action = fields.String(load_default="next", validate=validate.OneOf(["next", "check"]))


class ConfirmForm(_Form):
    """Yes; what is confirmed stands in the server's own record."""


class NicknameForm(_Form):
    """The name that portals show."""

    nickname = fields.String(load_default="", validate=validate.Length(max=FIELD))
