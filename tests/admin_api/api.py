"""An installation inside the test's own process, members in it, and programs of the operator that call the admin API."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlencode

from sqlalchemy import select
from werkzeug.test import run_wsgi_app

from idp import app, config, parts
from idp.domain import admin
from idp.domain.account import Account
from idp.services import accounts, client_registration, members
from idp.services.accounts import NewAccount
from idp.tables.schema import audit, outbox
from tests import running
from tests.input.wire import Answer, Request

JSON = "application/json"
WHY = {"reason": "asked by phone", "ticket": "T-1"}
ISSUER = "http://localhost:8000"


class Api:
    """The service on these stores; `clock`: in the place of the machine's; `how`: as `running.configure` takes it."""

    def __init__(self, folder: Path, database: str, ephemeral: str, clock: Callable[[], float] = time.time, **how: Any):
        installed = running.configure(folder, database, ephemeral, 8000, **how)
        self.deps = replace(parts.open_deps(*config.load(str(installed.config))), clock=clock)
        self.house = app.build(self.deps)
        self.wsgi = app.create_wsgi(self.house)

    def close(self) -> None:
        """Close every connection."""
        parts.close_deps(self.deps)

    def call(self, request: Request) -> Answer:
        """One request."""
        return self.sent(request.environ())

    def sent(self, environ: dict[str, Any]) -> Answer:
        """The same as a server underneath hands it on."""
        parts, status, headers = run_wsgi_app(self.wsgi, environ, buffered=True)
        return Answer(int(status[:3]), list(headers), b"".join(parts), ISSUER + environ["PATH_INFO"])

    def client(self, *scopes: str, **metadata: Any) -> dict[str, Any]:
        """A program registered for these scopes."""
        given = {
            "grant_types": ["client_credentials"], "scope": " ".join(scopes), "resources": [admin.resource(ISSUER)],
            "token_endpoint_auth_method": "client_secret_post", **metadata,
        }  # fmt: skip
        return client_registration.register(self.deps, json.dumps(given))

    def token(self, client: dict[str, Any], **form: str | None) -> str:
        """An access token for the API, or what the form says."""
        fields = {
            "grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"],
            "resource": admin.resource(ISSUER), **form,
        }  # fmt: skip
        fields = {name: value for name, value in fields.items() if value is not None}
        answer = self.call(Request("POST", "/token", body=urlencode(fields).encode()))
        assert answer.status == 200, answer.text
        return str(json.loads(answer.body)["access_token"])

    def program(self, *scopes: str) -> "Program":
        """One that holds a token with these scopes."""
        client = self.client(*scopes)
        return Program(self, client["client_id"], self.token(client))

    def member(self, **wish: Any) -> Account:
        """Somebody new."""
        new = accounts.new_account(self.deps, self.house.hasher, NewAccount(**{"login_id": running.new_name(), "password": running.PASSWORD, **wish}))
        with self.deps.database.write() as connection:
            accounts.store(connection, self.deps, new, "test", "test")
        return self.now(new)

    def now(self, account: Account) -> Account:
        """The account as it is now."""
        found = members.find(self.deps, account.id, with_destinations=True)
        assert found
        return found

    def rows(self, event: str) -> list[Any]:
        """Audit rows of an event, the oldest first."""
        with self.deps.database.read() as connection:
            return list(connection.execute(select(audit).where(audit.c.event == event).order_by(audit.c.id)))

    def letters(self, account: Account) -> list[str]:
        """Which letters wait for the account."""
        with self.deps.database.read() as connection:
            return list(connection.scalars(select(outbox.c.template).where(outbox.c.account_id == account.id).order_by(outbox.c.id)))


class Program:
    """A program with its token."""

    def __init__(self, api: Api, client_id: str, token: str | None):
        self.api, self.id, self.token = api, client_id, token

    def call(self, method: str, path: str, data: Any = None, kind: str | None = JSON, query: str = "", **headers: str) -> Answer:
        """One request below the API: bytes as they are, the rest as JSON, None: no body."""
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, admin.PATH + path, query.encode(), body, kind if body else None, headers=tuple(given.items()))
        return self.api.call(request)

    def get(self, path: str, query: str = "") -> Any:
        """What is told at this address."""
        answer = self.call("GET", path, query=query)
        assert answer.status == 200, answer.text
        return json.loads(answer.body)

    def post(self, path: str, data: Any, status: int = 200, **headers: str) -> Any:
        """What comes of it."""
        answer = self.call("POST", path, data, **headers)
        assert answer.status == status, answer.text
        return json.loads(answer.body)


def error(answer: Answer) -> str:
    """The code of an error in the form that every error has."""
    data = json.loads(answer.body)
    assert answer.header("Content-Type") == JSON and "no-store" in answer.header("Cache-Control")
    assert set(data) <= {"error", "error_description", "problems"} and data["error_description"]
    return str(data["error"])
