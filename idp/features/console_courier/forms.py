"""Shapes of the forms and addresses of the courier's pages."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp.domain.letter import LISTED, OUTCOMES

REASON = 500


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class ListQuery(_Form):
    """Filters, and where the list goes on."""

    channel = fields.String(load_default="", validate=validate.OneOf(["", *LISTED]))
    outcome = fields.String(load_default="", validate=validate.OneOf(["", *OUTCOMES]))
    before = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**62))


class ActForm(_Form):
    """Something to be done, and why."""

    what = fields.String(load_default="", validate=validate.Length(max=64))
    reason = fields.String(load_default="", validate=validate.Length(max=REASON))
    ticket = fields.String(load_default="", validate=validate.Length(max=64))
