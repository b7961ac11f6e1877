"""The authorization request: every parameter checked before anything else happens (OIDC Core section 3.1.2.1)."""

import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from idp.domain.client import Client
from idp.domain.kept import read_as
from idp.features.oidc import offline, parameters
from idp.features.oidc.claims_parameter import ClaimsRequest
from idp.features.oidc.parameters import MAX_ECHO

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
    to a single answer, the key and until when (Unix seconds); `device`: of a television's, its key and the code that the member
    has typed."""

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
    device: tuple[str, str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the journey."""
        return {**vars(self), "target": vars(self.target), "claims": vars(self.claims)}


def from_dict(data: Mapping[str, Any]) -> AuthorizationRequest:
    """The request that `to_dict` wrote."""
    values = dict(data)
    values["target"] = read_as(Target, values["target"])
    values["claims"] = ClaimsRequest.from_dict(values["claims"])
    return read_as(AuthorizationRequest, values)


def proven_target(fields: Mapping[str, str], doubled: frozenset[str], find: Callable[[str | None], Client | None]) -> tuple[Client, Target]:
    """The client and the address for answers; raises `NotRedirectable` unless both are proven beyond doubt."""
    client = find(fields.get("client_id"))
    redirect_uri = fields.get("redirect_uri", "")
    state = fields.get("state")
    if doubled & {"client_id", "redirect_uri", "state"} or client is None or not client.allows_redirect(redirect_uri):
        raise NotRedirectable()
    if state is not None and len(state.encode("utf-8")) > MAX_ECHO:
        raise NotRedirectable()  # it could not be returned unchanged
    mode = parameters.answer_mode("" if "response_mode" in doubled else fields.get("response_mode", ""), client)
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
    parameters.check_mode(fields.get("response_mode", "query"), client, refuse)
    prompt = parameters.prompt(fields.get("prompt", ""), refuse)
    return AuthorizationRequest(
        target=target,
        scope=offline.granted(parameters.scope(fields.get("scope", ""), client, refuse), client, prompt),
        nonce=parameters.echoed(fields.get("nonce"), "nonce", refuse),
        code_challenge=parameters.challenge(fields, client, refuse),
        prompt=prompt,
        max_age=parameters.max_age(fields.get("max_age"), client, refuse),
        login_hint=fields.get("login_hint", "")[:256],
        id_token_hint=parameters.limited(fields, "id_token_hint", 8_192, refuse) or None,
        ui_locales=fields.get("ui_locales", "")[:200],
        acr_values=tuple(parameters.limited(fields, "acr_values", 1_000, refuse).split()) or client.default_acr_values,
        claims=parameters.claims(fields.get("claims"), client, refuse),
        # a parameter of our own: anything but a name that the client registered is ignored (flows.md M0)
        resource=parameters.resource(fields.get("resource"), client, refuse),
        dpop_jkt=parameters.thumbprint(fields.get("dpop_jkt"), refuse),
        operation=operation if (operation := fields.get("operation")) in client.operations else None,
    )


def check_device(fields: Mapping[str, str], client: Client) -> AuthorizationRequest:
    """The checked request of a device, which has no address to answer to (RFC 8628 section 3.1); raises `AuthorizationError`
    with the first thing that is wrong. The member always is asked, which is what offline_access wants."""
    target = Target(client.id, "")

    def refuse(code: str, description: str) -> AuthorizationError:
        return AuthorizationError(target, code, description)

    return AuthorizationRequest(
        target=target,
        scope=offline.granted(parameters.scope(fields.get("scope", ""), client, refuse), client, ("consent",)),
        nonce=None,
        code_challenge=None,
        prompt=(),
        max_age=parameters.max_age(fields.get("max_age"), client, refuse),
        login_hint="",
        id_token_hint=None,
        ui_locales="",
        acr_values=tuple(parameters.limited(fields, "acr_values", 1_000, refuse).split()) or client.default_acr_values,
        claims=ClaimsRequest(),
        resource=parameters.resource(fields.get("resource"), client, refuse),
    )
