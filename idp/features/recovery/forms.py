"""Shapes of the recovery forms: which fields there are and how long they may be, nothing else."""

from marshmallow import EXCLUDE, Schema, fields, validate

# longer than any rule allows, so that the rule can say so
FIELD = 1_024


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


def _text() -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=FIELD))


def _one_of(*values: str) -> fields.String:
    return fields.String(load_default="", validate=validate.OneOf(["", *values]))


class AskForm(_Form):
    """What is wanted, whose contract it is, and which kind of destination the answer goes to; never which one."""

    kind = _one_of("id", "pw")
    by = _one_of("login_id", "facts")
    login_id = _text()
    type = _one_of("individual", "corporate")
    family_name = _text()
    given_name = _text()
    corporate_name = _text()
    kana_name = _text()
    birth_year = _text()
    birth_month = _text()
    birth_day = _text()
    isp_mail = _text()
    customer_number = _text()
    phone = _text()
    dest = _one_of("isp", "mail", "sms")


class ConfirmForm(_Form):
    """Send it."""


class CodeForm(_Form):
    """The code of the SMS."""

    code = _text()
