"""RFC 7591 client metadata: shape by marshmallow, rules by the domain, one plain sentence per problem."""

import json
import re
from dataclasses import replace
from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields, validate, validates_schema

from idp import vault
from idp.deps import Deps
from idp.domain import client as rules
from idp.domain import fapi, lifetimes, plain_json
from idp.domain.client import Client
from idp.domain.problem import Problem
from idp.ports import Fetcher
from idp.services import client_sectors, subjects
from idp.services.client_events import EventsOfClient
from idp.services.client_pages import ClientOnPages
from idp.services.client_problems import Rejected, leaves, sentence
from idp.services.client_proof import ProofOfClient, strict_bool
from idp.services.client_sectors import SectorOfClient
from idp.services.portal_events import token_place
from idp.tables import clients, stamps

MAX_JSON = 65_536
MIN_SECRET = 16
MAX_RESOURCES = 20
MIN_LIFE = 60  # seconds
ALWAYS_TLS = ("event_delivery_uri", "backchannel_logout_uri", "sector_identifier_uri", "initiate_login_uri")


def _address(problem: Any) -> fields.Field:
    def check(value: Any) -> None:
        if message := problem(value):
            raise ValidationError(message.about(value))

    return fields.Raw(validate=check, metadata={"type": "string", "format": "uri"})


def _lifetime() -> fields.Field:
    return fields.Integer(strict=True, validate=validate.Range(MIN_LIFE, error=Problem("life_least", "write seconds, {low} or more", low=MIN_LIFE)))


class Metadata(ClientOnPages, ProofOfClient, EventsOfClient, SectorOfClient):
    """Metadata of a client (RFC 7591 section 2), and what we understand beside them."""

    class Meta:
        unknown = EXCLUDE  # RFC 7591 section 2: what the server does not understand it ignores

    client_id = fields.String(validate=validate.Regexp(r"^[\x21-\x7e]{1,200}$", error=Problem("client_id", "1 to 200 visible ASCII characters")))
    client_secret = fields.String(
        validate=validate.Regexp(rf"^[\x20-\x7e]{{{MIN_SECRET},200}}$", error=Problem("secret", "{low} to 200 ASCII characters; or leave it out", low=MIN_SECRET))
    )
    redirect_uris = fields.List(_address(rules.url_problem))
    post_logout_redirect_uris = fields.List(_address(rules.url_problem))
    token_endpoint_auth_method = fields.String(validate=validate.OneOf(rules.AUTH_METHODS))
    grant_types = fields.List(fields.String(validate=validate.OneOf(rules.GRANT_TYPES)))
    response_types = fields.List(fields.String(validate=validate.OneOf(["code"])))
    resources = fields.List(_address(rules.resource_problem), validate=validate.Length(0, MAX_RESOURCES))
    audiences = fields.List(_address(rules.resource_problem), validate=validate.Length(0, MAX_RESOURCES))
    introspection_signed_response_alg = fields.String(validate=validate.OneOf(rules.ID_TOKEN_ALGS))
    access_token_lifetime = _lifetime()
    id_token_lifetime = _lifetime()
    refresh_token_idle_lifetime = _lifetime()
    refresh_token_lifetime = _lifetime()
    application_type = fields.String(validate=validate.OneOf(["web", "native"]))
    scope = fields.String(validate=validate.Length(1, 1000))
    id_token_signed_response_alg = fields.String(validate=validate.OneOf(rules.ID_TOKEN_ALGS))
    first_party = strict_bool()
    require_pkce = strict_bool()
    require_auth_time = strict_bool()
    scope_claims_in_id_token = strict_bool()
    default_max_age = fields.Integer(strict=True, validate=validate.Range(0, 31_536_000))
    default_acr_values = fields.List(fields.String(validate=validate.Length(1, 200)))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        grants = data.get("grant_types", ["authorization_code"])
        if not data.get("redirect_uris") and "authorization_code" in grants:
            raise ValidationError(Problem("redirects", "name at least one redirect URI"), "redirect_uris")
        if data.get("token_endpoint_auth_method") == "none" and data.get("require_pkce") is False:
            raise ValidationError(Problem("public_pkce", "a public client cannot do without PKCE"), "require_pkce")
        if (method := data.get("token_endpoint_auth_method", "client_secret_basic")) not in rules.SECRET_METHODS and data.get("client_secret"):
            words = 'leave it out for "token_endpoint_auth_method": "{method}"'
            raise ValidationError(Problem("secret_unwanted", words, method=method), "client_secret")
        _check_grants(data, grants)
        _check_scope(data.get("scope", "openid").split(), grants)


def _check_grants(data: dict[str, Any], grants: list[str]) -> None:
    """Grants that need each other, or a secret (RFC 6749 sections 4.4 and 6)."""
    public = data.get("token_endpoint_auth_method") == "none"
    if "refresh_token" in grants and not rules.with_member(grants):
        raise ValidationError(Problem("grant_refresh", "refresh_token needs authorization_code or device_code"), "grant_types")
    if "client_credentials" in grants and public:
        raise ValidationError(Problem("grant_machine", "client_credentials needs a client with a secret"), "grant_types")
    if data.get("audiences") and public:
        raise ValidationError(Problem("audiences", "only a client with a secret can answer for an audience"), "audiences")


def _check_scope(scope: list[str], grants: list[str]) -> None:
    own = [name for name in scope if name not in rules.SCOPES]
    if not all(re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}", name) for name in own):
        raise ValidationError(Problem("scope", "a scope has 1 to 100 visible ASCII characters without quotes and backslashes"), "scope")
    if own and "client_credentials" not in grants:
        raise ValidationError(Problem("scope_names", "name openid and any of {names}", names=" ".join(rules.SCOPES[1:])), "scope")
    if "openid" not in scope and rules.with_member(grants):
        raise ValidationError(Problem("scope_openid", "openid is missing"), "scope")


def shape(text: str | dict[str, Any], null_is_nothing: bool = False) -> dict[str, Any]:
    """Metadata as JSON, every value checked by itself and with the others; `null_is_nothing`: it is as good as left out (RFC 7592
    section 2.2). Raises `Rejected`."""
    try:
        if isinstance(text, str) and len(text.encode("utf-8", "replace")) > MAX_JSON:
            raise Rejected([("", Problem("large", "The metadata is larger than 64 KiB"))])
        data = plain_json.read(text) if isinstance(text, str) else text
        json.dumps(data, ensure_ascii=False).encode()  # no halves of characters
        if null_is_nothing and isinstance(data, dict):
            data = {name: value for name, value in data.items() if value is not None}
        return Metadata().load(data)
    except ValidationError as error:
        rows = error.normalized_messages()
        if "_schema" in rows:
            raise Rejected([("", Problem("no_object", "The metadata is not a JSON object"))]) from None
        said = [(key, problem) for key, value in rows.items() for problem in leaves(value)]
        raise Rejected(said, [f"{key}: {sentence(value)}." for key, value in rows.items()]) from None
    except (ValueError, RecursionError):
        raise Rejected([("", Problem("no_json", "The metadata is not valid JSON, each name once"))]) from None


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


def checked(deps: Deps, data: dict[str, Any], fetcher: Fetcher | None) -> dict[str, Any]:
    """Metadata of the right shape, held against the policy, and against what stands at the addresses in it. Raises `Rejected`."""
    most = {name: getattr(deps.policy.tokens, key) for name, key in lifetimes.KEYS.items()}
    words = "the policy allows {high} seconds at most"
    if long := [(name, Problem("life_most", words, high=most[name])) for name in most if data.get(name, 0) > most[name]]:
        raise Rejected(long)
    _check_redirects(deps, data)
    if plain := [name for name in ALWAYS_TLS if deps.settings.secure and not data.get(name, "https:").startswith("https:")]:
        raise Rejected([(name, Problem("https", "use https")) for name in plain])
    if problem := client_sectors.problem(data, fetcher):
        raise Rejected([("sector_identifier_uri", problem)])
    return data


def made(deps: Deps, data: dict[str, Any], client_id: str, secret: str | None = None, known: bool = False) -> tuple[Client, dict[str, Any]]:
    """The client that checked metadata describe, with a secret (unless `known`: it goes on with the one it has), and what to
    answer, in which alone the secret can be read."""
    token = data.pop("event_delivery_token", None)
    client, now = client_from(data, client_id), deps.now()
    told = (secret or vault.random_token()) if client.has_secret and not known else None
    hashed = deps.vault.keyed_hash("client_secret", told) if told else None
    sealed = deps.vault.seal(token.encode(), token_place(client_id)) if token else None
    if client.sector is not None:
        subjects.lasting_key(deps)  # there before anybody signs in
    answer = {"client_id": client_id, **({"client_secret": told, "client_secret_expires_at": 0} if told else {})}
    answer |= {"client_id_issued_at": now, **describe(client)}
    return replace(client, secret_hash=hashed, event_token=sealed, created_at=now, updated_at=now), answer


def check_names(before: Client | None, after: Client) -> None:
    """Refuse what would make members strangers to the client (OIDC Core section 8: a subject is never reassigned, nor does it
    change). Raises `Rejected`."""
    if client_sectors.changed(before, after):
        words = "the client would know its members by other names: keep subject_type and sector, or register a client of another client_id"
        raise Rejected([("subject_type", Problem("sector_changed", words))])


def register(deps: Deps, text: str | dict[str, Any], fetcher: Fetcher | None = None) -> dict[str, Any]:
    """Register or replace a client; returns the registered metadata with the secret, shown this once.

    Takes RFC 7591 metadata as JSON; `fetcher` reads what stands at addresses in it. Raises `Rejected`.
    """
    data = checked(deps, shape(text), fetcher)
    client_id = data.pop("client_id", None) or vault.random_id(20)
    client, answer = made(deps, data, client_id, data.pop("client_secret", None))
    with deps.database.write() as connection:
        row = clients.one(connection, client_id)
        check_names(client_from(row["metadata"], client_id) if row else None, client)
        clients.put(connection, client)
        stamps.raise_stamp(connection, "clients")
    return answer


def _check_redirects(deps: Deps, data: dict[str, Any]) -> None:
    """Whether the client's type and profile allow its addresses; a provider on this machine itself is there to be tried."""
    if not deps.settings.secure:
        return
    profile, kind = data.get("profile"), data.get("application_type", "web")
    found = [fapi.redirect_problem(profile, uri) if profile else rules.redirect_uri_problem(uri, kind) for uri in data.get("redirect_uris", [])]
    if wrong := [words for words in found if words]:
        raise Rejected([("redirect_uris", words) for words in wrong])


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
        "subject_type": client.subject_type,
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
