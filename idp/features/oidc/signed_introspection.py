"""The introspection response as a signed JWT (RFC 9701), for who has to show later what was said."""

from typing import Any

from idp.domain.client import Client
from idp.features.oidc import jose
from idp.web.house import House
from idp.web.machine import NO_STORE, Reply

TYPE = "token-introspection+jwt"


def wanted(accept: str) -> bool:
    """Whether the Accept header asks for it, and for plain JSON no more than for it (section 4; RFC 9110 section 12.5.1)."""
    weights = {name.strip().lower(): _weight(rest) for name, _, rest in (one.partition(";") for one in accept[:1_000].split(","))}
    signed = weights.get(f"application/{TYPE}", 0.0)
    return signed > 0 and signed >= weights.get("application/json", 0.0)


def _weight(parameters: str) -> float:
    for one in parameters.split(";"):
        name, _, value = one.strip().partition("=")
        if name.lower() == "q":
            return float(value) if value[:1] in ("0", "1") and value.replace(".", "", 1).isdecimal() and value.isascii() else 0.0
    return 1.0


def reply(house: House, client: Client, found: dict[str, Any]) -> Reply:
    """What was found, signed for this client with the algorithm that it registered (section 5)."""
    now = house.deps.now()
    claims = {"iss": house.deps.settings.issuer, "aud": client.id, "iat": now, "token_introspection": found}
    text = jose.sign(house.keyring.ring(), client.introspection_signed_response_alg, TYPE, claims, now)
    return Reply(200, text.encode(), (("Content-Type", f"application/{TYPE}"), *NO_STORE))
