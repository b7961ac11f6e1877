"""Shapes of the desk's forms."""

from marshmallow import EXCLUDE, Schema, fields, validate

from idp.domain.desk import RELATIONS, WHYS

FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    reason = fields.String(load_default="", validate=validate.Length(max=FIELD))
    ticket = fields.String(load_default="", validate=validate.Length(max=FIELD))


def _text(most: int = FIELD) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=most))


class CheckForm(_Form):
    """What the caller says, and who they are."""

    number = _text()
    name = _text()
    born = _text()
    phone = _text()
    relation = fields.String(load_default="self", validate=validate.OneOf(RELATIONS))
    caller = _text()


class SecondForm(_Form):
    """The number that was called back, a code, or the number on a letter."""

    action = fields.String(load_default="", validate=validate.OneOf(["", "callback", "send", "code", "letter"]))
    dialled = _text()
    reached = _text(8)
    to = _text(64)
    code = _text()
    letter = _text()


class ActForm(_Form):
    """Where a letter goes, what ends, and why an account is suspended."""

    to = _text(64)
    what = fields.String(load_default="all", validate=validate.OneOf(["all", "browsers"]))
    why = fields.String(load_default="", validate=validate.OneOf(["", *WHYS]))
    usable = _text(8)


class DestinationForm(_Form):
    """The new destination, the code that was read out, and why."""

    action = fields.String(load_default="", validate=validate.OneOf(["", "name", "code", "again", "propose"]))
    address = _text()
    code = _text()


class ContractForm(_Form):
    """The customer number of the contract, or that there is to be none."""

    number = _text()
    unlink = _text(8)


class DecideForm(_Form):
    """Whether it is to be done."""

    decision = fields.String(load_default="", validate=validate.OneOf(["", "approved", "rejected"]))


class ListQuery(_Form):
    """Behind which request the page begins."""

    at = fields.String(load_default="", validate=validate.Regexp(r"^(\d{1,12}\.[a-z0-9]{1,64})?\Z"))
