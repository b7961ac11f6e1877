"""`POST /clients`: dynamic registration, behind initial access tokens (RFC 7591; requirements DC-01 and DC-02)."""

import dataclasses
import json
from functools import partial
from pathlib import Path
from typing import Any, Iterator

import pytest

from idp import parts
from idp.services import client_registration, dynamic_clients
from idp.services.client_registration import Rejected
from idp.tables.schema import audit, client_invitations, clients
from idp.tables.schema import metadata as tables
from tests.clients.dynamic import PATH, WISH, Registry, error, mine
from tests.input.inside import Visitor
from tests.input.wire import Request
from tests.oidc import signing

# read by the table of hostile bodies
_PRIVATE = {"keys": [{**signing.jwks("portal-ES256")["keys"][0], "d": "AAAA"}]}
_SYMMETRIC = {"keys": [{"kty": "oct", "k": "AAAA"}]}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """With the endpoint."""
    found = Registry(tmp_path_factory.mktemp("registry"))
    yield found
    parts.close_deps(found.deps)


def test_it_is_off_unless_it_is_switched_on(tmp_path: Path) -> None:
    """Requirement DC-01: neither an endpoint, nor a word about it."""
    off = Registry(tmp_path, extra="")
    try:
        assert off.call(Request("POST", PATH, body=b"{}", content_type="application/json")).status == 404
        assert "registration_endpoint" not in json.loads(off.call(Request("GET", "/.well-known/openid-configuration")).body)
    finally:
        parts.close_deps(off.deps)


def test_discovery_names_it_where_it_is_on(registry: Registry) -> None:
    for name in ("openid-configuration", "oauth-authorization-server"):
        assert json.loads(registry.call(Request("GET", f"/.well-known/{name}")).body)["registration_endpoint"] == "http://localhost:8000" + PATH


def test_what_is_registered_is_told_with_its_secrets_once(registry: Registry) -> None:
    """RFC 7591 section 3.2.1, RFC 7592 section 3: only fingerprints are kept."""
    found = registry.register(initiate_login_uri="https://shop.example/login", software_version="7", logo_uri="https://shop.example/l.png")
    assert len(found["client_id"]) == 20 and len(found["client_secret"]) == 43 and found["client_secret_expires_at"] == 0
    assert found["registration_client_uri"] == f"http://localhost:8000{PATH}/{found['client_id']}" and len(found["registration_access_token"]) == 43
    assert {**WISH, "initiate_login_uri": "https://shop.example/login"}.items() <= found.items()
    assert found["scope"] == "openid email" and found["grant_types"] == ["authorization_code"], "offline_access needs the refresh grant"
    assert (found["first_party"], found["require_pkce"]) == (False, True)
    assert "logo_uri" not in found and "software_version" not in found, "section 2: what is not understood is ignored, and nothing is shown"
    with registry.deps.database.read() as connection:
        kept = json.dumps([[dict(row) for row in connection.execute(table.select()).mappings()] for table in tables.sorted_tables])
    assert found["client_secret"] not in kept and found["registration_access_token"] not in kept


def test_the_client_can_be_used_at_once_and_asks_for_consent(registry: Registry) -> None:
    found = registry.register()
    page = Visitor(registry, "192.0.2.77").sign_in(found, "hanako")
    assert page.status == 200 and 'action="/consent"' in page.text


def test_the_token_is_spent_by_success_only(registry: Registry) -> None:
    token = registry.invited(uses=2)
    assert error(registry.send("POST", PATH, token, {})) == "invalid_redirect_uri"
    assert registry.register(token) and registry.register(token)
    assert registry.send("POST", PATH, token, WISH).status == 401
    assert 0 in registry.column("SELECT uses_left FROM client_invitations")


def test_every_token_that_does_not_do_gets_the_same_answer(registry: Registry) -> None:
    """Requirement DC-01; RFC 6750 section 3.1: unknown, spent, expired, of another purpose, or malformed."""
    spent, late, client = registry.invited(uses=1), registry.invited(seconds=0), registry.register()
    registry.register(spent)
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    bad = ["", "x" * 43, spent, late, client["registration_access_token"], client["client_secret"], unsigned, "あ", "x" * 9_000]
    answers = [registry.send("POST", PATH, token, WISH) for token in bad]
    assert {(one.status, one.body, one.header("WWW-Authenticate")) for one in answers} == {(401, answers[0].body, answers[0].header("WWW-Authenticate"))}
    assert json.loads(answers[0].body)["error"] == "invalid_token" and answers[0].header("WWW-Authenticate").startswith('Bearer realm="idp", error="invalid_token"')


def test_without_any_token_it_is_said_what_is_wanted_and_no_error(registry: Registry) -> None:
    """RFC 6750 section 3.1: a token of another scheme, or in the address, is none; with and without such a client."""
    one = mine(registry.register())[0]
    none = [registry.send(method, path, None, WISH) for method, path in (("POST", PATH), ("GET", one), ("DELETE", one), ("GET", f"{PATH}/{'a' * 20}"))]
    none.append(registry.call(Request("POST", PATH, query=f"access_token={registry.invited()}".encode(), body=b"{}", content_type="application/json")))
    none.append(registry.send("POST", PATH, None, WISH, headers=(("Authorization", f"Basic {registry.invited()}"),)))
    assert {(one.status, one.body, one.header("WWW-Authenticate")) for one in none} == {(401, b"", 'Bearer realm="idp"')}


def test_without_a_token_nothing_that_was_sent_is_looked_at(registry: Registry) -> None:
    for body in (b"", b"[", b"\xff", b"x" * 60_000, json.dumps({"sector_identifier_uri": "https://portal.example/"}).encode()):
        assert registry.send("POST", PATH, "x" * 43, body).status == 401


@pytest.mark.parametrize(
    ("change", "code"),
    [({"redirect_uris": uris}, "invalid_redirect_uri") for uris in
     ([], "https://a.example/", ["http://a.example/cb"], ["https://a.example/#x"], ["javascript:alert(1)"], ["https://*.example/"], [7], ["https://a@b.example/"])]
    + [({name: value}, "invalid_client_metadata") for name, value in {
        "jwks": _PRIVATE, "jwks_uri": "http://a.example/k", "initiate_login_uri": "http://a.example/login", "policy_uri": "javascript:x",
        "backchannel_logout_uri": "http://10.0.0.1/", "client_name": "Bank\u202e", "token_endpoint_auth_method": "tls_client_auth",
        "response_types": ["token"], "grant_types": ["password"], "default_max_age": 1.5, "subject_type": "x", "default_acr_values": ["\ud800"],
        "backchannel_logout_token_typ": "at+jwt", "access_token_lifetime": 10**9, "client_id": "chosen", "client_secret": "x" * 40,
    }.items()] + [({"jwks": _SYMMETRIC}, "invalid_client_metadata")],
)  # fmt: skip
def test_bad_metadata_are_refused_in_words_for_software(registry: Registry, change: dict[str, Any], code: str) -> None:
    """RFC 7591 section 3.2.2; certification.md, 3rd-party-init (requirement DC-02)."""
    assert error(registry.send("POST", PATH, registry.invited(), {**WISH, **change})) == code


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"null", b"\xff\xfe", b'{"default_max_age":NaN}', b"[" * 65_000, b'{"a":' * 9_000, b"9" * 5_000])
def test_what_is_no_object_is_refused(registry: Registry, body: bytes) -> None:
    assert error(registry.send("POST", PATH, registry.invited(), body)) == "invalid_client_metadata"


@pytest.mark.parametrize("body", [b'{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}',
                                  b'{"redirect_uris":["https://a.example/"],"\\u0072edirect_uris":["https://a.example/"]}',
                                  b'{"redirect_uris":["https://a.example/"],"x":{"a":1,"a":2}}'])  # fmt: skip
def test_a_name_that_stands_twice_is_refused_not_guessed(registry: Registry, body: bytes) -> None:
    """RFC 8259 section 4: each reader would take another; also when the registration is changed, and from the operator."""
    assert error(registry.send("POST", PATH, registry.invited(), body)) == "invalid_client_metadata"
    client = registry.register()
    path, token = mine(client)
    assert error(registry.send("PUT", path, token, b'{"client_id":"%s",' % client["client_id"].encode() + body[1:])) == "invalid_client_metadata"
    with pytest.raises(Rejected, match="each name once"):
        client_registration.register(registry.deps, body.decode())


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_http_of_the_members_own_machine_is_for_native_apps(registry: Registry, host: str) -> None:
    """OIDC Registration section 2 (requirement AZ-04); a provider on this machine itself is there to be tried."""
    secure = dataclasses.replace(registry.deps, settings=dataclasses.replace(registry.deps.settings, issuer="https://id.example"))
    token, wish = registry.invited(), {**WISH, "redirect_uris": ["https://shop.example/cb", f"http://{host}:3000/cb"]}
    fetcher = parts.open_fetcher(secure.settings)
    assert registry.register(redirect_uris=wish["redirect_uris"])
    for kind in ({}, {"application_type": "web"}):
        for add in (partial(dynamic_clients.create, secure, token, lambda: json.dumps(wish | kind), fetcher, ""), partial(client_registration.register, secure, wish | kind)):
            with pytest.raises(Rejected, match=r'redirect_uris: .http://.* "application_type": "native"'):
                add()
    assert client_registration.register(secure, {**wish, "application_type": "native", "token_endpoint_auth_method": "none"})
    assert dynamic_clients.create(secure, token, lambda: json.dumps({**wish, "application_type": "native"}), fetcher, "")


def test_other_kinds_and_sizes_are_refused(registry: Registry) -> None:
    assert error(registry.send("POST", PATH, registry.invited(), WISH, kind="text/plain")) == "invalid_client_metadata"
    assert registry.send("POST", PATH, registry.invited(), b" " * 70_000).status == 413
    assert registry.send("GET", PATH, registry.invited()).status == 405


@pytest.mark.parametrize(
    "change",
    [{"first_party": True}, {"require_pkce": False}, {"may_send_events": True}, {"audiences": ["https://api.example.jp/v1"]},
     {"resources": ["https://api.example.jp/v1"]}, {"operations": {"mail_password": True}}, {"event_delivery_uri": "https://shop.example/e"},
     {"scope": "openid contract"}, {"scope": "openid email phone"}, {"grant_types": ["authorization_code", "client_credentials"]},
     {"grant_types": ["client_credentials"], "scope": "contracts:read"}],
)  # fmt: skip
def test_what_the_operator_decides_cannot_be_asked_for(registry: Registry, change: dict[str, Any]) -> None:
    """Requirement DC-03, at the first registration and at every later one."""
    client = registry.register()
    assert error(registry.send("POST", PATH, registry.invited(), {**WISH, **change})) == "invalid_client_metadata"
    path = f"{PATH}/{client['client_id']}"
    answer = registry.send("PUT", path, client["registration_access_token"], {**WISH, "client_id": client["client_id"], **change})
    assert error(answer) == "invalid_client_metadata"


def test_what_is_fixed_may_be_repeated(registry: Registry) -> None:
    """Software sends back what it was told."""
    assert registry.register(first_party=False, require_pkce=True, may_send_events=False, audiences=[])["first_party"] is False


def test_the_invitation_says_what_may_be_had(registry: Registry) -> None:
    found = registry.register(scope="openid email offline_access", grant_types=["authorization_code", "refresh_token"])
    assert found["scope"] == "openid email offline_access"
    machine = registry.invited(scope="bills:read", grants="client_credentials")
    assert registry.register(machine, grant_types=["client_credentials"], redirect_uris=[])["scope"] == "bills:read"


def test_it_is_on_record(registry: Registry) -> None:
    found = registry.register()
    with registry.deps.database.read() as connection:
        rows = connection.execute(audit.select().where(audit.c.client_id == found["client_id"])).mappings().all()
        invitations = connection.execute(client_invitations.select()).mappings().all()
        assert connection.execute(clients.select().where(clients.c.id == found["client_id"])).mappings().one()["registration_hash"]
    assert [(row["event"], row["actor"], row["address"]) for row in rows] == [("client_registered", "client", "127.0.0.1")]
    assert all(len(row["fingerprint"]) == 64 for row in invitations)
