"""Shapes of the forms about clients."""

from typing import Any, Mapping

from marshmallow import EXCLUDE, Schema, fields, validate

from idp.domain.client import AUTH_METHODS
from idp.services.client_registration import MAX_JSON

FIELD, LIST = 2_100, 20_000
KEEP = {"0": 0, "3600": 3_600, "86400": 86_400, "604800": 604_800}  # seconds for which the secret before counts
LISTS = ("redirect_uris", "post_logout_redirect_uris")
WORDS = ("client_name", "scope", "backchannel_logout_uri", "initiate_login_uri", "jwks_uri")


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class _Because(_Form):
    reason = fields.String(load_default="", validate=validate.Length(max=1_024))
    ticket = fields.String(load_default="", validate=validate.Length(max=1_024))


class Edit(_Because):
    """The metadata that most clients have, a field each; lists with a line for each."""

    seen = fields.Integer(load_default=0, validate=validate.Range(0, 2**53))
    client_id = fields.String(load_default="", validate=validate.Length(max=FIELD))
    client_name = fields.String(load_default="", validate=validate.Length(max=FIELD))
    redirect_uris = fields.String(load_default="", validate=validate.Length(max=LIST))
    post_logout_redirect_uris = fields.String(load_default="", validate=validate.Length(max=LIST))
    token_endpoint_auth_method = fields.String(load_default="client_secret_basic", validate=validate.OneOf(AUTH_METHODS))
    scope = fields.String(load_default="", validate=validate.Length(max=FIELD))
    backchannel_logout_uri = fields.String(load_default="", validate=validate.Length(max=FIELD))
    initiate_login_uri = fields.String(load_default="", validate=validate.Length(max=FIELD))
    jwks_uri = fields.String(load_default="", validate=validate.Length(max=FIELD))
    first_party = fields.String(load_default="", validate=validate.Length(max=8))


class Json(_Because):
    """All of the metadata as JSON (RFC 7591)."""

    seen = fields.Integer(load_default=0, validate=validate.Range(0, 2**53))
    json = fields.String(load_default="", validate=validate.Length(max=MAX_JSON))


class Act(_Because):
    """What to do, and why; how long the secret before still counts."""

    action = fields.String(load_default="", validate=validate.OneOf(["", "off", "on", "remove"]))
    keep = fields.String(load_default="86400", validate=validate.OneOf(list(KEEP)))


def metadata(form: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with what the form says in the place of what was there; an empty field says nothing."""
    found = {name: value for name, value in before.items() if name not in (*LISTS, *WORDS)}
    for name in LISTS:
        if lines := [line.strip() for line in form[name].splitlines() if line.strip()]:
            found[name] = lines
    found |= {name: form[name].strip() for name in WORDS if form[name].strip()}
    return found | {"token_endpoint_auth_method": form["token_endpoint_auth_method"], "first_party": form["first_party"] == "yes"}


def values(found: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the form for these metadata."""
    lists = {name: "\n".join(found.get(name, [])) for name in LISTS}
    words = {name: found.get(name, "") for name in WORDS}
    return {
        **lists, **words, "first_party": "yes" if found.get("first_party", True) else "",
        "token_endpoint_auth_method": found.get("token_endpoint_auth_method", "client_secret_basic"),
    }  # fmt: skip
