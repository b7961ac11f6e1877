"""Client metadata that members see, and addresses that they are led to (RFC 7591 section 2, OIDC Core section 4)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from idp.domain import client as rules
from idp.domain.problem import Problem
from idp.services.client_proof import https


def _operations(value: dict[str, Any]) -> None:
    for name, words in value.items():
        known = words is True and name in rules.OPERATIONS
        told = isinstance(words, dict) and set(words) == {"ja", "en"} and all(_short(one) for one in words.values())
        if not known and not told:
            ready = ", ".join(rules.OPERATIONS)
            words = '{name}: write {"ja": "…", "en": "…"}, each of 1 to 40 characters, or true for {ready}'
            raise ValidationError(Problem("operations", words, name=name, ready=ready))


def _short(words: Any) -> bool:
    return isinstance(words, str) and 0 < len(words) <= 40 and words.isprintable()


def _name(value: str) -> None:
    """Members read it: nothing in it turns what stands beside it around, or cannot be seen."""
    if not 0 < len(value) <= 80 or not value.isprintable() or not value.strip():
        raise ValidationError(Problem("name_seen", "write 1 to 80 characters that can be seen"))


class ClientOnPages(Schema):
    """The part of the metadata that these rules are about."""

    client_name = fields.String(validate=_name)
    operations = fields.Dict(fields.String(validate=validate.Regexp("^[a-z][a-z0-9_]{0,39}$")), fields.Raw(), validate=_operations)
    initiate_login_uri = fields.Raw(validate=https)
    client_uri = fields.Raw(validate=https)
    policy_uri = fields.Raw(validate=https)
    tos_uri = fields.Raw(validate=https)
