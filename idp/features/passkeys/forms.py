"""Shapes of the forms around passkeys."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp.services.webauthn_checks import MAX_TEXT


class PlainForm(Schema):
    """A button."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class NameForm(PlainForm):
    """What a passkey is called."""

    name = fields.String(load_default="", validate=validate.Length(max=1_024))


class AddForm(NameForm):
    """The new passkey as the browser says it, or not now."""

    credential = fields.String(load_default="", validate=validate.Length(max=MAX_TEXT))
    action = fields.String(load_default="", validate=validate.OneOf(["", "later"]))


class OfferForm(PlainForm):
    """Make one now, or not now."""

    action = fields.String(load_default="later", validate=validate.OneOf(["add", "later"]))
