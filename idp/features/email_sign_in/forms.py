"""Shapes of the forms of this room."""

from marshmallow import EXCLUDE, Schema, fields, validate

# longer than any address, so that the page can say so
FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class AddressForm(_Form):
    """The address: the operator's own mailbox of this member, or another one."""

    place = fields.String(load_default="", validate=validate.OneOf(["", "mailbox", "other"]))
    email = fields.String(load_default="", validate=validate.Length(max=FIELD))


class CodeForm(_Form):
    """The code that has come, and what to do: look at it, or send another one."""

    draft = fields.String(load_default="", validate=validate.Length(max=64))
    code = fields.String(load_default="", validate=validate.Length(max=FIELD))
    action = fields.String(load_default="check", validate=validate.OneOf(["check", "resend"]))


class OffForm(_Form):
    """Switch it off."""
