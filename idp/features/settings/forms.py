"""Shapes of the forms around the second factor's settings."""

from marshmallow import EXCLUDE, Schema, fields, validate

# longer than any address, so that the page can say so
FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class EditForm(_Form):
    """On or off, the destinations, which one is usual, and the consent."""

    state = fields.String(load_default="on", validate=validate.OneOf(["on", "off"]))
    mailbox = fields.String(load_default="", validate=validate.Length(max=FIELD))
    email = fields.String(load_default="", validate=validate.Length(max=FIELD))
    phone = fields.String(load_default="", validate=validate.Length(max=FIELD))
    usual = fields.String(load_default="", validate=validate.Length(max=64))
    consent = fields.String(load_default="", validate=validate.Length(max=64))


class VerifyForm(_Form):
    """The codes that have come, and what to do: look at them, send one, or save."""

    draft = fields.String(load_default="", validate=validate.Length(max=64))
    code_mailbox = fields.String(load_default="", validate=validate.Length(max=FIELD))
    code_email = fields.String(load_default="", validate=validate.Length(max=FIELD))
    code_sms = fields.String(load_default="", validate=validate.Length(max=FIELD))
    action = fields.String(
        load_default="check", validate=validate.OneOf(["check", "save", "send_mailbox", "send_email", "send_sms"])
    )


class StartForm(_Form):
    """Go on from here; `later`: without what was offered."""

    action = fields.String(load_default="next", validate=validate.OneOf(["next", "later"]))


class OffForm(_Form):
    """Switch it off."""
