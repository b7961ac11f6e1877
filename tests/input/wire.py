"""Requests and answers as gunicorn would hand them on, and a page of a member under way."""

import io
import json
import sys
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.running import Form

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """What one request holds; `length` and `chunked` replace the Content-Length that fits the body."""

    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    content_type: str | None = FORM
    cookies: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    length: str | None = None
    chunked: bool = False
    address: str = "127.0.0.1"

    def environ(self) -> dict[str, Any]:
        """As gunicorn writes it: every byte a Latin-1 character."""
        sent = self.body if self.chunked or self.length is None else self.body[: int(self.length)]
        found: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query.decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.address,
            "HTTP_HOST": "localhost:8000",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if self.content_type is not None:
            found["CONTENT_TYPE"] = self.content_type
        if self.chunked:
            found["HTTP_TRANSFER_ENCODING"] = "chunked"
        elif self.length is not None or self.body:
            found["CONTENT_LENGTH"] = self.length if self.length is not None else str(len(self.body))
        if self.cookies:
            found["HTTP_COOKIE"] = self.cookies
        return found | {"HTTP_" + name.upper().replace("-", "_"): value for name, value in self.headers}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    url: str = ""

    def header(self, name: str) -> str:
        """All values of a header, joined."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Page:
    """A page of a member under way: its form, and the cookies of its browser."""

    form: Form
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it goes."""
        return urlsplit(self.form.action).path

    @property
    def cookie(self) -> str:
        """The Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def request(self, **changes: Any) -> Request:
        """The form as the browser would send it."""
        return self.raw(urlencode({**self.form.fields, **changes.pop("fields", {})}).encode(), **changes)

    def raw(self, fields: bytes, **changes: Any) -> Request:
        """Any bytes in place of the form's fields."""
        if self.form.method == "get":
            return replace(Request("GET", self.path, query=fields, cookies=self.cookie), **changes)
        return replace(Request("POST", self.path, body=fields, cookies=self.cookie), **changes)
