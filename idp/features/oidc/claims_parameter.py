"""The claims parameter: which single claims a portal asks for, and where (OIDC Core section 5.5)."""

import json
from dataclasses import dataclass
from typing import Any, Mapping

from idp.domain.claims import CLAIMS
from idp.domain.kept import read_as

MAX_CLAIMS = 8_192


class BadClaims(Exception):
    """The parameter is not the JSON object that section 5.5 describes."""


@dataclass(frozen=True)
class ClaimsRequest:
    """Claim names wanted from UserInfo and in the ID token; the levels of which one is essential; the subject
    that must be meant."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    voluntary_acr: tuple[str, ...] = ()
    subject: str | None = None

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "ClaimsRequest":
        """The value that `dataclasses.asdict` wrote and JSON carried."""
        return read_as(ClaimsRequest, data)


def parse_claims(text: str | None) -> ClaimsRequest:
    """The parsed parameter; unknown claims are ignored. Raises `BadClaims`."""
    if not text:
        return ClaimsRequest()
    if len(text.encode("utf-8")) > MAX_CLAIMS:
        raise BadClaims("too long")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadClaims("not JSON") from None
    userinfo, id_token = _member(data, "userinfo"), _member(data, "id_token")
    essential, wished = _acr(id_token.get("acr"))
    subject = None
    for member in (userinfo, id_token):
        if isinstance(value := (member.get("sub") or {}).get("value"), str):
            subject = value
    return ClaimsRequest(
        userinfo=tuple(name for name in userinfo if name in CLAIMS),
        id_token=tuple(name for name in id_token if name in CLAIMS),
        essential_acr=wished if essential else (),
        voluntary_acr=() if essential else wished,
        subject=subject,
    )


def _member(data: Any, name: str) -> dict[str, Any]:
    member = data.get(name) if isinstance(data, dict) else data
    if member is None and isinstance(data, dict):
        return {}
    if not isinstance(member, dict) or not all(value is None or isinstance(value, dict) for value in member.values()):
        raise BadClaims("not an object of objects")
    return member


def _acr(request: Any) -> tuple[bool, tuple[str, ...]]:
    if not request:
        return False, ()
    values = request.get("values", [request["value"]] if "value" in request else [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadClaims("acr values must be strings")
    return request.get("essential") is True, tuple(values[:20])
