"""Who is let in: by a token of a client for itself, for this API, with the scope of the operation, and by nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from idp.domain import admin
from idp.features.admin_api.calls import Operation
from idp.features.admin_api.operations import OPERATIONS
from idp.services import client_registration
from tests import running, services
from tests.admin_api.api import ISSUER, Api, Program, error
from tests.input.wire import Request
from tests.oidc import proofs

SOMETHING = {"member": "a" * 26, "session": "b" * 26, "client_id": "none", "import": "c" * 26}


def asked(program: Program, operation: Operation, **headers: str) -> Any:
    """The operation on what does not exist, with an empty object."""
    path = operation.path.format(**SOMETHING)
    return program.call(operation.method, path, None if operation.method == "GET" else {}, **headers)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_each_operation_needs_its_own_scope_and_no_other(api: Api, operation: Operation) -> None:
    """RFC 6750 section 3.1 (requirement AD-03): whoever has all the others is refused, whoever has this one is heard."""
    others = [scope for scope in admin.SCOPES if scope != operation.scope]
    refused = asked(api.program(*others), operation)
    assert (refused.status, error(refused)) == (403, "insufficient_scope")
    assert f'scope="{operation.scope}"' in refused.header("WWW-Authenticate")
    heard = asked(api.program(operation.scope), operation)
    assert heard.status in (200, 400, 404, 415) and heard.status != 403


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_none_is_for_who_shows_no_token(api: Api, operation: Operation) -> None:
    """RFC 6750 section 3: without any token no error code stands in the challenge."""
    answer = asked(Program(api, "", None), operation)
    assert answer.status == 401 and error(answer) == "unauthorized" and answer.header("WWW-Authenticate") == 'Bearer realm="idp"'


def dead(api: Api, token: str, scheme: str = "Bearer", **headers: str) -> str:
    """What is wrong with it, by the challenge."""
    answer = Program(api, "", None).call("GET", "/keys", Authorization=f"{scheme} {token}", **headers)
    assert answer.status == 401
    assert error(answer) in answer.header("WWW-Authenticate")
    return error(answer)


def test_a_token_for_another_audience_is_none(api: Api) -> None:
    """RFC 9068 section 4, RFC 8707: the scope alone opens nothing."""
    client = api.client("admin:keys", resources=[admin.resource(ISSUER), "https://other.example/api"])
    for resource in (None, "https://other.example/api"):
        assert dead(api, api.token(client, resource=resource)) == "invalid_token"
    assert Program(api, "", api.token(client)).call("GET", "/keys").status == 200


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "W10.W10.W10", "a" * 9_000])
def test_what_is_no_token_is_refused_alike(api: Api, text: str) -> None:
    assert dead(api, text) == "invalid_token"


def test_a_token_in_the_address_or_in_a_form_is_none(api: Api) -> None:
    """RFC 9700 section 4.3.2."""
    token = api.program("admin:keys").token
    answer = Program(api, "", None).call("GET", "/keys", query=f"access_token={token}")
    assert (answer.status, error(answer)) == (400, "invalid_request")
    answer = api.call(Request("POST", admin.PATH + "/members/search", body=f"access_token={token}".encode()))
    assert answer.status == 401


def test_a_revoked_token_and_one_of_a_removed_client_are_dead(api: Api) -> None:
    """RFC 7009; and what is taken from a client counts at once, not when its token ends (requirement AD-02)."""
    client = api.client("admin:keys", "admin:audit")
    token, other = api.token(client), api.token(client)
    proven = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    body = "&".join(f"{name}={value}" for name, value in {**proven, "token": token}.items())
    assert api.call(Request("POST", "/revoke", body=body.encode())).status == 200
    assert dead(api, token) == "invalid_token"
    less = {name: client[name] for name in ("client_id", "client_secret", "grant_types", "resources", "token_endpoint_auth_method")}
    client_registration.register(api.deps, json.dumps({**less, "scope": "admin:audit"}))
    services.wait_until(lambda: Program(api, "", other).call("GET", "/keys").status != 200)  # within a second or two
    answer = Program(api, "", other).call("GET", "/keys")
    assert (answer.status, error(answer)) == (403, "insufficient_scope")
    assert Program(api, "", other).call("GET", "/audit").status == 200


def test_a_token_that_is_bound_to_a_key_needs_a_proof_for_this_very_request(api: Api) -> None:
    """RFC 9449 sections 4.3 and 7.1."""
    client, url = api.client("admin:keys", dpop_bound_access_tokens=True), f"{ISSUER}{admin.PATH}/keys"
    fields = {"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"], "resource": admin.resource(ISSUER)}
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    shown = proofs.proof(f"{ISSUER}/token")
    token = json.loads(api.call(Request("POST", "/token", body=body, headers=(("DPoP", shown),))).body)["access_token"]
    nobody = Program(api, "", None)

    def answered(scheme: str, **proof: Any) -> int:
        made = proofs.proof(proof.pop("url", url), proof.pop("method", "GET"), token=token, **proof)
        return nobody.call("GET", "/keys", Authorization=f"{scheme} {token}", DPoP=made).status

    assert answered("DPoP") == 200
    assert [answered("Bearer"), answered("DPoP", url=url + "s"), answered("DPoP", method="POST"), answered("DPoP", key=proofs.OTHER)] == [401] * 4
    assert nobody.call("GET", "/keys", Authorization=f"DPoP {token}").status == 401


def test_refusals_are_on_record_once_a_minute_for_each_client(api: Api) -> None:
    """Requirement AD-03: a flood fills nothing."""
    program = api.program("admin:keys")
    for _ in range(5):
        program.call("GET", "/audit")
    found = [row for row in api.rows("admin_refused") if row.client_id == program.id]
    assert [(row.result, row.actor, json.loads(row.detail)) for row in found] == [("scope", f"client:{program.id}", {"operation": "listAudit"})]


def test_the_longest_client_id_is_heard_and_refused_like_any_other(api: Api) -> None:
    """RFC 6749 appendix A.1: it may be of any visible characters."""
    client = api.client("admin:keys", client_id=running.new_name() + "~" * 187)
    program = Program(api, client["client_id"], api.token(client))
    assert program.call("GET", "/keys").status == 200 and program.call("GET", "/audit").status == 403
    (row,) = [row for row in api.rows("admin_refused") if row.client_id == program.id]
    assert row.actor == f"client:{program.id}"[:64]


def test_a_client_has_so_many_calls_a_minute(tmp_path: Path) -> None:
    """Counted before the scope is looked at and before anything is read; another client is not held back."""
    few = Api(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", policy={"rates": {"admin_calls_per_client_per_minute": "3"}})
    program, other = few.program("admin:keys"), few.program("admin:keys")
    assert [program.call("GET", "/keys").status for _ in range(5)] == [200] * 3 + [429] * 2
    held = program.call("POST", "/members/search", b"{")
    assert (held.status, error(held), held.header("Retry-After")) == (429, "too_many_requests", "60")
    assert other.call("GET", "/keys").status == 200
    assert [row.result for row in few.rows("admin_refused")] == ["rate"]
    few.close()
