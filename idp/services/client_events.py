"""Client metadata on what a portal is told, and may tell: events (RFC 8935) and logouts (OpenID Connect Back-Channel Logout 1.0
section 2.2)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from idp.domain import client as rules
from idp.domain.problem import Problem
from idp.services.client_proof import https, strict_bool


class EventsOfClient(Schema):
    """The part of the metadata that these rules are about."""

    event_delivery_uri = fields.Raw(validate=https)
    # RFC 6750 section 2.1
    event_delivery_token = fields.String(
        validate=validate.Regexp(r"^(?=.{16,512}$)[A-Za-z0-9._~+/-]+=*$", error=Problem("event_token", "16 to 512 of A-Z a-z 0-9 . _ ~ + / - and = at the end"))
    )
    may_send_events = strict_bool()
    backchannel_logout_uri = fields.Raw(validate=https)
    backchannel_logout_session_required = strict_bool()
    backchannel_logout_token_typ = fields.String(validate=validate.OneOf(rules.LOGOUT_TYPES))

    @validates_schema
    def events_have_a_place(self, data: dict[str, Any], **_: Any) -> None:
        """What needs an address, or a secret, has one."""
        if data.get("token_endpoint_auth_method") == "none" and data.get("may_send_events"):
            raise ValidationError(Problem("events_public", "only a client with a secret or a key can prove that an event is its own"), "may_send_events")
        if data.get("event_delivery_token") and not data.get("event_delivery_uri"):
            raise ValidationError(Problem("belongs", "name the {key} that it belongs to", key="event_delivery_uri"), "event_delivery_token")
        if data.get("backchannel_logout_session_required") and not data.get("backchannel_logout_uri"):
            raise ValidationError(Problem("belongs", "name the {key} that it belongs to", key="backchannel_logout_uri"), "backchannel_logout_session_required")
