"""The parameters of an authorization request, each checked by its own rule; `refuse` makes the error to raise."""

import re
from dataclasses import replace
from typing import Callable, Mapping

from idp.domain import fapi
from idp.domain.claims import wanted
from idp.domain.client import SCOPES, Client
from idp.features.oidc.claims_parameter import BadClaims, ClaimsRequest, parse_claims

MAX_ECHO = 1_024
RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")  # jwt: as the response type has it, by query
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")

Refuse = Callable[[str, str], Exception]  # what to raise, by error code and description


def _unsigned(mode: str, client: Client) -> bool:
    """Whether an answer by this mode would not be signed, as the client's profile has it (FAPI 2.0 Message Signing section 5.4.1)."""
    return client.profile == fapi.SIGNING and not mode.endswith("jwt")


def answer_mode(asked: str, client: Client) -> str:
    """How the client is answered, errors included: as it asks for, or where it cannot be told or may not be, by query."""
    if asked not in RESPONSE_MODES or _unsigned(asked, client):
        return "jwt" if client.profile == fapi.SIGNING else "query"
    return asked


def check_mode(mode: str, client: Client, refuse: Refuse) -> None:
    """One that we know, and may be."""
    if mode not in RESPONSE_MODES:
        raise refuse("invalid_request", "response_mode is not supported")
    if _unsigned(mode, client):
        raise refuse("invalid_request", "response_mode must be jwt for this client")


def limited(fields: Mapping[str, str], name: str, limit: int, refuse: Refuse) -> str:
    """The value, up to this many characters."""
    value = fields.get(name, "")
    if len(value) > limit:
        raise refuse("invalid_request", f"{name} is too long")
    return value


def prompt(value: str, refuse: Refuse) -> tuple[str, ...]:
    """The words of `prompt` (OIDC Core section 3.1.2.1)."""
    words = value.split(" ") if value else []
    if not set(words) <= PROMPTS:
        raise refuse("invalid_request", "prompt holds an unknown value")
    if "none" in words and len(words) > 1:
        raise refuse("invalid_request", "prompt=none cannot be combined")
    return tuple(words)


def scope(value: str, client: Client, refuse: Refuse) -> tuple[str, ...]:
    """Of the scopes asked for those that the client may have; openid is one of them."""
    if value and not _SCOPE.fullmatch(value):
        raise refuse("invalid_scope", "scope is malformed")
    asked = dict.fromkeys(value.split())
    if "openid" not in asked:
        raise refuse("invalid_scope", "scope must hold openid")
    # what the client may not have is dropped; the token response names what was granted (RFC 6749 section 3.3)
    return tuple(name for name in asked if name in client.scope and name in SCOPES)


def echoed(value: str | None, name: str, refuse: Refuse) -> str | None:
    """What is returned unchanged, if it is not too long for that."""
    if value is not None and len(value.encode("utf-8")) > MAX_ECHO:
        raise refuse("invalid_request", f"{name} is longer than {MAX_ECHO} bytes")
    return value


def challenge(fields: Mapping[str, str], client: Client, refuse: Refuse) -> str | None:
    """PKCE with S256 only; demanded unless the client was registered without, enforced once sent (RFC 7636)."""
    value, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if value is None and method is None:
        if client.require_pkce or client.public:
            raise refuse("invalid_request", "code_challenge is missing")
        return None
    if method != "S256":
        raise refuse("invalid_request", "code_challenge_method must be S256")
    if value is None or not _CHALLENGE.fullmatch(value):
        raise refuse("invalid_request", "code_challenge is malformed")
    return value


def thumbprint(value: str | None, refuse: Refuse) -> str | None:
    """The key that the code is to be bound to (RFC 9449 section 10)."""
    if value is not None and not _CHALLENGE.fullmatch(value):  # a SHA-256 in base64url, too
        raise refuse("invalid_request", "dpop_jkt is malformed")
    return value


def max_age(value: str | None, client: Client, refuse: Refuse) -> int | None:
    """How old a sign-in may be, in seconds, or the client's default."""
    if value is None:
        return client.default_max_age
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise refuse("invalid_request", "max_age must be a number of seconds")
    return int(value)


def resource(value: str | None, client: Client, refuse: Refuse) -> str | None:
    """The audience that access tokens are to have (RFC 8707 section 2.1)."""
    if value is not None and value not in client.resources:
        raise refuse("invalid_target", "the resource is not one that this client may have tokens for")
    return value


def claims(value: str | None, client: Client, refuse: Refuse) -> ClaimsRequest:
    """The single claims asked for (OIDC Core section 5.5), of those that the client's scopes hold."""
    if value is None:
        return ClaimsRequest()
    try:
        asked = parse_claims(value)
    except BadClaims as error:
        raise refuse("invalid_request", f"claims: {error}") from None
    # single claims are no way around the scopes that the client registered (requirement UI-01)
    allowed = wanted(client.scope)
    userinfo, id_token = (tuple(name for name in names if name in allowed) for names in (asked.userinfo, asked.id_token))
    return replace(asked, userinfo=userinfo, id_token=id_token)
