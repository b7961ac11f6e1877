"""The authorization request: every parameter checked before anything else happens (OIDC Core section 3.1.2.1)."""

import re
from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping

from idp.domain import fapi
from idp.domain.claims import wanted
from idp.domain.client import SCOPES, Client
from idp.features.oidc import offline
from idp.features.oidc.claims_parameter import BadClaims, ClaimsRequest, parse_claims

MAX_ECHO = 1_024
RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")  # jwt: as the response type has it, by query
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
KNOWN = frozenset(
    "response_type client_id redirect_uri scope state nonce response_mode code_challenge code_challenge_method prompt "
    "max_age login_hint id_token_hint ui_locales claims acr_values display request request_uri registration operation resource dpop_jkt".split()
)


@dataclass(frozen=True)
class Target:
    """Where an answer may go, once client and redirect URI are both proven."""

    client_id: str
    redirect_uri: str
    state: str | None = None
    response_mode: str = "query"


class NotRedirectable(Exception):
    """Client or redirect URI are not proven: an error page, never a redirect (RFC 6749 section 4.1.2.1)."""


class AuthorizationError(Exception):
    """An error to be sent to the client; `code` from RFC 6749 section 4.1.2.1 or OIDC Core section 3.1.2.6."""

    def __init__(self, target: Target, code: str, description: str):
        super().__init__(code)
        self.target, self.code, self.description = target, code, description


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that has passed every check; `scope` holds only what the client may have. `once`: of one that may lead
    to a single answer, the key and until when (Unix seconds)."""

    target: Target
    scope: tuple[str, ...]
    nonce: str | None
    code_challenge: str | None
    prompt: tuple[str, ...]
    max_age: int | None
    login_hint: str
    id_token_hint: str | None
    ui_locales: str
    acr_values: tuple[str, ...]
    claims: ClaimsRequest
    operation: str | None = None
    resource: str | None = None
    once: tuple[str, int] | None = None
    dpop_jkt: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the journey."""
        return {**vars(self), "target": vars(self.target), "claims": vars(self.claims)}


def from_dict(data: Mapping[str, Any]) -> AuthorizationRequest:
    """The request that `to_dict` wrote."""
    values = dict(data)
    values["target"] = Target(**values["target"])
    values["claims"] = ClaimsRequest.from_dict(values["claims"])
    for name in ("scope", "prompt", "acr_values", "once"):
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    return AuthorizationRequest(**values)


def proven_target(fields: Mapping[str, str], doubled: frozenset[str], find: Callable[[str | None], Client | None]) -> tuple[Client, Target]:
    """The client and the address for answers; raises `NotRedirectable` unless both are proven beyond doubt."""
    client = find(fields.get("client_id"))
    redirect_uri = fields.get("redirect_uri", "")
    state = fields.get("state")
    if doubled & {"client_id", "redirect_uri", "state"} or client is None or not client.allows_redirect(redirect_uri):
        raise NotRedirectable()
    if state is not None and len(state.encode("utf-8")) > MAX_ECHO:
        raise NotRedirectable()  # it could not be returned unchanged
    mode = fields.get("response_mode") or "query"
    if mode not in RESPONSE_MODES or "response_mode" in doubled:
        mode = "query"
    if mode == "form_post" and re.search(r"[\r\n]", state or ""):
        raise NotRedirectable()  # browsers rewrite line ends in forms (HTML section 4.10.21.4)
    return client, Target(client.id, redirect_uri, state or None, mode)


def check(fields: Mapping[str, str], doubled: frozenset[str], client: Client, target: Target) -> AuthorizationRequest:
    """The checked request; raises `AuthorizationError` with the first thing that is wrong."""

    def refuse(code: str, description: str) -> AuthorizationError:
        return AuthorizationError(target, code, description)

    if doubled:
        raise refuse("invalid_request", "a parameter stands there twice")
    # RFC 6749 section 3.1: a parameter without a value counts as left out
    fields = {name: value for name, value in fields.items() if value}
    for name, code in (("request", "request_not_supported"), ("request_uri", "request_uri_not_supported"), ("registration", "registration_not_supported")):
        if name in fields:
            raise refuse(code, f"{name} is not supported")
    if "response_type" not in fields:
        raise refuse("invalid_request", "response_type is missing")
    if fields["response_type"] != "code":
        raise refuse("unsupported_response_type", "only response_type=code is supported")
    if not client.check_grant_type("authorization_code"):
        raise refuse("unauthorized_client", "this client is not registered for the code flow")
    _check_mode(fields.get("response_mode", "query"), client, refuse)
    prompt = _prompt(fields.get("prompt", ""), refuse)
    return AuthorizationRequest(
        target=target,
        scope=offline.granted(_scope(fields.get("scope", ""), client, refuse), client, prompt),
        nonce=_echoed(fields.get("nonce"), "nonce", refuse),
        code_challenge=_challenge(fields, client, refuse),
        prompt=prompt,
        max_age=_max_age(fields.get("max_age"), client, refuse),
        login_hint=fields.get("login_hint", "")[:256],
        id_token_hint=_limited(fields, "id_token_hint", 8_192, refuse) or None,
        ui_locales=fields.get("ui_locales", "")[:200],
        acr_values=tuple(_limited(fields, "acr_values", 1_000, refuse).split()) or client.default_acr_values,
        claims=_claims(fields.get("claims"), client, refuse),
        # a parameter of our own: anything but a name that the client registered is ignored (flows.md M0)
        resource=_resource(fields.get("resource"), client, refuse),
        dpop_jkt=_thumbprint(fields.get("dpop_jkt"), refuse),
        operation=operation if (operation := fields.get("operation")) in client.operations else None,
    )


Refuse = Callable[[str, str], AuthorizationError]


def _check_mode(mode: str, client: Client, refuse: Refuse) -> None:
    """One that we know; a signed one where the client's profile has it so (FAPI 2.0 Message Signing section 5.4.1)."""
    if mode not in RESPONSE_MODES:
        raise refuse("invalid_request", "response_mode is not supported")
    if client.profile == fapi.SIGNING and not mode.endswith("jwt"):
        raise refuse("invalid_request", "response_mode must be jwt for this client")


def _limited(fields: Mapping[str, str], name: str, limit: int, refuse: Refuse) -> str:
    value = fields.get(name, "")
    if len(value) > limit:
        raise refuse("invalid_request", f"{name} is too long")
    return value


def _prompt(value: str, refuse: Refuse) -> tuple[str, ...]:
    words = value.split(" ") if value else []
    if not set(words) <= PROMPTS:
        raise refuse("invalid_request", "prompt holds an unknown value")
    if "none" in words and len(words) > 1:
        raise refuse("invalid_request", "prompt=none cannot be combined")
    return tuple(words)


def _scope(value: str, client: Client, refuse: Refuse) -> tuple[str, ...]:
    if value and not _SCOPE.fullmatch(value):
        raise refuse("invalid_scope", "scope is malformed")
    asked = dict.fromkeys(value.split())
    if "openid" not in asked:
        raise refuse("invalid_scope", "scope must hold openid")
    # what the client may not have is dropped; the token response names what was granted (RFC 6749 section 3.3)
    return tuple(scope for scope in asked if scope in client.scope and scope in SCOPES)


def _echoed(value: str | None, name: str, refuse: Refuse) -> str | None:
    if value is not None and len(value.encode("utf-8")) > MAX_ECHO:
        raise refuse("invalid_request", f"{name} is longer than {MAX_ECHO} bytes")
    return value


def _challenge(fields: Mapping[str, str], client: Client, refuse: Refuse) -> str | None:
    """PKCE with S256 only; demanded unless the client was registered without, enforced once sent (RFC 7636)."""
    challenge, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if challenge is None and method is None:
        if client.require_pkce or client.public:
            raise refuse("invalid_request", "code_challenge is missing")
        return None
    if method != "S256":
        raise refuse("invalid_request", "code_challenge_method must be S256")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise refuse("invalid_request", "code_challenge is malformed")
    return challenge


def _thumbprint(value: str | None, refuse: Refuse) -> str | None:
    """The key that the code is to be bound to (RFC 9449 section 10)."""
    if value is not None and not _CHALLENGE.fullmatch(value):  # a SHA-256 in base64url, too
        raise refuse("invalid_request", "dpop_jkt is malformed")
    return value


def _max_age(value: str | None, client: Client, refuse: Refuse) -> int | None:
    if value is None:
        return client.default_max_age
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise refuse("invalid_request", "max_age must be a number of seconds")
    return int(value)


def _resource(value: str | None, client: Client, refuse: Refuse) -> str | None:
    """The audience that access tokens are to have (RFC 8707 section 2.1)."""
    if value is not None and value not in client.resources:
        raise refuse("invalid_target", "the resource is not one that this client may have tokens for")
    return value


def _claims(value: str | None, client: Client, refuse: Refuse) -> ClaimsRequest:
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
