"""Shapes of the forms around codes."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp.services.webauthn_checks import MAX_TEXT


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class CodeForm(_Form):
    """The code, or what a passkey answers, or what the member wants instead."""

    code = fields.String(load_default="", validate=validate.Length(max=1_024))
    remember = fields.String(load_default="")
    credential = fields.String(load_default="", validate=validate.Length(max=MAX_TEXT))
    action = fields.String(load_default="verify", validate=validate.OneOf(["verify", "send", "other", "cancel", "switch"]))


class WayForm(_Form):
    """Another way to get the code."""

    way = fields.String(load_default="", validate=validate.Length(max=64))


class OfferForm(_Form):
    """Set up the second factor now, or later."""

    action = fields.String(load_default="later", validate=validate.OneOf(["set_up", "later"]))
