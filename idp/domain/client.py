"""A registered relying party, and the strict rules for the addresses it may register."""

import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence
from urllib.parse import urlsplit

from idp.domain import fapi
from idp.domain.problem import Problem

# what a member can let a portal have; other scopes belong to the operator's own interfaces, for clients without a member
SCOPES = ("openid", "profile", "email", "phone", "address", "contract", "offline_access")
SECRET_METHODS = ("client_secret_basic", "client_secret_post")
AUTH_METHODS = (*SECRET_METHODS, "private_key_jwt", "none")
DPOP_ALGS = ("ES256", "PS256", "EdDSA")
PROOF_ALGS = ("ES256", "PS256", "RS256", "EdDSA")  # what portals sign with
SUBJECT_TYPES = ("public", "pairwise")
LOGOUT_TYPES = ("logout+jwt", "JWT")  # the second for old software
ID_TOKEN_ALGS = ("RS256", "ES256", "PS256", "EdDSA")
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628: televisions and set-top boxes
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE)
LOOPBACK_HOSTS = ("127.0.0.1", "[::1]", "localhost")
MAX_URL = 2_000
# what a portal may ask a fresh proof for, beside operations that it names itself
OPERATIONS = ("mail_password", "mail_address", "net_credentials")


@dataclass(frozen=True)
class Client:
    """One relying party; field names follow RFC 7591 section 2 where it has one. `operations`: what it asks a fresh proof
    for, by name: true for one of `OPERATIONS`, else its words by language. `resources`: the audiences it may ask tokens for
    (RFC 8707); `audiences`: those it answers for itself, so that it may introspect tokens meant for them; lifetimes in
    seconds, None: the policy's. `event_delivery_uri`: where it is told of events (RFC 8935), with `event_token`, sealed;
    `may_send_events`: whether what it tells of mailboxes and contracts counts; `backchannel_logout_uri`: where it is told of
    sessions that end (OpenID Connect Back-Channel Logout 1.0 section 2.2). `jwks`, or what stands at `jwks_uri`: its public
    keys; `client_assertion_audience`: "issuer", or "token_endpoint" if it may name that too; `old_secret_until`: Unix seconds up
    to which the secret before counts; `registration_hash`: the fingerprint of the token by which it looks after its own
    registration within `registration_limits` (RFC 7592); `profile`: one of `fapi.PROFILES`."""

    id: str
    name: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: str = "client_secret_basic"
    grant_types: tuple[str, ...] = ("authorization_code",)
    application_type: str = "web"
    scope: tuple[str, ...] = SCOPES
    id_token_signed_response_alg: str = "RS256"
    authorization_signed_response_alg: str = "RS256"
    first_party: bool = True
    require_pkce: bool = True
    require_auth_time: bool = False
    default_max_age: int | None = None
    default_acr_values: tuple[str, ...] = ()
    scope_claims_in_id_token: bool = False
    subject_type: str = "public"
    sector_identifier_uri: str | None = None
    operations: Mapping[str, Any] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    introspection_signed_response_alg: str = "RS256"
    access_token_lifetime: int | None = None
    id_token_lifetime: int | None = None
    refresh_token_idle_lifetime: int | None = None
    refresh_token_lifetime: int | None = None
    initiate_login_uri: str | None = None
    client_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    event_delivery_uri: str | None = None
    may_send_events: bool = False
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    token_endpoint_auth_signing_alg: str | None = None
    client_assertion_audience: str = "issuer"
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    require_dpop_nonce: bool = False
    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    profile: str | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    backchannel_logout_token_typ: str = "logout+jwt"
    secret_hash: str | None = None
    old_secret_hash: str | None = None
    old_secret_until: int = 0
    event_token: str | None = None
    registration_hash: str | None = None
    registration_limits: str | None = None
    created_at: int = 0
    updated_at: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def public(self) -> bool:
        """Whether the client cannot prove who it is (RFC 6749 section 2.1)."""
        return self.token_endpoint_auth_method == "none"

    @property
    def sector(self) -> str | None:
        """What shares its names for members: the one host of its addresses, or that of `sector_identifier_uri` (OIDC Core
        section 8.1); None: the names that everybody sees."""
        if self.subject_type != "pairwise":
            return None
        return urlsplit(self.sector_identifier_uri or self.redirect_uris[0]).hostname

    @property
    def has_secret(self) -> bool:
        """Whether the client proves itself by a secret that we know."""
        return self.token_endpoint_auth_method in SECRET_METHODS

    @property
    def proof_algs(self) -> tuple[str, ...]:
        """What the client may sign with."""
        return fapi.ALGS if self.profile else PROOF_ALGS

    @property
    def own_scopes(self) -> tuple[str, ...]:
        """Scopes that need no member: what the client may have for itself."""
        return tuple(scope for scope in self.scope if scope not in SCOPES)

    @property
    def origins(self) -> frozenset[str]:
        """Web origins of every address the client registered; the only ones that CORS and form-action know."""
        named = (*self.redirect_uris, *self.post_logout_redirect_uris, self.initiate_login_uri, self.client_uri)
        return frozenset(origin(uri) for uri in named if uri)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client is registered for this grant (RFC 7591 section 2, grant_types)."""
        return grant_type in self.grant_types

    def allows_redirect(self, uri: str) -> bool:
        """Byte-for-byte match with a registered address (RFC 9700 section 2.1); a native client's loopback
        address may carry any port (RFC 8252 section 7.3)."""
        if uri in self.redirect_uris:
            return True
        if self.application_type != "native" or url_problem(uri):
            return False
        return any(
            without_port(known) == without_port(uri) for known in self.redirect_uris if known.startswith("http://")
        )


def with_member(grant_types: Sequence[str]) -> bool:
    """Whether one of these grants begins with a member who signs in."""
    return bool({"authorization_code", DEVICE_CODE} & set(grant_types))


def origin(uri: str) -> str:
    """Scheme, host and port of an absolute URI that has passed `url_problem`, as browsers write them: in lower case, and without
    the port that the scheme has anyway (RFC 6454 section 6.2)."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    port = "" if parts.port in (None, 443 if parts.scheme == "https" else 80) else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def without_port(uri: str) -> str:
    """A loopback address without its port."""
    return re.sub(r"^(http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::[0-9]{1,5})?(?=/|\?|$)", r"\1", uri)


def url_problem(uri: Any) -> Problem | None:
    """Why this is not an address that we accept from anyone (requirements AZ-04, trap T-17), or None."""
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_URL:
        return Problem("url", "write an absolute URL of at most 2000 characters")
    if not re.fullmatch(r"[\x21-\x7e]+", uri) or re.search(r'[\\"<>^`{|}*]', uri):
        return Problem("url_ascii", "only ASCII without spaces, quotes, backslashes and wildcards is allowed")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return Problem("url_none", "this is not a URL")
    if "#" in uri:
        return Problem("url_fragment", "a fragment is not allowed")
    if "@" in parts.netloc or port == 0 or not re.fullmatch(r"[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\]", _host(parts.netloc)):
        return Problem("url_host", "write a plain host name without user name")
    if parts.scheme == "https":
        return None
    if parts.scheme == "http" and _host(parts.netloc) in LOOPBACK_HOSTS:
        return None
    return Problem("url_https", "use https (http only for localhost)")


def resource_problem(uri: Any) -> Problem | None:
    """Why this cannot name an audience (RFC 8707 section 2: an absolute URI without fragment), or None."""
    if isinstance(uri, str) and len(uri) <= 255 and re.fullmatch(r"urn:[a-z0-9][a-z0-9-]{1,31}:[A-Za-z0-9()+,\-.:=@;$_!*'%/?]+", uri):
        return None
    if isinstance(uri, str) and len(uri) > 255:
        return Problem("at_most", "write at most {high} characters", high=255)
    return url_problem(uri)


def _host(netloc: str) -> str:
    return re.sub(r":[0-9]*$", "", netloc)


def redirect_uri_problem(uri: str, application_type: str) -> Problem | None:
    """Why a client of this type cannot register this redirect URI, which has passed `url_problem`, with a provider that members
    use, or None: http of the member's own machine is for native apps (OIDC Registration section 2, requirement AZ-04)."""
    if application_type == "native" or urlsplit(uri).scheme == "https":
        return None
    return Problem("redirect_native", 'use https (http is for "application_type": "native")', uri)
