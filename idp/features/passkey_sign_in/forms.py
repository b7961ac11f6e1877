"""The shape of the sign-in form as a passkey sends it."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp.services.webauthn_checks import MAX_TEXT

SEALED = 16_384


class PasskeyForm(Schema):
    """What the browser says of the passkey."""

    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))
    sealed = fields.String(load_default="", validate=validate.Length(max=SEALED))
    credential = fields.String(load_default="", validate=validate.Length(max=MAX_TEXT))
