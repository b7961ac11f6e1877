"""The OpenAPI document says what the API does: schemathesis tries it at a running installation."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from idp.domain import admin
from idp.features.admin_api.operations import OPERATIONS
from idp.tables import contract_imports
from tests import running, services
from tests.running import Idp
from tests.settings.member import inside

EXAMPLES = 6  # of each operation and kind
# metadata and files follow more rules than a schema can say; each says what is wrong by 400
RULES = ("registerClient", "replaceClient", "importContracts")


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """An installation for this file alone: what is tried here changes and removes whatever it finds."""
    folder: Path = tmp_path_factory.mktemp(f"document-{request.param}")
    with services.stores(request.param, request) as stores:
        idp = running.configure(folder, *stores, services.free_port())
        idp.run("migrate")
        with running.serving(idp):
            yield idp


@pytest.fixture(scope="module")
def token(served: Idp) -> str:
    """Of a program with every scope."""
    resource = admin.resource(served.issuer)
    client = served.client(redirect_uris=[], grant_types=["client_credentials"], scope=" ".join(admin.SCOPES), resources=[resource])
    answer = requests.post(
        f"{served.issuer}/token", {"grant_type": "client_credentials", "resource": resource}, auth=(client["client_id"], client["client_secret"]), timeout=20
    )  # fmt: skip
    return str(answer.json()["access_token"])


def tried(served: Idp, token: str, *options: str, parameters: str = "") -> None:
    """Let schemathesis make up requests by the document, and judge every answer by all its checks."""
    known = ["2XX", "401", "403", "404", "409", "422", "429"]  # 422: the same key for another request, as it happens to be made up
    rules = f"[checks]\npositive_data_acceptance.expected-statuses = {json.dumps(known)}\n" + "".join(
        f'[[operations]]\ninclude-operation-id = "{name}"\nchecks.positive_data_acceptance.expected-statuses = {json.dumps([*known, "400"])}\n' for name in RULES
    )
    settings = served.folder / "schemathesis.toml"
    settings.write_text(f"request-timeout = 60\n{parameters}\n{rules}")
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(settings), "run", f"{served.issuer}/admin/openapi.json"]
    command += ["--header", f"Authorization: Bearer {token}", "--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=served.folder)
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert f"Selected: {len(OPERATIONS)}/{len(OPERATIONS)}" in done.stdout


@pytest.mark.parametrize("served", ["embedded"], indirect=True)
def test_whatever_the_document_allows_is_heard_and_whatever_else_is_refused(served: Idp, token: str) -> None:
    """Every answer has a status, type, headers and shape that the document names; none is a failure of ours."""
    tried(served, token, "--phases", "examples,coverage,fuzzing")


@pytest.mark.parametrize("served", ["production"], indirect=True)
def test_what_exists_is_answered_as_the_document_says(served: Idp, token: str) -> None:
    """The same with a member, a session and an import that are there."""
    name = running.new_name()
    subject = served.account(name, "--email", f"{name}@mail.example")
    job = contract_imports.Job("import1", "checked", 1_790_000_000, "cli", size=10, total=10)
    with inside(served) as deps, deps.database.write() as connection:
        contract_imports.add(connection, job)
    given = {"member": subject, "client_id": "idp-console", "import": job.id}
    parameters = "[parameters]\n" + "".join(f'"path.{key}" = "{value}"\n' for key, value in given.items())
    tried(served, token, "--phases", "coverage,fuzzing", "--mode", "positive", parameters=parameters)


@pytest.mark.parametrize("served", ["embedded"], indirect=True)
def test_the_document_is_public_and_names_every_operation(served: Idp) -> None:
    """One table makes both the addresses and the document."""
    answer = requests.get(f"{served.issuer}/admin/openapi.json", timeout=20)
    document: dict[str, Any] = answer.json()
    assert answer.headers["Content-Type"] == "application/json" and "max-age" in answer.headers["Cache-Control"]
    assert document["openapi"] == "3.1.0" and document["servers"] == [{"url": f"{served.issuer}/admin/v1"}]
    found = {(method, path, operation["operationId"]) for path, methods in document["paths"].items() for method, operation in methods.items()}
    assert found == {(one.method.lower(), one.path, one.name) for one in OPERATIONS}
    scopes = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    assert set(scopes) == {one.scope for one in OPERATIONS} == set(admin.SCOPES)
    examples = document["paths"]["/members/{member}/resume"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert set(examples) == {"ja", "en"} and len({json.dumps(one) for one in examples.values()}) == 2
