"""Clients by the API: registered, changed, removed; never one with access to the API itself."""

import json
from typing import Any

import pytest

from idp.domain import admin
from idp.services import client_registration, dynamic_clients
from idp.tables import clients
from tests import services
from tests.admin_api.api import ISSUER, WHY, Api, Program, error
from tests.running import CALLBACK, new_name

METADATA: dict[str, Any] = {"client_name": "Portal", "redirect_uris": [CALLBACK]}


@pytest.fixture
def program(api: Api) -> Program:
    """One that looks after clients."""
    return api.program("admin:clients")


def registered(program: Program, **changes: Any) -> dict[str, Any]:
    """A new client."""
    found: dict[str, Any] = program.post("/clients", {**WHY, "metadata": {**METADATA, **changes}}, 201)
    return found


def stored(api: Api, client_id: str) -> dict[str, Any]:
    """The row of a client."""
    with api.deps.database.read() as connection:
        found = clients.one(connection, client_id)
    assert found
    return found


def test_a_client_is_registered_read_changed_and_removed(api: Api, program: Program) -> None:
    """RFC 7591 sections 2 and 3.2.1: the metadata in force, and the secret this once."""
    made = registered(program)
    path = f"/clients/{made['client_id']}"
    assert made["client_secret"] and made["managed"] == "operator"
    read = program.get(path)
    assert "client_secret" not in read and read == {name: value for name, value in made.items() if not name.startswith("client_secret")}
    old = stored(api, made["client_id"])
    answer = program.call("PUT", path, {**WHY, "metadata": {**METADATA, "client_name": "Other", "scope": "openid"}})
    changed = json.loads(answer.body)
    assert answer.status == 200 and "client_secret" not in changed and (changed["client_name"], changed["scope"]) == ("Other", "openid")
    assert stored(api, made["client_id"])["secret_hash"] == old["secret_hash"]
    program.post(f"{path}/remove", WHY)
    assert program.call("GET", path).status == 404
    told = {"client_registered": {"changed": {"client_name": ["", METADATA["client_name"]], "redirect_uris": ["", json.dumps(METADATA["redirect_uris"])]}}}
    told["client_changed"] = {"changed": {"client_name": [METADATA["client_name"], "Other"], "scope": ["", "openid"]}}
    for event in ("client_registered", "client_changed", "client_removed"):
        (row,) = [row for row in api.rows(event) if row.client_id == made["client_id"]]
        assert row.actor == f"client:{program.id}" and json.loads(row.detail) == {**WHY, **told.get(event, {})} and row.address


def test_a_secret_is_rotated_and_the_old_one_counts_for_a_while(api: Api, program: Program) -> None:
    made = registered(program)
    before = stored(api, made["client_id"])
    told = program.post(f"/clients/{made['client_id']}/rotate-secret", {**WHY, "keep_seconds": 60})
    after = stored(api, made["client_id"])
    assert told["client_secret"] != made["client_secret"] and api.deps.vault.matches("client_secret", told["client_secret"], after["secret_hash"])
    assert after["old_secret_hash"] == before["secret_hash"] and 0 < after["old_secret_until"] - api.deps.now() <= 60
    public = registered(program, token_endpoint_auth_method="none")
    answer = program.call("POST", f"/clients/{public['client_id']}/rotate-secret", WHY)
    assert (answer.status, error(answer)) == (409, "no_secret")


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"redirect_uris": ["http://evil.example/cb"]}, "redirect_uris"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["password"]}, "grant_types"),
        ({"redirect_uris": [CALLBACK], "first_party": "yes"}, "first_party"),
        ({"redirect_uris": [CALLBACK], "jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "jwks"),
        ([], "metadata"),
    ],
)
def test_what_cannot_be_registered_is_named(api: Api, program: Program, metadata: Any, problem: str) -> None:
    """RFC 7591 section 3.2.2."""
    answer = program.call("POST", "/clients", {**WHY, "metadata": metadata})
    assert answer.status == 400 and any(problem in one for one in json.loads(answer.body)["problems"])


REACHING = [
    {"scope": "admin:clients"}, {"scope": "orders admin:keys"}, {"scope": "admin:something-new"}, {"scope": "orders", "resources": [admin.resource(ISSUER)]},
    {"scope": "orders", "audiences": [admin.resource(ISSUER)]}, {"scope": "orders", "may_send_events": True},
]  # fmt: skip


@pytest.mark.parametrize("wish", REACHING, ids=json.dumps)
def test_no_client_gives_access_to_the_api(api: Api, program: Program, wish: dict[str, Any]) -> None:
    """Requirement AD-04: nobody grants more than they have, nor the same to a friend."""
    metadata = {"grant_types": ["client_credentials"], **wish}
    answer = program.call("POST", "/clients", {**WHY, "metadata": metadata})
    assert (answer.status, error(answer)) == (403, "not_allowed")
    made = registered(program)
    answer = program.call("PUT", f"/clients/{made['client_id']}", {**WHY, "metadata": metadata})
    assert (answer.status, error(answer)) == (403, "not_allowed")


def test_nor_does_a_client_that_registers_itself(api: Api) -> None:
    """RFC 7591 section 5: what the operator decides cannot be asked for."""
    with pytest.raises(ValueError, match="admin:clients"):
        dynamic_clients.invite(api.deps, 1, 60, ["admin:clients"], ["client_credentials"])


def test_clients_with_access_and_the_console_are_shown_and_stay_as_they_are(api: Api, program: Program) -> None:
    """Requirement AD-04: a program that could take over another one's secret would have its scopes."""
    teller = client_registration.register(api.deps, {**METADATA, "may_send_events": True})
    for client_id in (program.id, api.client("admin:audit")["client_id"], "idp-console", teller["client_id"]):
        before = stored(api, client_id)
        assert program.get(f"/clients/{client_id}")["managed"] == "people"
        for method, path, body in (("PUT", "", {**WHY, "metadata": METADATA}), ("POST", "/rotate-secret", WHY), ("POST", "/remove", WHY)):
            answer = program.call(method, f"/clients/{client_id}{path}", body)
            assert (answer.status, error(answer)) == (403, "not_allowed")
        assert stored(api, client_id) == before


def test_a_client_is_switched_off_and_on(api: Api, program: Program) -> None:
    made = registered(program)
    path = f"/clients/{made['client_id']}"
    for slug, event, enabled in (("disable", "client_disabled", False), ("enable", "client_enabled", True)):
        program.post(f"{path}/{slug}", WHY)
        assert program.get(path)["enabled"] == enabled
        (row,) = [row for row in api.rows(event) if row.client_id == made["client_id"]]
        assert row.actor == f"client:{program.id}" and json.loads(row.detail) == WHY


def test_a_client_id_that_is_in_use_is_not_taken_over(api: Api, program: Program) -> None:
    name = new_name()
    answers = services.race(16, lambda: program.call("POST", "/clients", {**WHY, "metadata": {**METADATA, "client_id": name}}).status)
    assert sorted(answers) == [201] + [409] * 15
    answer = program.call("POST", "/clients", {**WHY, "metadata": {**METADATA, "client_id": "idp-console"}})
    assert (answer.status, error(answer)) == (409, "client_id_taken")


def test_a_client_id_of_any_visible_characters_can_be_named(api: Api, program: Program) -> None:
    """RFC 6749 appendix A.1."""
    name = f"https://rp.example/{new_name()}?a=1&b=%2F"
    assert registered(program, client_id=name)["client_id"] == name
    assert program.get(f"/clients/{name}")["client_id"] == name
    program.post(f"/clients/{name}/remove", WHY)


def test_the_list_is_paged_by_keyset_and_whole(api: Api, program: Program) -> None:
    made = {registered(program)["client_id"] for _ in range(5)}
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = program.get("/clients", f"limit=2&after={after}")
        seen += [one["client_id"] for one in page["clients"]]
        assert len(page["clients"]) <= 2
        after = page["next"]
    assert made <= set(seen) and len(seen) == len(set(seen))
