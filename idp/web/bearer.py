"""How a request shows an access token, and how one is refused (RFC 6750 sections 2 and 3, RFC 9449 section 7.1)."""

import re
from dataclasses import dataclass

from idp.domain.client import Client
from idp.web.machine import MachineRequest, Reply, error_reply

_TOKEN = re.compile(r"(?:[Bb][Ee][Aa][Rr][Ee][Rr]|[Dd][Pp][Oo][Pp]) +([A-Za-z0-9\-._~+/]+=*)")


@dataclass(frozen=True)
class Admission:
    """Who asks and for what they may ask, or the `refusal`; the client of a token of ours is known even then."""

    client: Client | None = None
    scope: frozenset[str] = frozenset()
    refusal: Reply | None = None


def challenge(error: str = "", description: str = "", scope: str = "") -> tuple[tuple[str, str], ...]:
    """The header that says what is wrong with a token, and with `scope` what it lacks (RFC 6750 section 3)."""
    details = f', error="{error}", error_description="{description}"' if error else ""
    lacking = f', scope="{scope}"' if scope else ""
    return (("WWW-Authenticate", f'Bearer realm="idp"{details}{lacking}'),)


def refused(status: int, error: str, description: str, scope: str = "") -> Reply:
    """An error of RFC 6750 section 3.1."""
    return error_reply(status, error, description, challenge(error, description, scope))


def shown_token(request: MachineRequest) -> str | Reply:
    """The token of the header (Bearer or DPoP) or the form body, never of the address (RFC 6750 section 2, RFC 9449 section
    7.1, RFC 9700 section 4.3.2)."""
    header, body = request.header("Authorization"), request.form.get("access_token")
    if header.split(" ")[0].lower() not in ("bearer", "dpop"):
        header = ""  # another scheme is no token at all (RFC 6750 section 3.1)
    if "access_token" in request.query:
        return refused(400, "invalid_request", "a token does not belong into the address")
    if header and body is not None:
        return refused(400, "invalid_request", "send the token once")
    if header:
        found = _TOKEN.fullmatch(header)
        return found[1] if found else refused(401, "invalid_token", "the token is malformed")
    if not body:
        return Reply(401, b"", (("Cache-Control", "no-store"), *challenge()))
    return body
