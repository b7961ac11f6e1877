"""Security event tokens that portals sign and push to us: believed by the keys that they registered, and by nothing else
(RFC 8417 section 2, RFC 8935 section 2)."""

from typing import Any

import structlog

from idp.domain.client import Client
from idp.domain.security_event import TYP, NotBelieved
from idp.features.oidc import jose
from idp.web.house import House

log = structlog.get_logger("idp.received_sets")

PREFIX = "urn:x-idp:event-type:"  # before the name that the event has in the plain form
PAST, AHEAD = 86_400, 10  # seconds: an event is sent again for a day, and a portal's clock may be ahead
# what is no token of this type, or carries its own keys, is never looked into (RFC 8725 sections 3.10 and 3.11)
_TYPES = (TYP, f"application/{TYP}")
_FOREIGN = frozenset(("jwk", "jku", "x5u", "x5c", "crit", "b64"))


def opened(house: House, text: str) -> tuple[Client, dict[str, Any]]:
    """The portal that has signed the token, and its event as the plain form has it: `jti`, `event` and the members of that
    event, these not yet looked into. Raises `NotBelieved`, with one answer for whatever is wrong with issuer, key or
    signature; the log says which."""
    found: list[Client] = []

    def key_for(header: dict[str, Any], claims: dict[str, Any]) -> Any:
        if str(header.get("typ")).lower() not in _TYPES or _FOREIGN & set(header):
            raise NotBelieved("invalid_request", f"the header needs typ {TYP}, alg and kid alone")
        issuer, kid, alg = claims.get("iss"), header.get("kid"), header["alg"]
        client = house.clients.find(issuer) if isinstance(issuer, str) else None
        if client is None or client.public or alg not in client.proof_algs or not isinstance(kid, str | None):
            return None
        found.append(client)
        return house.client_keys.find(client, kid, alg)

    try:
        claims = jose.opened(text, key_for)[1]
    except jose.BadToken as error:
        log.warning("event_token_refused", client=found[0].id if found else None, reason=str(error))
        raise NotBelieved("invalid_key", "not signed by a portal with a key that it registered") from None
    return found[0], _event(house, claims)


def _event(house: House, claims: dict[str, Any]) -> dict[str, Any]:
    """The one event of the token (RFC 8417 section 2.2). `exp` is not for these, and counts where it stands."""
    issuer, now = house.deps.settings.issuer, house.deps.clock()
    if claims.get("aud") not in (issuer, [issuer]):
        raise NotBelieved("invalid_audience", "aud has to be the issuer, alone")
    if not jose.numeric_date(claims.get("iat")) or not now - PAST <= claims["iat"] <= now + AHEAD:
        raise NotBelieved("invalid_request", "iat has to be of the last 24 hours")
    if "exp" in claims and not (jose.numeric_date(claims["exp"]) and now < claims["exp"]):
        raise NotBelieved("invalid_request", "exp is over; leave it out")
    events = claims.get("events")
    if not isinstance(events, dict) or len(events) != 1:
        raise NotBelieved("invalid_request", "events has to hold one event")
    [(uri, members)] = events.items()
    if not uri.startswith(PREFIX) or not isinstance(members, dict) or {"jti", "event", "client_id", "client_secret"} & set(members):
        raise NotBelieved("invalid_request", f"the event has to be {PREFIX}… with its members")
    return {**members, "jti": claims.get("jti"), "event": uri.removeprefix(PREFIX)}
