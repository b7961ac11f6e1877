"""An installation with dynamic registration, and software that uses it."""

import json
from pathlib import Path
from typing import Any

from idp.services import dynamic_clients
from tests.input.inside import Inside
from tests.input.wire import Answer, Request

ON = "[client_registration]\nenabled = true\n"
PATH, JSON = "/clients", "application/json"
WISH = {"client_name": "Shop", "redirect_uris": ["https://shop.example/cb"]}


class Registry(Inside):
    """As `Inside`, with the endpoint switched on."""

    def __init__(self, folder: Path, extra: str = ON):
        super().__init__(folder, extra=extra)

    def invited(self, uses: int = 1_000, seconds: int = 3_600, scope: str = "openid email offline_access", grants: str = "authorization_code refresh_token") -> str:
        """An initial access token."""
        return dynamic_clients.invite(self.deps, uses, seconds, scope.split(), grants.split())

    def send(self, method: str, path: str, token: str | None, data: Any = None, kind: str = JSON, **more: Any) -> Answer:
        """One request: bytes as they are, the rest as JSON, None: no body."""
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        headers = () if token is None else (("Authorization", f"Bearer {token}"),)
        answer = self.call(Request(method, path, body=body, content_type=kind, **{"headers": headers, **more}))
        assert "no-store" in answer.header("Cache-Control") or method == "OPTIONS"
        return answer

    def register(self, token: str | None = None, **changes: Any) -> dict[str, Any]:
        """A client that has registered itself."""
        answer = self.send("POST", PATH, token or self.invited(), {**WISH, **changes})
        assert answer.status == 201, answer.text
        found: dict[str, Any] = json.loads(answer.body)
        return found


def mine(client: dict[str, Any]) -> tuple[str, str]:
    """(path, token) by which the client looks after itself."""
    return client["registration_client_uri"].removeprefix("http://localhost:8000"), client["registration_access_token"]


def error(answer: Answer) -> str:
    """The code of an error of RFC 7591 section 3.2.2, in the characters that it may hold."""
    data = json.loads(answer.body)
    assert answer.status == 400 and answer.header("Content-Type") == JSON and set(data) == {"error", "error_description"}
    said = data["error_description"]
    assert said and said.isascii() and said.isprintable() and not set('"\\') & set(said) and len(said) <= 600
    return str(data["error"])
