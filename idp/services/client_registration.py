"""RFC 7591 client metadata: shape by marshmallow, rules by the domain, one plain sentence per problem."""

import json
import re
from dataclasses import replace
from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields, validate, validates_schema

from idp import vault
from idp.deps import Deps
from idp.domain import client as rules
from idp.domain import fapi, lifetimes
from idp.domain.client import Client
from idp.services.client_proof import ProofOfClient
from idp.services.portal_events import token_place
from idp.tables import clients, stamps

MAX_JSON = 65_536
MIN_SECRET = 16
MAX_RESOURCES = 20
MIN_LIFE = 60  # seconds


class Rejected(Exception):
    """Metadata that cannot be registered; `problems` are plain sentences (RFC 7591 section 3.2.2)."""

    def __init__(self, problems: list[str]):
        super().__init__(" ".join(problems))
        self.problems = problems


def _urls(problem: Any) -> Any:
    def check(value: Any) -> None:
        if message := problem(value):
            raise ValidationError(f"{value!r}: {message}"[:300])

    return check


def _operations(value: dict[str, Any]) -> None:
    for name, words in value.items():
        known = words is True and name in rules.OPERATIONS
        told = isinstance(words, dict) and set(words) == {"ja", "en"} and all(_short(one) for one in words.values())
        if not known and not told:
            ready = ", ".join(rules.OPERATIONS)
            raise ValidationError(f'{name}: write {{"ja": "…", "en": "…"}}, each of 1 to 40 characters, or true for {ready}')


def _short(words: Any) -> bool:
    return isinstance(words, str) and 0 < len(words) <= 40 and words.isprintable()


def _strict_bool(**options: Any) -> fields.Field:
    return fields.Raw(validate=validate.OneOf([True, False], error="write true or false"), **options)


def _lifetime() -> fields.Field:
    return fields.Integer(strict=True, validate=validate.Range(MIN_LIFE, error=f"write seconds, {MIN_LIFE} or more"))


class _Metadata(ProofOfClient):
    class Meta:
        unknown = EXCLUDE  # RFC 7591 section 2: what the server does not understand it ignores

    client_id = fields.String(validate=validate.Regexp(r"^[\x21-\x7e]{1,200}$", error="1 to 200 visible ASCII characters"))
    client_secret = fields.String(
        validate=validate.Regexp(rf"^[\x20-\x7e]{{{MIN_SECRET},200}}$", error=f"{MIN_SECRET} to 200 ASCII characters; or leave it out")
    )
    client_name = fields.String(validate=validate.Length(1, 80))
    redirect_uris = fields.List(fields.Raw(validate=_urls(lambda u: rules.redirect_uri_problem(u, "web"))))
    post_logout_redirect_uris = fields.List(fields.Raw(validate=_urls(rules.url_problem)))
    token_endpoint_auth_method = fields.String(validate=validate.OneOf(rules.AUTH_METHODS))
    grant_types = fields.List(fields.String(validate=validate.OneOf(rules.GRANT_TYPES)))
    response_types = fields.List(fields.String(validate=validate.OneOf(["code"])))
    resources = fields.List(fields.Raw(validate=_urls(rules.resource_problem)), validate=validate.Length(0, MAX_RESOURCES))
    audiences = fields.List(fields.Raw(validate=_urls(rules.resource_problem)), validate=validate.Length(0, MAX_RESOURCES))
    introspection_signed_response_alg = fields.String(validate=validate.OneOf(rules.ID_TOKEN_ALGS))
    access_token_lifetime = _lifetime()
    id_token_lifetime = _lifetime()
    refresh_token_idle_lifetime = _lifetime()
    refresh_token_lifetime = _lifetime()
    application_type = fields.String(validate=validate.OneOf(["web", "native"]))
    scope = fields.String(validate=validate.Length(1, 1000))
    id_token_signed_response_alg = fields.String(validate=validate.OneOf(rules.ID_TOKEN_ALGS))
    subject_type = fields.String(validate=validate.OneOf(["public"]))
    first_party = _strict_bool()
    require_pkce = _strict_bool()
    require_auth_time = _strict_bool()
    scope_claims_in_id_token = _strict_bool()
    default_max_age = fields.Integer(strict=True, validate=validate.Range(0, 31_536_000))
    default_acr_values = fields.List(fields.String(validate=validate.Length(1, 200)))
    operations = fields.Dict(fields.String(validate=validate.Regexp("^[a-z][a-z0-9_]{0,39}$")), fields.Raw(), validate=_operations)
    initiate_login_uri = fields.Raw(validate=_urls(rules.url_problem))
    client_uri = fields.Raw(validate=_urls(rules.url_problem))
    policy_uri = fields.Raw(validate=_urls(rules.url_problem))
    tos_uri = fields.Raw(validate=_urls(rules.url_problem))
    event_delivery_uri = fields.Raw(validate=_urls(rules.url_problem))
    # RFC 6750 section 2.1
    event_delivery_token = fields.String(
        validate=validate.Regexp(r"^(?=.{16,512}$)[A-Za-z0-9._~+/-]+=*$", error="16 to 512 of A-Z a-z 0-9 . _ ~ + / - and = at the end")
    )
    may_send_events = _strict_bool()
    backchannel_logout_uri = fields.Raw(validate=_urls(rules.url_problem))
    backchannel_logout_session_required = _strict_bool()

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        grants = data.get("grant_types", ["authorization_code"])
        if not data.get("redirect_uris") and "authorization_code" in grants:
            raise ValidationError("name at least one redirect URI", "redirect_uris")
        if data.get("token_endpoint_auth_method") == "none" and data.get("require_pkce") is False:
            raise ValidationError("a public client cannot do without PKCE", "require_pkce")
        if (method := data.get("token_endpoint_auth_method", "client_secret_basic")) not in rules.SECRET_METHODS and data.get("client_secret"):
            raise ValidationError(f'leave it out for "token_endpoint_auth_method": "{method}"', "client_secret")
        _check_events(data)
        _check_grants(data, grants)
        _check_scope(data.get("scope", "openid").split(), grants)


def _check_grants(data: dict[str, Any], grants: list[str]) -> None:
    """Grants that need each other, or a secret (RFC 6749 sections 4.4 and 6)."""
    public = data.get("token_endpoint_auth_method") == "none"
    if "refresh_token" in grants and not rules.with_member(grants):
        raise ValidationError("refresh_token needs authorization_code or device_code", "grant_types")
    if "client_credentials" in grants and public:
        raise ValidationError("client_credentials needs a client with a secret", "grant_types")
    if data.get("audiences") and public:
        raise ValidationError("only a client with a secret can answer for an audience", "audiences")


def _check_scope(scope: list[str], grants: list[str]) -> None:
    own = [name for name in scope if name not in rules.SCOPES]
    if not all(re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}", name) for name in own):
        raise ValidationError("a scope has 1 to 100 visible ASCII characters without quotes and backslashes", "scope")
    if own and "client_credentials" not in grants:
        raise ValidationError(f"name openid and any of {' '.join(rules.SCOPES[1:])}", "scope")
    if "openid" not in scope and rules.with_member(grants):
        raise ValidationError("openid is missing", "scope")


def _check_events(data: dict[str, Any]) -> None:
    if data.get("token_endpoint_auth_method") == "none" and data.get("may_send_events"):
        raise ValidationError("only a client with a secret or a key can prove that an event is its own", "may_send_events")
    if data.get("event_delivery_token") and not data.get("event_delivery_uri"):
        raise ValidationError("name the event_delivery_uri that it belongs to", "event_delivery_token")
    if data.get("backchannel_logout_session_required") and not data.get("backchannel_logout_uri"):
        raise ValidationError("name the backchannel_logout_uri that it belongs to", "backchannel_logout_session_required")


def _shape(text: str | dict[str, Any]) -> dict[str, Any]:
    try:
        if isinstance(text, str) and len(text.encode("utf-8", "replace")) > MAX_JSON:
            raise Rejected(["The metadata is larger than 64 KiB."])
        data = json.loads(text) if isinstance(text, str) else text
        return _Metadata().load(data)
    except ValidationError as error:
        rows = error.normalized_messages()
        if "_schema" in rows:
            raise Rejected(["The metadata is not a JSON object."]) from None
        raise Rejected([f"{key}: {_words(value)}." for key, value in rows.items()]) from None
    except (ValueError, RecursionError):
        raise Rejected(["The metadata is not valid JSON."]) from None


def _words(messages: Any) -> str:
    if isinstance(messages, dict):
        return "; ".join(_words(value) for value in messages.values())
    return "; ".join(str(message).rstrip(".") for message in messages) if isinstance(messages, list) else str(messages)


def client_from(metadata: dict[str, Any], client_id: str) -> Client:
    """The `Client` that stored or just checked metadata describe."""
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in metadata.items()}
    grants = metadata.get("grant_types", ["authorization_code"])
    usual = [scope for scope in rules.SCOPES if scope != "offline_access" or "refresh_token" in grants]
    given = metadata.get("scope", " ".join(usual) if rules.with_member(grants) else "").split()
    plain["scope"] = tuple(dict.fromkeys(given))
    plain["name"] = metadata.get("client_name", client_id)
    known = {k: v for k, v in plain.items() if k in Client.__dataclass_fields__}
    return Client(id=client_id, metadata=metadata, **known)


def register(deps: Deps, text: str | dict[str, Any]) -> dict[str, Any]:
    """Register or replace a client; returns the registered metadata with the secret, shown this once.

    Takes RFC 7591 metadata as JSON. Raises `Rejected`.
    """
    data = _shape(text)
    _check_lifetimes(deps, data)
    _check_redirects(deps, data)
    pushed = [name for name in ("event_delivery_uri", "backchannel_logout_uri") if not data.get(name, "https:").startswith("https:")]
    if deps.settings.secure and pushed:
        raise Rejected([f"{name}: use https." for name in pushed])
    client_id = data.pop("client_id", None) or vault.random_id(20)
    given, token = data.pop("client_secret", None), data.pop("event_delivery_token", None)
    client = client_from(data, client_id)
    secret = given or vault.random_token() if client.has_secret else None
    now = deps.now()
    hashed = deps.vault.keyed_hash("client_secret", secret) if secret else None
    sealed = deps.vault.seal(token.encode(), token_place(client_id)) if token else None
    with deps.database.write() as connection:
        clients.put(connection, replace(client, secret_hash=hashed, event_token=sealed, created_at=now, updated_at=now))
        stamps.raise_stamp(connection, "clients")
    answer = {"client_id": client_id, **({"client_secret": secret, "client_secret_expires_at": 0} if secret else {})}
    return answer | {"client_id_issued_at": now} | describe(client)


def _check_lifetimes(deps: Deps, data: dict[str, Any]) -> None:
    """A client's own lifetimes are never longer than the policy's."""
    most = {name: getattr(deps.policy.tokens, key) for name, key in lifetimes.KEYS.items()}
    if long := [f"{name}: the policy allows {most[name]} seconds at most." for name in most if data.get(name, 0) > most[name]]:
        raise Rejected(long)


def _check_redirects(deps: Deps, data: dict[str, Any]) -> None:
    """Whether the client's profile allows its addresses; a provider on this machine itself is there to be tried."""
    if not deps.settings.secure or (profile := data.get("profile")) is None:
        return
    if wrong := [words for uri in data.get("redirect_uris", []) if (words := fapi.redirect_problem(profile, uri))]:
        raise Rejected([f"redirect_uris: {words}." for words in wrong])


def describe(client: Client) -> dict[str, Any]:
    """What is in force for the client, defaults spelled out, without any secret."""
    return {
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "response_types": ["code"] if client.check_grant_type("authorization_code") else [],
        "grant_types": list(client.grant_types),
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "scope": " ".join(client.scope),
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "application_type": client.application_type,
        "subject_type": "public",
        "first_party": client.first_party,
        "require_pkce": client.require_pkce,
        **{k: v for k, v in client.metadata.items() if k not in ("client_name", "scope", "response_types")},
    }


def rotate_secret(deps: Deps, client_id: str, keep: int = 0) -> str | None:
    """A new secret in place of the old one, which counts for `keep` seconds more; or None if there is no such confidential client."""
    secret = vault.random_token()
    with deps.database.write() as connection:
        now = deps.now()
        done = clients.set_secret(connection, client_id, deps.vault.keyed_hash("client_secret", secret), now, now + keep)
        stamps.raise_stamp(connection, "clients")
    return secret if done else None
