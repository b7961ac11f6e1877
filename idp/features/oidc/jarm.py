"""Authorization responses as signed JWTs, so that nobody changes or mixes them on the way (JARM, sections 2.1 and 2.3)."""

from typing import Mapping

from idp.features.oidc import jose
from idp.web.house import House

TYPE = "oauth-authz-resp+jwt"  # of its own, so that it is no other token (RFC 8725 section 3.11)
LIFE = 300  # seconds


def wanted(response_mode: str) -> bool:
    """Whether the answer is to be signed."""
    return response_mode == "jwt" or response_mode.endswith(".jwt")


def response(house: House, client_id: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The one parameter `response` that stands for these, signed with the algorithm that the client registered."""
    client, now = house.clients.find(client_id), house.deps.now()
    alg = client.authorization_signed_response_alg if client else "RS256"
    return {"response": jose.sign(house.keyring.ring(), alg, TYPE, {**fields, "aud": client_id, "exp": now + LIFE}, now)}
