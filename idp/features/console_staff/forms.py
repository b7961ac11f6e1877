"""Shapes of the forms about staff, and of the one behind an invitation."""

from marshmallow import EXCLUDE, Schema, fields, validate


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class Asked(_Form):
    """Where a page of the list begins."""

    after = fields.String(load_default="", validate=validate.Length(max=64))


class ActForm(_Form):
    """What is to be done, and why."""

    role = fields.String(load_default="", validate=validate.Length(max=32))
    reason = fields.String(load_default="", validate=validate.Length(max=1_024))
    ticket = fields.String(load_default="", validate=validate.Length(max=1_024))


class InviteForm(ActForm):
    """Who is invited."""

    login_id = fields.String(load_default="", validate=validate.Length(max=1_024))
    email = fields.String(load_default="", validate=validate.Length(max=1_024))


class InvitedForm(_Form):
    """The new password of somebody invited."""

    j = fields.String(load_default="", validate=validate.Length(max=64))
    new_password = fields.String(load_default="")
    new_password_again = fields.String(load_default="")
