"""GET, PUT and DELETE of a registration, by its own client only (RFC 7592; requirement DC-03)."""

import json
from typing import Any, Iterator

import pytest

from idp import parts
from idp.services import client_registration
from idp.tables.schema import audit, consents, refresh_families, session_clients
from tests import running, services
from tests.clients.dynamic import PATH, WISH, Registry, error, mine
from tests.input.inside import Visitor
from tests.input.wire import Request
from tests.running import VERIFIER


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """With the endpoint."""
    found = Registry(tmp_path_factory.mktemp("registry"))
    yield found
    parts.close_deps(found.deps)


def change(registry: Registry, client: dict[str, Any], **changes: Any) -> Any:
    """A PUT of everything that was registered, with changes."""
    path, token = mine(client)
    return registry.send("PUT", path, token, {**WISH, "client_id": client["client_id"], **changes})


def test_a_client_reads_what_is_registered(registry: Registry) -> None:
    """RFC 7592 section 2.1; certification.md, 3rd-party-init."""
    client = registry.register(initiate_login_uri="https://shop.example/login")
    answer = registry.send("GET", *mine(client))
    assert answer.status == 200 and answer.header("Content-Type") == "application/json"
    assert json.loads(answer.body) == {name: value for name, value in client.items() if not name.startswith("client_secret")}


def test_a_client_changes_all_that_is_registered_and_keeps_its_secret(registry: Registry) -> None:
    """RFC 7592 section 2.2: what is left out, or null, is gone."""
    client = registry.register(policy_uri="https://shop.example/policy", default_max_age=60)
    answer = change(registry, client, client_name="New", default_max_age=None, client_secret=client["client_secret"], redirect_uris=["https://shop.example/new"])
    told = json.loads(answer.body)
    assert answer.status == 200 and "client_secret" not in told and not {"policy_uri", "default_max_age"} & set(told)
    assert (told["client_name"], told["redirect_uris"], told["client_id_issued_at"]) == ("New", ["https://shop.example/new"], client["client_id_issued_at"])
    assert json.loads(registry.send("GET", *mine(client)).body) == told, "with the same token"
    token = _token_request(registry, {**client, "redirect_uris": told["redirect_uris"]}, "hanako")
    assert token["access_token"]


def test_another_way_to_prove_itself_brings_or_ends_a_secret(registry: Registry) -> None:
    client = registry.register(token_endpoint_auth_method="none")
    assert "client_secret" not in client
    told = json.loads(change(registry, client, token_endpoint_auth_method="client_secret_post").body)
    assert len(told["client_secret"]) == 43 and told["client_secret_expires_at"] == 0
    assert "client_secret" not in json.loads(change(registry, client, token_endpoint_auth_method="none").body)
    assert error(change(registry, client, client_secret=told["client_secret"])) == "invalid_client_metadata", "the old one is gone"


@pytest.mark.parametrize(
    "changes", [{"client_id": None}, {"client_id": "other"}, {"client_secret": "not-the-secret-of-it"}, {"redirect_uris": []}, {"jwks": {"keys": []}}]
)
def test_a_bad_change_changes_nothing(registry: Registry, changes: dict[str, Any]) -> None:
    client = registry.register()
    before = registry.send("GET", *mine(client)).body
    assert error(change(registry, client, **changes)) in ("invalid_client_metadata", "invalid_redirect_uri")
    assert registry.send("GET", *mine(client)).body == before


def test_names_of_members_stay(registry: Registry) -> None:
    """OIDC Core section 8."""
    client = registry.register(subject_type="pairwise")
    assert client["subject_type"] == "pairwise"
    for changes in ({"subject_type": "public"}, {"subject_type": "pairwise", "redirect_uris": ["https://other.example/cb"]}):
        assert error(change(registry, client, **changes)) == "invalid_client_metadata"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_token_is_for_its_own_client_only(registry: Registry, method: str) -> None:
    """Requirement DC-03: one answer to whatever token does not do, whether there is such a client or not."""
    client, other = registry.register(), registry.register()
    path, token = mine(client)
    operators = client_registration.register(registry.deps, {"redirect_uris": ["https://own.example/cb"]})["client_id"]
    tries = [(path, mine(other)[1]), (path, registry.invited()), (path, client["client_secret"]), (path, token[:-1]), (path, token + "x")]
    tries += [(f"{PATH}/{name}", token) for name in ("a" * 20, operators, registry.portal["client_id"], "", "x" * 3_000, "あ", "..")]
    body = {**WISH, "client_id": client["client_id"]}
    answers = [registry.send(method, where, one, body if method == "PUT" else None) for where, one in tries]
    assert {(one.status, one.body, one.header("WWW-Authenticate")) for one in answers} == {(401, answers[0].body, answers[0].header("WWW-Authenticate"))}
    assert registry.send("GET", path, token).status == 200


def test_what_the_operator_takes_over_is_the_operators(registry: Registry) -> None:
    """`idp client add` with the same client_id."""
    client = registry.register()
    client_registration.register(registry.deps, {**WISH, "client_id": client["client_id"], "first_party": True})
    assert [registry.send(method, *mine(client)).status for method in ("GET", "DELETE")] == [401, 401]
    assert change(registry, client).status == 401


def _token_request(registry: Registry, client: dict[str, Any], name: str, **more: str) -> dict[str, Any]:
    """The tokens of a member who says yes."""
    visitor = Visitor(registry, "192.0.2.78")
    visitor.sign_in(client, name)
    page = visitor.authorize(client, **{"prompt": "consent", **more})
    form = visitor.page(page).form
    form.fields["answer"] = "yes"
    answer = visitor.go(visitor.page(page).request(fields={**form.fields}))
    code = running.parse_qs(answer.header("Location").partition("?")[2])["code"][0]
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": client["redirect_uris"][0], "code_verifier": VERIFIER}
    return _post(registry, client, "/token", sent)


def _post(registry: Registry, client: dict[str, Any], path: str, form: dict[str, str]) -> dict[str, Any]:
    basic = running.base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    answer = registry.call(Request("POST", path, body=running.urlencode(form).encode(), headers=(("Authorization", f"Basic {basic}"),)))
    return {"status": answer.status, **json.loads(answer.body)}


def test_a_client_that_goes_takes_everything_with_it(registry: Registry) -> None:
    """RFC 7592 section 2.3: its tokens, its consents, its part in sessions; a second time it is nobody."""
    client = registry.register(grant_types=["authorization_code", "refresh_token"], scope="openid email offline_access", token_endpoint_auth_method="client_secret_basic")
    tokens = _token_request(registry, client, "hanako", scope="openid offline_access")
    assert tokens["status"] == 200 and tokens["refresh_token"]
    tables = (refresh_families, consents, session_clients)

    def rows() -> list[int]:
        with registry.deps.database.read() as connection:
            return [len(connection.execute(table.select().where(table.c.client_id == client["client_id"])).all()) for table in tables]

    assert all(rows())
    answer = registry.send("DELETE", *mine(client))
    assert (answer.status, answer.body) == (204, b"") and rows() == [0, 0, 0]
    assert [registry.send(method, *mine(client)).status for method in ("GET", "DELETE")] == [401, 401]
    services.wait_until(lambda: registry.house.clients.find(client["client_id"]) is None)
    bearer = (("Authorization", f"Bearer {tokens['access_token']}"),)
    assert registry.call(Request("GET", "/userinfo", headers=bearer)).status == 401
    assert _post(registry, client, "/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})["error"] == "invalid_client"
    with registry.deps.database.read() as connection:
        events = connection.execute(audit.select().where(audit.c.client_id == client["client_id"]).order_by(audit.c.id)).mappings().all()
    assert [row["event"] for row in events if row["actor"] == "client"] == ["client_registered", "client_removed"]


def test_a_change_is_on_record(registry: Registry) -> None:
    client = registry.register()
    change(registry, client, client_name="Other")
    with registry.deps.database.read() as connection:
        assert "client_changed" in connection.scalars(audit.select().where(audit.c.client_id == client["client_id"]).with_only_columns(audit.c.event)).all()
