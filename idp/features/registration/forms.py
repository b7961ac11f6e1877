"""Shapes of the forms of a registration: which fields there are and how long they may be, nothing else."""

from marshmallow import EXCLUDE, Schema, fields, validate

# longer than any rule allows, so that the rule can say so
FIELD = 1_024
# the fields of the second page from top to bottom
ON_PAGE = ("login_id", "new_password", "new_password_again", "email", "nickname")


def _text() -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=FIELD))


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    j = fields.String(load_default="", validate=validate.Length(max=64))


class VerifyForm(_Form):
    """Facts about the contract; the policy says which of them are asked for."""

    customer_number = _text()
    phone = _text()
    kana_name = _text()
    kanji_name = _text()
    corporate_name = _text()
    birth_year = _text()
    birth_month = _text()
    birth_day = _text()
    isp_mail = _text()


class DetailsForm(_Form):
    """What to sign in with; `check`: only tell whether the login ID is free."""

    login_id = _text()
    email = _text()
    nickname = _text()
    new_password = fields.String(load_default="")
    new_password_again = fields.String(load_default="")
    action = fields.String(load_default="next", validate=validate.OneOf(["next", "check"]))


class ConfirmForm(_Form):
    """What is on the page is right; `draft` names what was on it."""

    draft = fields.String(load_default="", validate=validate.Length(max=64))


class ResendForm(_Form):
    """The letter once more."""
